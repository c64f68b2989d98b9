"""Prices of shares, an index of them, and how much it is expected to move."""

import os
from typing import NamedTuple

import numpy as np

from jaxrnn.data.csv_table import Table, parse_table
from jaxrnn.data.source import DataFile, read

__all__ = ["STOCKS", "Stocks", "load_stocks"]

_RAW = "https://raw.githubusercontent.com/"
_VEGA = f"{_RAW}vega/vega-datasets/cad85578e232704bb0453544742440038038c6a2/data/"
_PDDL = "ODC PDDL, public domain"
_FILES = (  # name, sha256 of the uncompressed file, home, licence
    (
        "sp500-2000.csv",
        "9409e9342d0657c747324e4cfabce8a8c7f663bc485b95a3378f36b0a160f8c8",
        f"{_VEGA}sp500-2000.csv",
        "unclear: comes from Yahoo Finance",
    ),
    (
        "vix-daily.csv",
        "fa8f8119bb2fa785bb408bcae541a1e630fef97f3acb160b94ed3115c1318db5",
        f"{_RAW}datasets/finance-vix/6f56e2760520824b787cf6b85945c62186d38bc6/data/vix-daily.csv",
        _PDDL,
    ),
    (
        "sp500-monthly-shiller.csv",
        "28d16941c581bda9bdcae4e0f9e3cc4b61204f8484e8c2249abdde2efe2cc3c4",
        f"{_RAW}datasets/s-and-p-500/f23898667d8764ea9e8a641b0b41487437e33b39/data/data.csv",
        _PDDL,
    ),
    (
        "stocks.csv",
        "f9953ac6693e587476b4ebf2f0b00d9bb95371ca8c39da4cc6155077b3e417cd",
        f"{_VEGA}stocks.csv",
        "unclear: names no source",
    ),
)
STOCKS = tuple(
    DataFile("stocks", name, sha256, (url,), licence) for name, sha256, url, licence in _FILES
)


class Stocks(NamedTuple):
    """Four tables: values float64 [N, D], with their dates."""

    sp500: Table  # [5105, 6], daily, 2000 to 2020: open, high, low, close, adjclose, volume
    vix: Table  # [9235, 4], daily, 1990 to 2026: OPEN, HIGH, LOW, CLOSE
    sp500_monthly: Table  # [1866, 9], since 1871, NaN where a figure is not known
    shares: Table  # [560, 1], price, monthly, 2000 to 2010; words "symbol" of five, "date"


def load_stocks(folder: str | os.PathLike[str] | None = None, *, download: bool = False) -> Stocks:
    """Return the S&P 500 by day and month, the VIX by day, and five shares by month.

    In the monthly table a figure that is not published yet, or that needs ten years before it, is
    written as 0: it is NaN here.

    Source: Yahoo Finance by way of vega-datasets; CBOE; Shiller (1989), "Market volatility".
    Shapes: as the fields of `Stocks` say.
    Args: folder, the one that holds the files, plain or .gz; None looks in `$JAXRNN_DATA/stocks`
        and the cache. download, whether 1 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError naming line and column of
        what is wrong in them.

        >>> load_stocks("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_stocks: sp500-2000.csv of the data set 'stocks' is not at hand...
    """
    sp500, vix, monthly, shares = (
        parse_table(
            "load_stocks",
            read("load_stocks", file, folder, download=download),
            file.name,
            words=("symbol", "date") if file.name == "stocks.csv" else (),
        )
        for file in STOCKS
    )
    known = monthly.values != 0
    return Stocks(
        sp500, vix, monthly._replace(values=np.where(known, monthly.values, np.nan)), shares
    )
