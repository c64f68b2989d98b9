"""The beginning of text8: Wikipedia as nothing but small letters and spaces."""

import os
import string
from collections.abc import Sequence

from jaxrnn.data.archives import members
from jaxrnn.data.source import DataFile, Recipe, read

__all__ = ["TEXT8_PREFIX", "load_text8"]

_LENGTH = 6_877_824
_ALPHABET = (string.ascii_lowercase + " ").encode()


def _prefix(contents: Sequence[bytes]) -> bytes:
    return dict(members(contents[0], "text8.zip"))["text8"][:_LENGTH]


TEXT8_PREFIX = DataFile(
    "text8_prefix",
    "text8_prefix.txt",
    "b960762ff97afc69649266c8964ca6d04f3465dc11b57bfe55a1234dbd9127b6",
    (),
    "CC BY-SA / GFDL (Wikipedia, 2006)",
    Recipe(
        f"the first {_LENGTH} bytes of the member text8 of text8.zip",
        ("http://mattmahoney.net/dc/text8.zip",),
        _prefix,
    ),
)


def load_text8(folder: str | os.PathLike[str] | None = None, *, download: bool = False) -> str:
    """Return the beginning of text8: 6877824 characters, `a` to `z` and space; 1171946 words.

    A derived set: the first 6877824 of the 100000000 bytes of text8, cut at a space. To rebuild
    it, `content[:6877824]` of the member `text8` of text8.zip; `download=True` does so.

    Source: Mahoney (2011), text8. Wikipedia, CC BY-SA / GFDL.
    Shapes: none.
    Args: folder, the one that holds `text8_prefix.txt`, plain or .gz; None looks in
        `$JAXRNN_DATA/text8_prefix` and the cache. download, whether 31 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the file; ValueError if it is damaged, or has
        another character, with its line and column.

        >>> load_text8("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_text8: text8_prefix.txt of the data set 'text8_prefix' is not at...
    """
    content = read("load_text8", TEXT8_PREFIX, folder, download=download)
    others = content.translate(None, _ALPHABET)
    if others:
        place = content.index(others[:1])
        line = content.count(b"\n", 0, place) + 1
        column = place - content.rfind(b"\n", 0, place)
        raise ValueError(
            f"load_text8: {TEXT8_PREFIX.name}, line {line}, column {column}: expected only the "
            f"letters a to z and spaces, got the byte {others[0]:#04x}. Is it another text?"
        )
    return content.decode("ascii")
