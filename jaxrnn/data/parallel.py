"""Sentences in several languages, line by line: what the sets for translation hold."""

from collections.abc import Mapping

from jaxrnn.data.lines import lines_of

__all__ = ["read_parallel"]


def read_parallel(owner: str, contents: Mapping[str, bytes]) -> tuple[tuple[str, ...], ...]:
    """Return the lines of several files of which line n says the same, each file's lines in turn.

    Spaces around a line are dropped.

    Shapes: none; as many lines of each file.
    Args: owner, the function that asks, for errors; contents, of the files, by their names.
    Raises: ValueError naming file and line if a line is empty, there is a byte that is not UTF-8,
        or the files do not have the same number of lines.

        >>> read_parallel("load", {"a.en": b"one\\ntwo\\n", "a.de": b"eins\\nzwei\\n"})
        (('one', 'two'), ('eins', 'zwei'))
    """
    columns = tuple(_sentences(owner, content, name) for name, content in contents.items())
    counts = {name: len(lines) for name, lines in zip(contents, columns, strict=True)}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise ValueError(
            f"{owner}: files that belong together should have the same number of lines, but "
            f"{said}. Are they of the same set?"
        )
    return columns


def _sentences(owner: str, content: bytes, name: str) -> tuple[str, ...]:
    lines = []
    for number, line in lines_of(owner, content, name):
        if not line.strip():
            raise ValueError(f"{owner}: {name}, line {number}: expected a sentence, got none.")
        lines.append(line.strip())
    return tuple(lines)
