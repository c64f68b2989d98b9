"""When is something wrong with a sensor? When it does what was not expected of it."""

import dataclasses
import functools
import os

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.data import shuffled
from jaxrnn.data.batches import check_batch
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.anomaly.report import examine
from jaxrnn.tasks.anomaly.series import (
    Sensor,
    inputs,
    made_sensors,
    nab_sensors,
    own_sensor,
    scaled,
)
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.task import Task

__all__ = ["ANOMALY", "AnomalySettings", "anomaly", "known_error"]

_CORPORA = {"nab": "the Numenta Anomaly Benchmark", "made": "noisy sines that stand still or hurry"}
_TRAINED = 0.8  # of the rows that are taken for normal; the others judge


@dataclasses.dataclass(frozen=True)
class AnomalySettings(DataSettings):
    """Of alarms.

    Fields: corpus, nab or made, unless csv is a table of yours with a head row, of which the column
    target is watched, the last one if it isn't told, and season the rows after which it may repeat
    itself, 0 for none; ahead, rows of the furthest forecast; threshold, of the score, where no
    anomalies are known to choose it by.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> AnomalySettings(csv="boiler.csv", target="pressure").threshold
        4.0
    """

    corpus: str = "nab"
    csv: str | None = None
    target: str | None = None
    season: int = 0
    ahead: int = 100
    threshold: float = 4.0

    def __post_init__(self) -> None:
        one_of("data.corpus", self.corpus, _CORPORA)
        if self.ahead < 1:
            raise ValueError(f"data.ahead: expected 1 row or more, got {self.ahead}.")
        if self.season < 0:
            raise ValueError(f"data.season: expected 0 or more rows, got {self.season}.")
        if not 0 < self.threshold < float("inf"):
            raise ValueError(f"data.threshold: expected a number above 0, got {self.threshold}.")
        if self.target is not None and self.csv is None:
            raise ValueError("data.target: names a column of data.csv, which isn't told.")


def _find(data: AnomalySettings) -> tuple[tuple[Sensor, ...], str]:
    if data.csv is not None:
        one = own_sensor(data.csv, data.target, data.season)
        return (one,), os.path.basename(data.csv)
    return {"nab": nab_sensors, "made": made_sensors}[data.corpus](), _CORPORA[data.corpus]


def anomaly(data: AnomalySettings, seed: int = 0) -> Task:
    """Return the task of knowing what a sensor does when all is well.

        z = (value - mean) / deviation of the first 15 % of a series, 750 rows at most
        x = arcsinh(z),   xs[t] = (x[i + t], where x went a season before)
        targets[t, k] = x[i + t + h] - x[i + t],   h = 1, a tenth, three tenths and all of `ahead`

    One network for all series sees nothing but these first parts, and no label: four fifths of each
    train, the last fifth judges; a target beyond is NaN, and doesn't count. Then it watches each
    series from beginning to end, and an alarm is raised where the last forecasts of one horizon
    were worse than is usual in the series, by so many deviations (`jaxrnn.tasks.anomaly.alarms`).

    Source: Malhotra et al. (2015), "Long short term memory networks for anomaly detection in time
    series"; beginning and alarms: Lavin and Ahmad (2015), arXiv:1510.03336.
    Shapes: a chunk's xs float32 `[T, B, 3]`; targets `[T, B, horizons]`; weights `[T, B]` where it
    judges.
    Args: data, of T = 96 steps and B = 64 windows if not told. seed, of the order of the windows.
    Raises: ValueError if a series is too short for a window; OSError without the data.

        >>> task = anomaly(AnomalySettings(steps=32, batch=4, corpus="made", ahead=10))
        >>> task.train(0).xs.shape, task.train(0).targets.shape, task.baseline > 0
        ((32, 4, 3), (32, 4, 3), True)
    """
    steps = 96 if data.steps is None else data.steps
    batch = 64 if data.batch is None else data.batch
    horizons = tuple(
        sorted({1, max(data.ahead // 10, 1), max(3 * data.ahead // 10, 1), data.ahead})
    )
    sensors, source = _find(data)
    ends = [int(_TRAINED * sensor.begin) for sensor in sensors]
    for sensor, end in zip(sensors, ends, strict=True):
        _check(sensor, end, steps, data.ahead)
    series = [np.arcsinh(scaled(sensor)).astype(np.float32) for sensor in sensors]
    seen = [inputs(x, sensor.season) for x, sensor in zip(series, sensors, strict=True)]
    known = [_targets(x, horizons, end) for x, end in zip(series, ends, strict=True)]
    firsts = np.concatenate([[0], np.cumsum([end - steps for end in ends])])
    count = int(firsts[-1])
    check_batch("anomaly", batch, count)

    def train(number: int) -> Chunk:
        chosen = shuffled(number, count, batch, seed=seed)
        places = np.searchsorted(firsts, chosen, side="right") - 1
        windows = [
            (place, slice(row, row + steps))
            for place, row in zip(places, chosen - firsts[places], strict=True)
        ]
        return Chunk(
            *(
                jnp.asarray(np.stack([of[i][rows] for i, rows in windows], 1))
                for of in (seen, known)
            )
        )

    begins = [sensor.begin for sensor in sensors]
    asked = [_targets(x, horizons, begin) for x, begin in zip(series, begins, strict=True)]
    judges = _judges(seen, asked, ends, begins, steps)
    worth, counted = known_error(jnp.zeros(judges.targets.shape), judges.targets), judges.weights
    return Task(
        name="anomaly",
        title="When is something wrong with a sensor?",
        source=f"{source}, {len(sensors)} series, {sum(map(len, series))} rows",
        input_size=3,
        output_size=len(horizons),
        steps=steps,
        batch=batch,
        loss=known_error,
        score=known_error,
        metric="MSE (arcsinh of scaled)",
        higher_is_better=False,
        train=train,
        evaluation=(judges,),
        baseline=float(np.average(worth, weights=np.asarray(counted))),
        baseline_name="persistence, which says the last value again",
        content=fingerprint(
            [[sensor.values, sensor.windows, sensor.season] for sensor in sensors], horizons
        ),
        epoch=count // batch,
        examine=functools.partial(examine, sensors, horizons, data.threshold),
    )


def known_error(outputs: Array, targets: Array) -> Array:
    """Return the mean squared difference over the targets that are known, not NaN; 0 without any.

    Shapes: outputs and targets `[..., O]`; result `[...]`.

        >>> known_error(jnp.array([[3.0, 1.0]]), jnp.array([[1.0, jnp.nan]])).tolist()
        [4.0]
    """
    known = ~jnp.isnan(targets)
    errors = jnp.where(known, outputs - jnp.where(known, targets, 0), 0)
    return jnp.square(errors).sum(-1) / jnp.maximum(known.sum(-1, dtype=errors.dtype), 1)


def _targets(x: np.ndarray, horizons: tuple[int, ...], end: int) -> np.ndarray:
    """Return what is to be said at each row, `[end, horizons]`; NaN of rows from `end` on."""
    found = np.full((end, len(horizons)), np.nan, np.float32)
    for place, ahead in enumerate(horizons):
        found[: end - ahead, place] = x[ahead:end] - x[: end - ahead]
    return found


def _judges(
    seen: list[np.ndarray], known: list[np.ndarray], ends: list[int], begins: list[int], steps: int
) -> Chunk:
    """Return a chunk in which forecasts are counted from the last row of those that train on."""
    longest = max(begin - end for begin, end in zip(begins, ends, strict=True))
    xs = np.zeros((steps + longest, len(seen), seen[0].shape[-1]), np.float32)
    targets = np.zeros((*xs.shape[:2], known[0].shape[-1]), np.float32)
    weights = np.zeros(xs.shape[:2], np.float32)
    for place, (end, begin) in enumerate(zip(ends, begins, strict=True)):
        rows, first = steps + begin - end, end - 1 - steps
        xs[:rows, place] = seen[place][first : begin - 1]
        targets[:rows, place] = known[place][first : begin - 1]
        weights[steps:rows, place] = 1
    return Chunk(*(jnp.asarray(field) for field in (xs, targets, weights)))


def _check(sensor: Sensor, end: int, steps: int, ahead: int) -> None:
    if steps < 1:
        raise ValueError(f"anomaly: steps should be at least 1, got {steps}.")
    least = max(steps, ahead) + 1
    if least <= end < sensor.begin:
        return
    raise ValueError(
        f"anomaly: {sensor.name} has {len(sensor.values)} rows, of which {end} train, expected at "
        f"least {least} for windows of steps={steps} rows and ahead={ahead}. Use smaller ones, or "
        "a longer series."
    )


ANOMALY = Kind(
    topology="many-to-many, synchronous",
    summary="when something is wrong with a sensor: NAB's, or a column of your own table",
    settings=AnomalySettings,
    build=lambda data, seed, codec: anomaly(data, seed),
    first=lambda: {
        "model": {"cell": "gru", "hidden": 32},
        "optimizer": {"learning_rate": 0.003, "schedule": "cosine"},
        "training": {"updates": 1000, "evaluate_every": 100, "checkpoint_every": 500},
    },
    presets={
        "quick": {
            "data": {"corpus": "made", "steps": 48, "batch": 32, "ahead": 6},
            "model": {"hidden": 16},
            "optimizer": {"learning_rate": 0.01},
            "training": {"updates": 200, "evaluate_every": 100, "checkpoint_every": 200},
        },
        "full": {},
    },
)
