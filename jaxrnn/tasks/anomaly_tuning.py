"""Scores of rows, and the detector that fits series whose anomalies are known."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.tasks.anomaly_alarms import Detector, alarms, surprise
from jaxrnn.tasks.anomaly_measures import Judged, Measures, measures
from jaxrnn.tasks.anomaly_series import Sensor

__all__ = ["Tuned", "judged", "scores_of", "tune"]

_SHORTS, _LONGS = (1, 3, 10, 30), (300, 1000, 3000, 10000)
_SHARES = np.geomspace(1e-4, 0.1, 25)  # of the rows that may be above a threshold


class Tuned(NamedTuple):
    """The detectors that are best on the series they were chosen by: by F1, by the early score."""

    f1: Detector
    early: Detector


def scores_of(signal: np.ndarray, begin: int, detector: Detector, signed: bool) -> np.ndarray:
    """Return how unusual each row is: either way if the signal is signed, else upwards.

    Shapes: signal `[N]`; result `[N]`.

        >>> signal = np.array([0.0, 2.0, 0.0, 2.0, -3.0])
        >>> float(scores_of(signal, 4, Detector(1, 4, 0.0), signed=True)[-1])
        4.0
    """
    found = surprise(signal, begin, detector.short, detector.long)
    return np.abs(found) if signed else found


def judged(sensor: Sensor, scores: np.ndarray, threshold: float) -> Judged:
    """Return the alarms of a series, which goes on being one alarm for a tenth of its beginning.

    Shapes: scores `[N]`.

        >>> one = Sensor("a", (), np.zeros(4), np.zeros((0, 2), int), 1)
        >>> judged(one, np.array([9, 0, 3, 9]), 2.0).alarms.tolist()
        [2]
    """
    quiet = max(sensor.begin // 10, 1)
    return Judged(alarms(scores, threshold, sensor.begin, quiet), sensor.windows)


def tune(sensors: Sequence[Sensor], signals: Sequence[np.ndarray], signed: bool) -> Tuned:
    """Return the best of a grid of detectors, one for all series.

    Shapes: a signal `[N]` for each series.

        >>> from jaxrnn.tasks.anomaly_series import made_sensors
        >>> sensors = made_sensors()[:1]
        >>> signal = np.zeros(1200)
        >>> signal[sensors[0].windows[:, 0]] = 1
        >>> tune(sensors, [signal], False).f1.short
        1
    """
    tried: list[tuple[Detector, Measures]] = []
    for short, long in itertools.product(_SHORTS, _LONGS):
        scores = [
            scores_of(signal, sensor.begin, Detector(short, long, 0), signed)
            for sensor, signal in zip(sensors, signals, strict=True)
        ]
        watched = [s[sensor.begin :] for sensor, s in zip(sensors, scores, strict=True)]
        for threshold in np.quantile(np.concatenate(watched), 1 - _SHARES):
            found = measures(
                [judged(*pair, float(threshold)) for pair in zip(sensors, scores, strict=True)]
            )
            tried.append((Detector(short, long, float(threshold)), found))
    return Tuned(
        max(tried, key=lambda one: one[1].f1)[0], max(tried, key=lambda one: one[1].early)[0]
    )
