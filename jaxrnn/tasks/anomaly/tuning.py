"""Scores of rows, and the detector that fits series whose anomalies are known."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.tasks.anomaly.alarms import Detector, alarms, surprise
from jaxrnn.tasks.anomaly.measures import Counts, Judged, Measures, counted, measures_of
from jaxrnn.tasks.anomaly.series import Sensor

__all__ = ["Grid", "Trials", "Tuned", "Way", "halved", "judged", "scores_of", "try_all"]

_HALVINGS = 50


class Grid(NamedTuple):
    """The detectors that are tried: all pairs of short and long, each with all thresholds."""

    shorts: tuple[int, ...] = (3, 10, 30)
    longs: tuple[int, ...] = (1000, 3000, 10000)
    least: float = 0.6
    most: float = 15.0

    @property
    def thresholds(self) -> list[float]:
        """26 thresholds of like ratios."""
        return np.geomspace(self.least, self.most, 26).tolist()


class Way(NamedTuple):
    """What is watched: for each series some signals, whose least usual counts.

    Fields: signals; signed, if what is unusually low counts as what is unusually high; grid, of
    the detectors that are tried on it.
    Shapes: signals `[N_i, S]`.
    """

    signals: Sequence[np.ndarray]
    signed: bool
    grid: Grid = Grid()


class Tuned(NamedTuple):
    """The detectors that are best on the series they were chosen by: by F1, by the early score."""

    f1: Detector
    early: Detector


def scores_of(signals: np.ndarray, begin: int, detector: Detector, signed: bool) -> np.ndarray:
    """Return how unusual each row is: either way if the signals are signed, else upwards.

    Shapes: signals `[N, S]`; result `[N]`.

        >>> signals = np.array([[0.0, 2.0, 0.0, 2.0, -3.0]]).T
        >>> float(scores_of(signals, 4, Detector(1, 4, 0.0), signed=True)[-1])
        4.0
    """
    found = np.stack([surprise(one, begin, *detector[:2]) for one in signals.T])
    return (np.abs(found) if signed else found).max(0)


def judged(sensor: Sensor, scores: np.ndarray, threshold: float) -> Judged:
    """Return the alarms of a series, which goes on being one alarm for a tenth of its beginning.

    Shapes: scores `[N]`.

        >>> one = Sensor("a", (), np.zeros(4), np.zeros((0, 2), int), 1, 0)
        >>> judged(one, np.array([9, 0, 3, 9]), 2.0).alarms.tolist()
        [2]
    """
    quiet = max(sensor.begin // 10, 1)
    return Judged(alarms(scores, threshold, sensor.begin, quiet), sensor.windows)


class Trials(NamedTuple):
    """What came of each detector of a grid on each series.

    Shapes: counts `[G, N, 5]`, the fields of `Counts` last.
    """

    detectors: tuple[Detector, ...]
    counts: np.ndarray

    def measured(
        self, series: Sequence[int] | np.ndarray, trial: int | slice = slice(None)
    ) -> Measures:
        """Return what one detector, or each, is worth on some series."""
        return measures_of(Counts(*np.moveaxis(self.counts[trial][..., series, :].sum(-2), -1, 0)))

    def best(self, series: Sequence[int] | np.ndarray) -> tuple[int, int]:
        """Return which detectors are best on some series: by F1, by the early score."""
        found = self.measured(series)
        return int(np.argmax(found.f1)), int(np.argmax(found.early))

    def tuned(self, series: Sequence[int] | np.ndarray) -> Tuned:
        """Return those detectors."""
        return Tuned(*(self.detectors[trial] for trial in self.best(series)))


def try_all(sensors: Sequence[Sensor], way: Way) -> Trials:
    """Return what comes of a grid of detectors, each the same for all series.

    Shapes: those of `Trials`.

        >>> from jaxrnn.tasks.anomaly.series import made_sensors
        >>> sensors = made_sensors()[:1]
        >>> signals = np.zeros((1200, 1))
        >>> signals[sensors[0].windows[:, 0]] = 1
        >>> trials = try_all(sensors, Way([signals], False))
        >>> float(trials.measured([0], trials.best([0])[0]).f1)
        1.0
    """
    detectors, counts = [], []
    for short, long in itertools.product(way.grid.shorts, way.grid.longs):
        base = Detector(short, long, 0.0)
        scores = [
            scores_of(signals, sensor.begin, base, way.signed)
            for sensor, signals in zip(sensors, way.signals, strict=True)
        ]
        for threshold in way.grid.thresholds:
            detectors.append(base._replace(threshold=threshold))
            pairs = zip(sensors, scores, strict=True)
            counts.append([counted(judged(*pair, threshold)) for pair in pairs])
    return Trials(tuple(detectors), np.array(counts, float))


def halved(trials: Trials) -> tuple[Measures, float]:
    """Return what detectors are worth on series that they were not chosen by, of many divisions.

    The series are halved at random, 50 times, always the same; each half is measured with what was
    chosen by the other, both are summed, and the measures of the 50 are averaged.

    Shapes: none.
    Returns: measures of what was chosen by F1; the early score of what was chosen by it.

        >>> counts = np.array([[[1, 1, 1, 1, 0.9866]] * 4, [[1, 0, 0, 1, -1.11]] * 4])
        >>> found, early = halved(Trials((Detector(1, 9, 1.0), Detector(1, 9, 2.0)), counts))
        >>> found.recall, round(early)
        (1.0, 100)
    """
    random = np.random.RandomState(0)  # the legacy generator: its stream never changes
    count = trials.counts.shape[1]
    found = []
    for _ in range(_HALVINGS):
        one, other = np.array_split(random.permutation(count), 2)
        chosen = zip(trials.best(other), trials.best(one), strict=True)
        sums = [
            trials.counts[first][one].sum(0) + trials.counts[second][other].sum(0)
            for first, second in chosen
        ]
        by_f1, by_early = (measures_of(Counts(*total)) for total in sums)
        found.append([*by_f1, by_early.early])
    *means, early = np.nanmean(found, 0).tolist()
    return Measures(*means), early
