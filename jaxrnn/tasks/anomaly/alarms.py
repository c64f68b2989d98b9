"""From how wrong a forecast was, row by row, to alarms: nothing that comes later is looked at."""

from typing import NamedTuple

import numpy as np

__all__ = ["Detector", "alarms", "surprise"]

_LEAST = 0.1  # of the deviation at the beginning: a signal that stands still is not endlessly sure


class Detector(NamedTuple):
    """When to raise an alarm.

    Fields: short and long, rows that are compared; threshold, in deviations.
    Shapes: none.
    """

    short: int
    long: int
    threshold: float


def surprise(signal: np.ndarray, begin: int, short: int, long: int) -> np.ndarray:
    """Return how far the last rows of a signal are above those before, in their deviations.

        score[t] = (mean of the `short` rows up to t - mean of the `long` rows before those)
                   / deviation of the latter

    Where fewer rows came before, those there are count. The deviation counts as at least a tenth of
    that of the first `begin` rows.

    Source: the raw anomaly likelihood of Lavin and Ahmad (2015), arXiv:1510.03336, section III,
    before its Gaussian tail, which changes no order.
    Shapes: signal `[N]`; result `[N]`, 0 where nothing came before.

        >>> surprise(np.array([0.0, 2.0, 0.0, 2.0, 5.0]), 4, 1, 4).tolist()[-1]
        4.0
    """
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (signal, np.square(signal))]
    end = np.arange(1, len(signal) + 1)
    middle = np.maximum(end - short, 0)
    first = np.maximum(middle - long, 0)
    count = np.maximum(middle - first, 1)
    recent = (sums[0][end] - sums[0][middle]) / (end - middle)
    mean, square = ((one[middle] - one[first]) / count for one in sums)
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    least = _LEAST * float(signal[:begin].std()) or 1e-6
    return np.where(middle > 0, (recent - mean) / np.maximum(deviation, least), 0.0)


def alarms(scores: np.ndarray, threshold: float, begin: int, quiet: int) -> np.ndarray:
    """Return the rows at which an alarm is raised: one that goes on and on counts once.

    A row above the threshold raises one unless one of the `quiet` rows before was above it too.

    Shapes: scores `[N]`; result int `[A]`, from row `begin` on.

        >>> alarms(np.array([9, 0, 9, 9, 0, 9, 0, 0, 9]), 5, 1, 2).tolist()
        [2, 8]
    """
    above = np.flatnonzero(scores[begin:] > threshold) + begin
    return above[np.diff(above, prepend=-quiet - 1) > quiet]
