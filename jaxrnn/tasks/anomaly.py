"""When is something wrong with a sensor? When it does what was not expected of it."""

import dataclasses
import functools
import os

import jax.numpy as jnp
import numpy as np

from jaxrnn.data import shuffled
from jaxrnn.data.batches import check_batch
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.anomaly_report import examine
from jaxrnn.tasks.anomaly_series import Sensor, made_sensors, nab_sensors, own_sensor, scaled
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.scores import squared_error
from jaxrnn.tasks.task import Task

__all__ = ["ANOMALY", "AnomalySettings", "anomaly"]

_CORPORA = {"nab": "the Numenta Anomaly Benchmark", "made": "noisy sines that stand still or hurry"}
_TRAINED = 0.8  # of the rows that are taken for normal; the others judge


@dataclasses.dataclass(frozen=True)
class AnomalySettings(DataSettings):
    """Of alarms.

    Fields: corpus, nab or made, unless csv is a table of yours with a head row, of which the column
    target is watched, the last one if it isn't told; ahead, rows from which on is forecast;
    threshold, of the score, where no anomalies are known to choose it by.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> AnomalySettings(csv="boiler.csv", target="pressure").threshold
        4.0
    """

    corpus: str = "nab"
    csv: str | None = None
    target: str | None = None
    ahead: int = 30
    threshold: float = 4.0

    def __post_init__(self) -> None:
        one_of("data.corpus", self.corpus, _CORPORA)
        if self.ahead < 1:
            raise ValueError(f"data.ahead: expected 1 row or more, got {self.ahead}.")
        if not 0 < self.threshold < float("inf"):
            raise ValueError(f"data.threshold: expected a number above 0, got {self.threshold}.")
        if self.target is not None and self.csv is None:
            raise ValueError("data.target: names a column of data.csv, which isn't told.")


def _find(data: AnomalySettings) -> tuple[tuple[Sensor, ...], str]:
    if data.csv is not None:
        return (own_sensor(data.csv, data.target),), os.path.basename(data.csv)
    return {"nab": nab_sensors, "made": made_sensors}[data.corpus](), _CORPORA[data.corpus]


def anomaly(data: AnomalySettings, seed: int = 0) -> Task:
    """Return the task of knowing what a sensor does when all is well.

        z = (value - mean) / deviation of the first 15 % of a series, 750 rows at most
        xs[t] = arcsinh(z[i + t]),   targets[t] = arcsinh(z[i + t + ahead]) - xs[t]

    One network for all series sees nothing but these first parts, and no label: four fifths of each
    train, the last fifth judges. Then it watches each series from beginning to end, and an alarm is
    raised where the forecasts of the last rows were worse than is usual in the series, by so many
    deviations (`jaxrnn.tasks.anomaly_alarms`).

    Source: Malhotra et al. (2015), "Long short term memory networks for anomaly detection in time
    series"; beginning and alarms: Lavin and Ahmad (2015), arXiv:1510.03336.
    Shapes: a chunk's xs and targets float32 `[T, B, 1]`; weights `[T, B]` where it judges.
    Args: data, of T = 96 steps and B = 64 windows if not told. seed, of the order of the windows.
    Raises: ValueError if a series is too short for a window; OSError without the data.

        >>> task = anomaly(AnomalySettings(steps=32, batch=4, corpus="made", ahead=5))
        >>> task.train(0).xs.shape, task.train(0).targets.shape, task.baseline > 0
        ((32, 4, 1), (32, 4, 1), True)
    """
    steps = 96 if data.steps is None else data.steps
    batch = 64 if data.batch is None else data.batch
    ahead = data.ahead
    sensors, source = _find(data)
    ends = [int(_TRAINED * sensor.begin) for sensor in sensors]
    for sensor, end in zip(sensors, ends, strict=True):
        _check(sensor, end, steps, ahead)
    xs = [np.arcsinh(scaled(sensor)).astype(np.float32) for sensor in sensors]
    counts = np.array([end - steps - ahead + 1 for end in ends])
    firsts = np.concatenate([[0], np.cumsum(counts)])
    count = int(firsts[-1])
    check_batch("anomaly", batch, count)

    def train(number: int) -> Chunk:
        chosen = shuffled(number, count, batch, seed=seed)
        series = np.searchsorted(firsts, chosen, side="right") - 1
        windows = [
            _window(xs[place], int(row), steps, ahead)
            for place, row in zip(series, chosen - firsts[series], strict=True)
        ]
        seen, ahead_of = (np.stack(part, 1)[..., None] for part in zip(*windows, strict=True))
        return Chunk(jnp.asarray(seen), jnp.asarray(ahead_of))

    judges = _judges(xs, ends, [sensor.begin for sensor in sensors], steps, ahead)
    squares, counted = np.square(judges.targets)[..., 0], np.asarray(judges.weights)
    return Task(
        name="anomaly",
        title="When is something wrong with a sensor?",
        source=f"{source}, {len(sensors)} series, {sum(map(len, xs))} rows",
        input_size=1,
        output_size=1,
        steps=steps,
        batch=batch,
        loss=squared_error,
        score=squared_error,
        metric="MSE (arcsinh of scaled)",
        higher_is_better=False,
        train=train,
        evaluation=(judges,),
        baseline=float((squares * counted).sum() / counted.sum()),
        baseline_name="persistence, which says the last value again",
        content=fingerprint(
            [sensor.values for sensor in sensors], [sensor.windows for sensor in sensors], ahead
        ),
        epoch=count // batch,
        examine=functools.partial(examine, sensors, ahead, data.threshold),
    )


def _window(x: np.ndarray, row: int, steps: int, ahead: int) -> tuple[np.ndarray, np.ndarray]:
    seen = x[row : row + steps]
    return seen, x[row + ahead : row + ahead + steps] - seen


def _judges(
    xs: list[np.ndarray], ends: list[int], begins: list[int], steps: int, ahead: int
) -> Chunk:
    """Return a chunk in which the last fifth of each beginning is forecast once."""
    longest = max(begin - end for begin, end in zip(begins, ends, strict=True))
    seen, targets, weights = np.zeros((3, steps + longest, len(xs)), np.float32)
    for place, (x, end, begin) in enumerate(zip(xs, ends, begins, strict=True)):
        rows = steps + begin - end
        seen[:rows, place], targets[:rows, place] = _window(
            x, end - steps - ahead, rows, ahead
        )  # fmt: skip
        weights[steps:rows, place] = 1
    fields = (seen[..., None], targets[..., None], weights)
    return Chunk(*(jnp.asarray(field) for field in fields))


def _check(sensor: Sensor, end: int, steps: int, ahead: int) -> None:
    if steps < 1:
        raise ValueError(f"anomaly: steps should be at least 1, got {steps}.")
    if steps + ahead <= end and sensor.begin > end:
        return
    raise ValueError(
        f"anomaly: {sensor.name} has {len(sensor.values)} rows, of which {end} train, expected at "
        f"least {steps + ahead} for windows of steps={steps} rows and ahead={ahead}. Use smaller "
        "ones, or a longer series."
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
