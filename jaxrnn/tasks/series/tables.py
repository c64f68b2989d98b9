"""Which table is forecast: a file of the user's, a well-known series, or one that is made."""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data import mackey_glass17
from jaxrnn.data.csv_table import Table, read_table
from jaxrnn.data.ett import ETT_SPLIT, load_ett
from jaxrnn.data.small_series import SmallSeries, load_small_series
from jaxrnn.data.stocks import Stocks, load_stocks
from jaxrnn.tasks.model import one_of

__all__ = ["SERIES", "Known", "find_table"]

_POINTS = 1200  # of the series that is made where nothing is told
_PARTS = (0.8, 0.9, 1.0)  # of the rows: up to here they train, judge, examine


class Known(NamedTuple):
    """A series by name.

    Fields: title; table, read when it is asked for; target, the column to forecast; season, rows
    after which it repeats itself, 0 if it doesn't; cuts, its authors' ends of training, validation
    and test part, None for 80 %, 90 % and all.
    Shapes: none.

        >>> SERIES["sunspots"].season
        132
    """

    title: str
    table: Callable[[], Table]
    target: str
    season: int
    cuts: tuple[int, int, int] | None = None


def _small(pick: Callable[[SmallSeries], Table]) -> Callable[[], Table]:
    return lambda: pick(load_small_series())


def _stocks(pick: Callable[[Stocks], Table]) -> Callable[[], Table]:
    return lambda: pick(load_stocks())


SERIES: dict[str, Known] = {
    "etth1": Known(
        "ETTh1, a transformer by the hour", lambda: load_ett().h1, "OT", 24, ETT_SPLIT
    ),
    "etth2": Known(
        "ETTh2, a transformer by the hour", lambda: load_ett().h2, "OT", 24, ETT_SPLIT
    ),
    "temperatures": Known(
        "Melbourne's lowest temperature of each day",
        _small(lambda all_: all_.daily_min_temperatures), "", 365,
    ),
    "sunspots": Known("sunspots by the month", _small(lambda all_: all_.monthly_sunspots), "", 132),
    "exchange": Known(
        "exchange rates by the day", _small(lambda all_: all_.exchange_rate), "Britain", 0
    ),
    "sp500": Known("the S&P 500 by the day", _stocks(lambda all_: all_.sp500), "close", 0),
    "vix": Known("the VIX by the day", _stocks(lambda all_: all_.vix), "CLOSE", 0),
}  # fmt: skip


class Found(NamedTuple):
    """A table to forecast, and what is known of it."""

    table: Table
    source: str
    target: str  # the column that is forecast where none is told
    season: int
    cuts: tuple[int, int, int]


def find_table(series: str | None, csv: str | None, columns: Sequence[str] = ()) -> Found:
    """Return the table of a file or of a known series; a series that is made without either.

    Shapes: values float64 `[N, D]`.
    Args: columns, those to read; all numeric ones if not told.
    Raises: ValueError for both, an unknown series, or a wrong file; OSError without the file.

        >>> found = find_table(None, None)
        >>> found.table.values.shape, found.cuts
        ((1200, 1), (960, 1080, 1200))
    """
    if series is not None and csv is not None:
        raise ValueError("data.series and data.csv: give one of them.")
    if csv is not None:
        table = read_table(csv, columns=list(columns) or None)
        return _found(table, os.path.basename(csv), table.names[-1], 0, None)
    if series is None:
        made = Table(("x",), mackey_glass17(_POINTS)[:, None], (), {})
        return _found(made, "Mackey-Glass 17", "x", 0, None)
    one_of("data.series", series, SERIES)
    known = SERIES[series]
    table = known.table()
    chosen = list(columns) or list(table.names)
    values = np.stack([table.column(name) for name in chosen], -1)
    table = table._replace(names=tuple(chosen), values=values)
    return _found(table, known.title, known.target or chosen[-1], known.season, known.cuts)


def _found(
    table: Table, source: str, target: str, season: int, cuts: tuple[int, int, int] | None
) -> Found:
    train, judged, tested = cuts or (int(len(table.values) * share) for share in _PARTS)
    return Found(table, source, target, season, (train, judged, tested))
