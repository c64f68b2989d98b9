"""How good are alarms? Whether, how early, and how often for nothing."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Judged", "Measures", "early_score", "measures", "timeliness"]

_FALSE, _MISSED = 0.11, 1.0  # what they cost in NAB's standard profile


class Judged(NamedTuple):
    """The alarms of one series, and the windows in which there should have been one.

    Shapes: alarms int `[A]`, rows, ascending; windows int `[W, 2]`, first and last row of each.
    """

    alarms: np.ndarray
    windows: np.ndarray


class Measures(NamedTuple):
    """What alarms are worth.

    Fields: recall, of the windows; precision, of the alarms; f1, of both; early, NAB's score.
    Shapes: none.
    """

    recall: float
    precision: float
    f1: float
    early: float


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


def early_score(series: Sequence[Judged]) -> float:
    """Return NAB's score of the standard profile: 0 for no alarm at all, 100 for perfect ones.

        raw = sum over windows (timeliness of the first alarm within, or -1 if there is none)
              + 0.11 * sum over false alarms (timeliness after the last window, or -1 before any)
        score = 100 (raw - raw of nobody) / (raw of the perfect - raw of nobody)

    Source: Lavin and Ahmad (2015), arXiv:1510.03336; NAB's program. An alarm here is the moment at
    which one is raised, where NAB counts each row above the threshold.
    Shapes: none.
    Returns: NaN without windows.

        >>> windows = np.array([[10, 20]])
        >>> [early_score([Judged(np.array(rows), windows)]) for rows in ([10], [], [20])]
        [100.0, 0.0, 50.33...]
    """
    windows = sum(len(one.windows) for one in series)
    if not windows:
        return float("nan")
    perfect, nobody = windows * float(timeliness(np.array(-1.0))), -windows * _MISSED
    return 100 * (sum(map(_raw, series)) - nobody) / (perfect - nobody)


def _inside(one: Judged) -> np.ndarray:
    """Return whether an alarm lies in a window, bool `[W, A]`."""
    first, last = one.windows[:, :1], one.windows[:, 1:]
    return (first <= one.alarms) & (one.alarms <= last)


def _raw(one: Judged) -> float:
    inside = _inside(one)
    score = 0.0
    for (first, last), hits in zip(one.windows, inside, strict=True):
        if hits.any():
            place = one.alarms[hits][0]
            score += float(timeliness((place - last) / max(last - first, 1)))
        else:
            score -= _MISSED
    for alarm in one.alarms[~inside.any(0)]:
        over = one.windows[one.windows[:, 1] < alarm]
        if len(over):
            first, last = over[over[:, 1].argmax()]
            score += _FALSE * float(timeliness((alarm - last) / max(last - first, 1)))
        else:
            score -= _FALSE
    return score


def measures(series: Sequence[Judged]) -> Measures:
    """Return what the alarms of some series are worth, all windows and all alarms counted alike.

    Shapes: none.
    Returns: recall, NaN without windows; precision 1 where there is no alarm: none was wrong.

        >>> one = Judged(np.array([3, 12, 15, 40]), np.array([[10, 20], [60, 70]]))
        >>> [round(value, 3) for value in measures([one])[:3]]
        [0.5, 0.5, 0.5]
    """
    inside = [_inside(one) for one in series]
    windows = sum(len(one.windows) for one in series)
    alarms = sum(len(one.alarms) for one in series)
    found = sum(int(one.any(1).sum()) for one in inside)
    right = sum(int(one.any(0).sum()) for one in inside)
    recall = found / windows if windows else float("nan")
    precision = right / alarms if alarms else 1.0
    both = recall + precision
    f1 = 2 * recall * precision / both if both else 0.0
    return Measures(recall, precision, f1, early_score(series))
