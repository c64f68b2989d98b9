"""ETT-small: the temperature of two electricity transformers, hour by hour."""

import os
from typing import NamedTuple

from jaxrnn.data.csv_table import Table, parse_table
from jaxrnn.data.source import DataFile, read

__all__ = ["ETT", "ETT_SPLIT", "Ett", "load_ett"]

_HOME = (
    "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/"
    "1d16c8f4f943005d613b5bc962e9eeb06058cf07/ETT-small/"
)
_LICENCE = "CC BY-ND 4.0: pass the files on only as they are"
_SUMS = {
    "ETTh1.csv": "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
    "ETTh2.csv": "a3dc2c597b9218c7ce1cd55eb77b283fd459a1d09d753063f944967dd6b9218b",
}
ETT = tuple(
    DataFile("ett_small", name, sha256, (_HOME + name,), _LICENCE) for name, sha256 in _SUMS.items()
)
# Informer's: 12 months of 30 days to train on, then 4 to validate, 4 to test; the rest is not used
ETT_SPLIT = (8640, 11520, 14400)


class Ett(NamedTuple):
    """Two transformers. Columns: six loads, then OT, the temperature of the oil, to forecast."""

    h1: Table  # values float64 [17420, 7]
    h2: Table


def load_ett(folder: str | os.PathLike[str] | None = None, *, download: bool = False) -> Ett:
    """Return the hourly ETT-small: six loads and the oil temperature of two transformers.

    The first `ETT_SPLIT[0]` rows are usually trained on, those up to `ETT_SPLIT[1]` validate, those
    up to `ETT_SPLIT[2]` test.

    Source: Zhou et al. (2021), "Informer". July 2016 to June 2018.
    Shapes: values float64 `[17420, 7]` each; times like "2016-07-01 00:00:00".
    Args: folder, the one that holds `ETTh1.csv` and `ETTh2.csv`, plain or .gz; None looks in
        `$JAXRNN_DATA/ett_small` and the cache. download, whether 5 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError naming line and column of
        what is wrong in them.

        >>> load_ett("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_ett: ETTh1.csv of the data set 'ett_small' is not at hand...
    """
    tables = [
        parse_table("load_ett", read("load_ett", file, folder, download=download), file.name)
        for file in ETT
    ]
    return Ett(*tables)
