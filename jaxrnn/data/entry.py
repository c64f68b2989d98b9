"""One line of the catalogue of data sets."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jaxrnn.data.source import DataFile

__all__ = ["Entry"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """What there is to know of a data set before it is loaded.

    Fields: name, of its folder in `JAXRNN_DATA`; title, one line of words; licence, as its authors
    state it, or "unclear" with what is known; source, the address of its home; files, those that
    `load` reads; load, the function that reads it, with arguments `folder` and `download`; rows,
    how much there is, in words; task, what it is used for.
    Shapes: none.

        >>> entry = Entry("plays", "All plays", "public domain", "https://...", (), str, "37 plays")
        >>> entry.licence
        'public domain'
    """

    name: str
    title: str
    licence: str
    source: str
    files: tuple[DataFile, ...]
    load: Callable[..., Any]
    rows: str
    task: str = ""
