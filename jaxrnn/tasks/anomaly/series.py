"""Which series are watched: NAB's, some that are made, or a column of a file of the user's."""

import hashlib
import os
from typing import NamedTuple

import numpy as np

from jaxrnn.data import load_nab
from jaxrnn.data.csv_table import read_table
from jaxrnn.data.scaling import Scaler
from jaxrnn.spelling import did_you_mean

__all__ = ["Sensor", "halves", "inputs", "made_sensors", "nab_sensors", "own_sensor", "scaled"]

_DAY = 86400  # seconds
_SHARE, _MOST = 0.15, 750  # NAB's probationary period: at most so many rows
_MADE, _ROWS, _SEASON = 8, 1200, 24  # series that are made, their rows, rows of a period


class Sensor(NamedTuple):
    """A series that is watched.

    Fields: name, group/file; times as words, or none; values; windows, first and last row of each
    anomaly that is known; begin, rows that are taken for normal: no alarm is raised in them;
    season, rows after which it may repeat itself, 0 if none are known.
    Shapes: values float64 `[N]`; windows int `[W, 2]`.
    """

    name: str
    times: tuple[str, ...]
    values: np.ndarray
    windows: np.ndarray
    begin: int
    season: int


def _begin(count: int) -> int:
    return min(int(_SHARE * count), _MOST)


def scaled(sensor: Sensor) -> np.ndarray:
    """Return the values by mean and deviation of the rows that are taken for normal.

    Shapes: result float64 `[N]`.

        >>> one = Sensor("a", (), np.array([1.0, 3.0, 6.0]), np.zeros((0, 2), int), 2, 0)
        >>> scaled(one).tolist()
        [-1.0, 1.0, 4.0]
    """
    return Scaler.fit(sensor.values[: sensor.begin]).apply(sensor.values)


def inputs(x: np.ndarray, season: int) -> np.ndarray:
    """Return what a network sees at each row: the value, and where it went a season before.

        xs[t] = (x[t], x[t + 1 - season] - x[t], 1),   the last two 0 where there is no such row

    Shapes: x `[N]`; result float32 `[N, 3]`.

        >>> inputs(np.array([1.0, 3.0, 6.0]), 2).tolist()
        [[1.0, 0.0, 0.0], [3.0, -2.0, 1.0], [6.0, -3.0, 1.0]]
    """
    found = np.zeros((len(x), 3), np.float32)
    found[:, 0] = x
    if 0 < season <= len(x):
        found[season - 1 :, 1] = x[: len(x) - season + 1] - x[season - 1 :]
        found[season - 1 :, 2] = 1
    return found


def nab_sensors() -> tuple[Sensor, ...]:
    """Return the 58 series of the Numenta Anomaly Benchmark.

    Source: Lavin and Ahmad (2015), arXiv:1510.03336.
    Shapes: those of `Sensor`.
    Raises: as `jaxrnn.data.load_nab`.

        >>> import os
        >>> os.environ.pop("JAXRNN_DATA", None) and None
        >>> nab_sensors()
        Traceback (most recent call last):
        FileNotFoundError: load_nab: nab_data.tar of the data set 'nab' is not at hand...
    """
    found = []
    for name, one in load_nab().items():
        rows = [
            np.flatnonzero((first <= one.times) & (one.times <= last))
            for first, last in one.windows
        ]
        windows = np.array([(row[0], row[-1]) for row in rows], int).reshape(-1, 2)
        times = tuple(np.datetime_as_string(one.times).tolist())
        name = name.removesuffix(".csv")
        gap = int(np.median(np.diff(one.times).astype(np.int64)))
        begin = _begin(len(one.values))
        found.append(Sensor(name, times, one.values, windows, begin, _DAY // gap))
    return tuple(found)


def made_sensors() -> tuple[Sensor, ...]:
    """Return noisy sines in which something goes wrong twice: always the same.

    Once the series stands still, once it swings at double speed; its values stay where they were,
    so what is wrong is seen by who expects something.

    Shapes: 8 series of 1200 rows, 2 windows in each.

        >>> one = made_sensors()[0]
        >>> one.values.shape, one.windows.shape, one.begin
        ((1200,), (2, 2), 180)
    """
    return tuple(_made(number) for number in range(_MADE))


def _made(number: int) -> Sensor:
    random = np.random.RandomState(number)  # the legacy generator: its stream never changes
    speed = np.full(_ROWS, 2 * np.pi / _SEASON)
    still, fast = 300 + random.randint(200), 750 + random.randint(200)
    speed[still : still + _SEASON] = 0
    speed[fast : fast + 2 * _SEASON] *= 2
    values = np.sin(np.cumsum(speed) + random.rand()) + 0.1 * random.standard_normal(_ROWS)
    windows = np.array([(row - _SEASON, row + 3 * _SEASON) for row in (still, fast)])
    return Sensor(f"made/{number}", (), 20 + 5 * values, windows, _begin(_ROWS), _SEASON)


def own_sensor(csv: str, target: str | None, season: int) -> Sensor:
    """Return a column of a table of yours, of which no anomalies are known.

    Shapes: those of `Sensor`, W = 0.
    Args: target, the name of the column; the last one if None. season, rows, 0 for none.
    Raises: ValueError for a wrong table, or a column it has not; OSError without the file.

        >>> own_sensor("no such.csv", None, 0)
        Traceback (most recent call last):
        FileNotFoundError: ...
    """
    table = read_table(csv)
    name = table.names[-1] if target is None else target
    if name not in table.names:
        raise ValueError(
            f"anomaly: target {name!r} is no numeric column of {os.path.basename(csv)}, expected "
            f"one of {', '.join(table.names)}.{did_you_mean(name, table.names)}"
        )
    values = table.column(name)
    nothing, begin = np.zeros((0, 2), int), _begin(len(values))
    return Sensor(f"own/{name}", table.times, values, nothing, begin, season)


def halves(sensors: tuple[Sensor, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the places of the series to choose alarms by, and of those to measure them on.

    In each group the series in the order of their names' SHA-256, by turns.

    Shapes: none.

        >>> [len(half) for half in halves(made_sensors())]
        [4, 4]
    """

    def order(place: int) -> bytes:
        return hashlib.sha256(f"{sensors[place].name}.csv".encode()).digest()

    groups: dict[str, list[int]] = {}
    for place in range(len(sensors)):
        groups.setdefault(sensors[place].name.split("/")[0], []).append(place)
    ordered = [sorted(places, key=order) for places in groups.values()]
    return (
        tuple(sorted(place for places in ordered for place in places[::2])),
        tuple(sorted(place for places in ordered for place in places[1::2])),
    )
