"""A text of your own."""

import os

from jaxrnn.data.lines import decoded
from jaxrnn.data.own_file import content_of

__all__ = ["read_text"]


def read_text(path: str | os.PathLike[str]) -> str:
    r"""Return the text of a UTF-8 file, plain or gzip; a byte order mark is dropped.

    Shapes: none.
    Raises: OSError if there is no such file or it is a folder; ValueError if it is empty, has only
        one character, which leaves nothing to predict, is no whole gzip file, or is not UTF-8,
        naming line and column of the first wrong byte.

        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "my.txt")
        ...     _ = path.write_text("caf\u00e9", encoding="utf-8")
        ...     len(read_text(path))
        4
    """
    text = decoded("read_text", content_of("read_text", path, "a UTF-8 text"), str(path))
    if len(text) < 2:
        raise ValueError(
            f"read_text: {path} holds {len(text)} characters, expected a text of at least 2: one "
            "to read and one to predict."
        )
    return text
