"""What alarms are worth, beside those of rivals that need no network."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.tasks.anomaly.alarms import Detector
from jaxrnn.tasks.anomaly.errors import forecast_errors
from jaxrnn.tasks.anomaly.measures import Judged, Measures
from jaxrnn.tasks.anomaly.series import Sensor, halves, scaled
from jaxrnn.tasks.anomaly.tuning import Grid, Trials, Way, halved, judged, scores_of, try_all
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.pictures import as_svg

__all__ = ["examine"]

_USUAL = Detector(10, 3000, 0.0)  # short and long that do well on NAB
_ROLLING = Grid((1,), (30, 100, 300, 1000, 3000, 10000), 1.5, 40.0)  # each row by itself
_SHOWN = 3  # series in the picture
_NAMES = (
    "recall of windows", "precision of alarms", "F1 of both", "early score of NAB",
    "early score of alarms chosen by it",
)  # fmt: skip


class _Watched(NamedTuple):
    """A series that was examined."""

    sensor: Sensor
    scores: np.ndarray
    judged: Judged
    threshold: float


def examine(
    sensors: tuple[Sensor, ...], horizons: tuple[int, ...], threshold: float, model: Model,
    params: Any,
) -> Examination:  # fmt: skip
    """Raise alarms in series, and measure them where anomalies are known.

    Short, long and threshold are chosen on some series, alike for the network and its rivals, and
    measured on others: on a fixed half, which the files show, and over many divisions in halves.
    Where no anomalies are known, the threshold is the setting's.

    Shapes: none.
    Returns: recall of the windows, precision of the alarms, F1 and NAB's early score;
    predictions.csv and picture.svg, and alarms.csv where no anomalies are known.

        >>> import jax
        >>> from jaxrnn.tasks.anomaly.series import made_sensors
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=3, output_size=2)
        >>> params = model.init(jax.random.key(0))
        >>> found = examine(made_sensors(), (1, 6), 4.0, model, params)
        >>> [finding.name for finding in found.findings][:2], sorted(found.files)
        (['recall of windows, 50 halvings', ...], ['picture.svg', 'predictions.csv'])
    """
    errors = Way(forecast_errors(model, params, sensors, horizons), False)
    if not any(len(sensor.windows) for sensor in sensors):
        watched = _watch(sensors, errors, _USUAL._replace(threshold=threshold))
        raised = sum(len(one.judged.alarms) for one in watched)
        finding = Finding(f"alarms above a score of {threshold:g}", raised, False)
        return Examination((finding,), _files(watched, flagged=True))
    ways = {"": errors, **_rivals(sensors, horizons[-1])}
    trials = {name: try_all(sensors, way) for name, way in ways.items()}
    chosen, tested = halves(sensors)
    watched = _watch([sensors[place] for place in tested],
                     Way([errors.signals[place] for place in tested], False),
                     trials[""].tuned(chosen).f1)  # fmt: skip
    findings = _findings("50 halvings", {name: halved(one) for name, one in trials.items()})
    findings += _findings(
        "the fixed half", {name: _by_half(one, chosen, tested) for name, one in trials.items()}
    )
    return Examination(tuple(findings), _files(watched, flagged=False))


def _by_half(
    trials: Trials, chosen: Sequence[int], tested: Sequence[int]
) -> tuple[Measures, float]:
    f1, early = (trials.measured(tested, trial) for trial in trials.best(chosen))
    return f1, early.early


def _findings(part: str, found: Mapping[str, tuple[Measures, float]]) -> list[Finding]:
    """Return each measure of the network, "", beside its rivals'."""
    flat = {name: [float(value) for value in (*one, early)] for name, (one, early) in found.items()}
    own = flat.pop("")
    return [
        Finding(f"{name}, {part}", own[at], True, {rival: one[at] for rival, one in flat.items()})
        for at, name in enumerate(_NAMES)
    ]


def _rivals(sensors: Sequence[Sensor], ahead: int) -> dict[str, Way]:
    """Return what is watched instead of a network's errors, the yardstick first."""
    values = [scaled(sensor)[:, None] for sensor in sensors]
    behind = [np.abs(z - np.concatenate([z[:1].repeat(ahead, 0), z])[: len(z)]) for z in values]
    return {
        "rolling z-score": Way(values, True, _ROLLING),
        "rolling z-score of means": Way(values, True),
        "errors of persistence": Way(behind, False),
        "errors of the mean": Way([np.abs(z) for z in values], False),
    }


def _watch(sensors: Sequence[Sensor], way: Way, detector: Detector) -> list[_Watched]:
    watched = []
    for sensor, signals in zip(sensors, way.signals, strict=True):
        scores = scores_of(signals, sensor.begin, detector, way.signed)
        one = judged(sensor, scores, detector.threshold)
        watched.append(_Watched(sensor, scores, one, detector.threshold))
    return watched


def _files(watched: Sequence[_Watched], *, flagged: bool) -> dict[str, str]:
    files = {"predictions.csv": _table(watched), "picture.svg": _picture(watched)}
    if flagged:
        files["alarms.csv"] = _table(watched, alarms_only=True)
    return files


def _table(watched: Sequence[_Watched], *, alarms_only: bool = False) -> str:
    """Return rows as lines; alarm is 1 where one is raised, window where one was to be."""
    lines = ["series,time,value,score,alarm,window"]
    for sensor, scores, one, _ in watched:
        alarm, window = np.zeros((2, len(scores)), int)
        alarm[one.alarms] = 1
        for first, last in sensor.windows:
            window[first : last + 1] = 1
        for row in one.alarms if alarms_only else range(len(scores)):
            when = sensor.times[row] if sensor.times else row
            lines.append(
                f"{sensor.name},{when},{sensor.values[row]:.6g},{scores[row]:.4g},{alarm[row]},"
                f"{window[row]}"
            )
    return "\n".join(lines) + "\n"


def _shown(watched: Sequence[_Watched]) -> list[_Watched]:
    """Return some series with the most windows, of different groups if there are enough."""
    ordered = sorted(watched, key=lambda one: -len(one.sensor.windows))
    groups = [one.sensor.name.split("/")[0] for one in ordered]
    first = [one for place, one in enumerate(ordered) if groups[place] not in groups[:place]]
    return (first if len(first) >= _SHOWN else ordered)[:_SHOWN]


def _picture(watched: Sequence[_Watched]) -> str:
    from jaxrnn.report.style import look, new_figure, top_legend  # matplotlib is heavy

    shown = _shown(watched)
    with look():
        figure, axes = new_figure(9, 2.6 * len(shown) + 0.6, 2 * len(shown), 1)
        for place, one in enumerate(shown):
            _panels(axes[2 * place, 0], axes[2 * place + 1, 0], one)
        top_legend(figure, axes[0, 0])
        axes[-1, 0].set_xlabel("row")
        return as_svg(figure)


def _panels(above: Any, below: Any, one: _Watched) -> None:
    sensor, scores, found, threshold = one
    for plot in (above, below):
        for place, (first, last) in enumerate(sensor.windows):
            label = "something is wrong" if place == 0 else None
            plot.axvspan(first, last, color="#f0c9a8", linewidth=0, label=label)
        plot.set_xlim(0, len(scores))
    above.plot(sensor.values, color="#4d4d4d", linewidth=0.6, label="value")
    above.plot(
        found.alarms, sensor.values[found.alarms], "v", color="#d55e00", markersize=6, label="alarm"
    )
    above.set(title=sensor.name, ylabel="value")
    below.plot(scores, color="#0072b2", linewidth=0.6)
    below.axhline(threshold, color="#d55e00", linewidth=0.8)
    below.set_ylim(0, max(2.5 * threshold, 1))
    below.set_ylabel("score")
