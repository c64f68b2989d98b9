"""Lines of text files, with the file, the line and the column of whatever is wrong in them."""

from collections.abc import Iterator

import numpy as np

__all__ = ["columns_of", "decoded", "lines_of", "number_in"]


def decoded(owner: str, content: bytes, name: str, encoding: str = "utf-8") -> str:
    """Return the text of a file; a byte order mark at its beginning is dropped.

    Shapes: none.
    Args: owner, the function that asks, and name, of the file: both for errors.
    Raises: ValueError naming file, line and column of the first byte that is not in the encoding,
        or null.

        >>> decoded("load", b"caf\\xe9", "menu.txt")
        Traceback (most recent call last):
        ValueError: load: menu.txt, line 1, column 4: expected utf-8 text, got the byte 0xe9...
    """
    try:
        text = content.decode(encoding)
        wrong, why = content.find(b"\0"), "text has no nulls"
    except UnicodeDecodeError as error:
        text, wrong, why = "", error.start, error.reason
    if wrong < 0:
        return text.removeprefix("\ufeff")
    before = content[:wrong]
    line = before[before.rfind(b"\n") + 1 :].decode(encoding, "replace")
    raise ValueError(
        f"{owner}: {name}, line {before.count(10) + 1}, column {len(line) + 1}: expected "
        f"{encoding} text, got the byte {content[wrong]:#04x} ({why}). Is it another file, or in "
        "another encoding?"
    )


def lines_of(
    owner: str, content: bytes, name: str, encoding: str = "utf-8"
) -> Iterator[tuple[int, str]]:
    """Return each line with its number, from 1, without its end.

    Only a newline ends a line, with or without a carriage return: other characters that Python
    takes for the end of one do come in sentences.

    Shapes: none. Args and Raises: as `decoded`.

        >>> list(lines_of("load", b"one\\ntwo\\r\\n", "note.txt"))
        [(1, 'one'), (2, 'two')]
    """
    text = decoded(owner, content, name, encoding)
    lines = text.removesuffix("\n").split("\n") if text else []
    return ((number, line.removesuffix("\r")) for number, line in enumerate(lines, 1))


def columns_of(
    owner: str, content: bytes, name: str, separator: str | None, count: int
) -> Iterator[tuple[int, list[str]]]:
    """Return the columns of each line, with the line's number.

    Shapes: none.
    Args: separator, between columns, None for any white space; count, of the columns each line
        should have; the others as `decoded`.
    Raises: ValueError naming file, line, and how many columns came; and as `decoded`.

        >>> list(columns_of("load", b"sun\\tmoon\\nsea\\tland\\n", "pairs.txt", "\\t", 2))
        [(1, ['sun', 'moon']), (2, ['sea', 'land'])]
    """
    for number, line in lines_of(owner, content, name):
        columns = line.split(separator)
        if len(columns) != count:
            raise ValueError(
                f"{owner}: {name}, line {number}: expected {count} columns separated by "
                f"{'a tab' if separator else 'white space'}, got {len(columns)}: {line[:60]!r}."
            )
        yield number, columns


def number_in(
    owner: str, name: str, line: int, column: int, cell: str, kind: type[int] | type[float]
) -> float:
    """Return the finite number in a cell of a table, whole if `kind` is int.

    Shapes: none.
    Args: owner, name, of the file, line and column, from 1, all for errors.
    Raises: ValueError naming file, line and column of a cell that is no such number.

        >>> number_in("load", "pairs.txt", 7, 3, "6.77", float)
        6.77
        >>> number_in("load", "pairs.txt", 7, 3, "high", float)
        Traceback (most recent call last):
        ValueError: load: pairs.txt, line 7, column 3: expected a number, got 'high'.
    """
    try:
        number = kind(cell) if "_" not in cell else np.nan  # Python takes 1_000 for a number
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        what = "a whole number" if kind is int else "a number"
        raise ValueError(
            f"{owner}: {name}, line {line}, column {column}: expected {what}, got {cell[:40]!r}."
        )
    return number
