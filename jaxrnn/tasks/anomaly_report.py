"""What alarms are worth, beside those of rivals that need no network."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.tasks.anomaly_alarms import Detector
from jaxrnn.tasks.anomaly_errors import forecast_errors
from jaxrnn.tasks.anomaly_measures import Judged, Measures, measures
from jaxrnn.tasks.anomaly_series import Sensor, halves, scaled
from jaxrnn.tasks.anomaly_tuning import judged, scores_of, tune
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.pictures import as_svg

__all__ = ["examine"]

_USUAL = Detector(10, 3000, 0.0)  # short and long that are best on the half of NAB that chooses
_SHOWN = 3  # series in the picture


class _Way(NamedTuple):
    """A way to tell unusual rows: a signal for each series, which may be signed."""

    signals: Sequence[np.ndarray]
    signed: bool


class _Watched(NamedTuple):
    """A series that was examined."""

    sensor: Sensor
    scores: np.ndarray
    judged: Judged
    threshold: float


def examine(
    sensors: tuple[Sensor, ...], ahead: int, threshold: float, model: Model, params: Any
) -> Examination:
    """Raise alarms in series, and measure them where anomalies are known.

    Short, long and threshold are chosen on one half of the series, alike for the network and its
    rivals, and measured on the other half. Where no anomalies are known, the threshold is the
    setting's, and all rows with an alarm are listed.

    Shapes: none.
    Returns: recall of the windows, precision of the alarms, F1 and NAB's early score;
    predictions.csv and picture.svg.

        >>> import jax
        >>> from jaxrnn.tasks.anomaly_series import made_sensors
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=1, output_size=1)
        >>> params = model.init(jax.random.key(0))
        >>> found = examine(made_sensors(), 4, 4.0, model, params)
        >>> [finding.name for finding in found.findings][:2], sorted(found.files)
        (['test recall of windows', 'test precision of alarms'], ['picture.svg', 'predictions.csv'])
    """
    values = [scaled(sensor) for sensor in sensors]
    errors = _Way(forecast_errors(model, params, values, ahead), False)
    if not any(len(sensor.windows) for sensor in sensors):
        detector = _USUAL._replace(threshold=threshold)
        watched = _watch(sensors, errors, range(len(sensors)), detector)
        raised = sum(len(one.judged.alarms) for one in watched)
        findings = (Finding(f"alarms above a score of {threshold:g}", raised, False),)
        return Examination(findings, _files(watched, flagged=True))
    chosen, tested = halves(sensors)
    watched, found, early = _measured(sensors, errors, chosen, tested)
    rivals = {
        name: _measured(sensors, way, chosen, tested)[1:]
        for name, way in _rivals(values, ahead).items()
    }
    names = ("recall of windows", "precision of alarms", "F1 of both", "early score of NAB")
    findings = [
        Finding(
            f"test {name}", found[place], True,
            {rival: one[place] for rival, (one, _) in rivals.items()},
        )
        for place, name in enumerate(names)
    ]  # fmt: skip
    beside = {rival: one for rival, (_, one) in rivals.items()}
    findings.append(Finding("test early score of alarms chosen by it", early, True, beside))
    return Examination(tuple(findings), _files(watched, flagged=False))


def _rivals(values: Sequence[np.ndarray], ahead: int) -> dict[str, _Way]:
    """Return what is watched instead of a network's errors, the yardstick first."""
    behind = [np.abs(z - np.concatenate([z[:1].repeat(ahead), z])[: len(z)]) for z in values]
    return {
        "rolling z-score": _Way(values, True),
        "errors of persistence": _Way(behind, False),
        "errors of the mean": _Way([np.abs(z) for z in values], False),
    }


def _watch(
    sensors: Sequence[Sensor], way: _Way, places: Sequence[int], detector: Detector
) -> list[_Watched]:
    watched = []
    for place in places:
        sensor = sensors[place]
        scores = scores_of(way.signals[place], sensor.begin, detector, way.signed)
        one = judged(sensor, scores, detector.threshold)
        watched.append(_Watched(sensor, scores, one, detector.threshold))
    return watched


def _measured(
    sensors: Sequence[Sensor], way: _Way, chosen: Sequence[int], tested: Sequence[int]
) -> tuple[list[_Watched], Measures, float]:
    """Return (alarms chosen by F1, what they are worth, early score of those chosen by it)."""
    tuned = tune([sensors[i] for i in chosen], [way.signals[i] for i in chosen], way.signed)
    watched, early = (_watch(sensors, way, tested, detector) for detector in tuned)
    return (
        watched,
        measures([one.judged for one in watched]),
        measures([one.judged for one in early]).early,
    )


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
