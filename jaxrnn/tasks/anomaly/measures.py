"""How good are alarms? Whether, how early, and how often for nothing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Counts", "Judged", "Measures", "counted", "measures", "measures_of", "timeliness"]

_FALSE, _MISSED = 0.11, 1.0  # what they cost in NAB's standard profile


class Judged(NamedTuple):
    """The alarms of one series, and the windows in which there should have been one.

    Shapes: alarms int `[A]`, rows, ascending; windows int `[W, 2]`, first and last row of each.
    """

    alarms: np.ndarray
    windows: np.ndarray


class Counts(NamedTuple):
    """What is counted of alarms.

    Fields: windows; found, windows with an alarm inside; right, alarms inside a window; raised,
    alarms in all; raw, NAB's score before it is brought to 0 .. 100.
    Shapes: any, all alike.
    """

    windows: Any
    found: Any
    right: Any
    raised: Any
    raw: Any


class Measures(NamedTuple):
    """What alarms are worth.

    Fields: recall, of the windows; precision, of the alarms; f1, of both; early, NAB's score of the
    standard profile: 0 for no alarm at all, 100 for perfect ones.
    Shapes: any, all alike.
    """

    recall: Any
    precision: Any
    f1: Any
    early: Any


def timeliness(position: np.ndarray) -> np.ndarray:
    """Return what a detection is worth by its place: 1 early in a window, 0 at its end, then below.

        2 / (1 + exp(5 position)) - 1

    Source: Lavin and Ahmad (2015), arXiv:1510.03336, equation 2.
    Shapes: any; position -1 at the first row of a window, 0 at its last.

        >>> timeliness(np.array([-1.0, 0.0, 1.0])).round(4).tolist()
        [0.9866, 0.0, -0.9866]
    """
    # beyond 3 windows' lengths it is -1 as in NAB's own program, and exp can't overflow
    return np.where(position > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3.0))) - 1)


def _inside(one: Judged) -> np.ndarray:
    """Return whether an alarm lies in a window, bool `[W, A]`."""
    first, last = one.windows[:, :1], one.windows[:, 1:]
    return (first <= one.alarms) & (one.alarms <= last)


def _raw(one: Judged, inside: np.ndarray) -> float:
    score = 0.0
    for (first, last), hits in zip(one.windows, inside, strict=True):
        if hits.any():
            score += _worth(one.alarms[hits][0], first, last)
        else:
            score -= _MISSED
    for alarm in one.alarms[~inside.any(0)]:
        over = one.windows[one.windows[:, 1] < alarm]
        if len(over):
            score += _FALSE * _worth(alarm, *over[over[:, 1].argmax()])
        else:
            score -= _FALSE
    return score


def _worth(alarm: int, first: int, last: int) -> float:
    return float(timeliness(np.array((alarm - last) / max(last - first, 1))))


def counted(one: Judged) -> Counts:
    """Return what is counted of the alarms of one series; counts of several series are summed.

        raw = sum over windows (timeliness of the first alarm within, or -1 if there is none)
              + 0.11 * sum over false alarms (timeliness after the last window, or -1 before any)

    Source: Lavin and Ahmad (2015), arXiv:1510.03336; NAB's program. An alarm here is the moment at
    which one is raised, where NAB counts each row above the threshold.
    Shapes: none.

        >>> counted(Judged(np.array([3, 12, 15, 40]), np.array([[10, 20], [60, 70]])))[:4]
        (2, 1, 2, 4)
    """
    inside = _inside(one)
    found, right = int(inside.any(1).sum()), int(inside.any(0).sum())
    return Counts(len(one.windows), found, right, len(one.alarms), _raw(one, inside))


def measures_of(counts: Counts) -> Measures:
    """Return what summed counts say.

        early = 100 (raw - raw of nobody) / (raw of the perfect - raw of nobody)

    Shapes: none; or fields of any one shape, and so the results.
    Returns: recall and early score, NaN without windows; precision 1 where there is no alarm.

        >>> [round(float(value), 3) for value in measures_of(Counts(2, 1, 2, 4, -1.0))]
        [0.5, 0.5, 0.5, 25.168]
    """
    windows, found, right, raised, raw = (np.asarray(field, float) for field in counts)
    windows = np.where(windows, windows, np.nan)
    recall = found / windows
    precision = np.where(raised > 0, right / np.maximum(raised, 1), 1.0)
    both = recall + precision
    f1 = 2 * recall * precision / np.where(both, both, 1.0)
    best = float(timeliness(np.array(-1.0)))
    return Measures(recall, precision, f1, 100 * (raw / windows + _MISSED) / (best + _MISSED))


def measures(series: Sequence[Judged]) -> Measures:
    """Return what the alarms of some series are worth, all windows and all alarms counted alike.

    Shapes: none.
    Returns: as `measures_of`.

        >>> windows = np.array([[10, 20]])
        >>> [measures([Judged(np.array(rows), windows)]).early for rows in ([10], [], [20])]
        [100.0, 0.0, 50.33...]
    """
    found = measures_of(Counts(*np.sum([counted(one) for one in series], 0)))
    return Measures(*(float(value) for value in found))
