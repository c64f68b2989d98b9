"""What comes next in a series of one or many variables, one or many rows ahead?"""

import dataclasses
import functools
import math

import jax.numpy as jnp
import numpy as np

from jaxrnn.data import shuffled
from jaxrnn.data.batches import check_batch
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.scaling import Scaler
from jaxrnn.gradients import Chunk
from jaxrnn.spelling import did_you_mean
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.scores import mean_squared_error
from jaxrnn.tasks.series.at_end import at_end
from jaxrnn.tasks.series.forecast_codec import ForecastCodec
from jaxrnn.tasks.series.forecast_report import Series, examine
from jaxrnn.tasks.series.tables import SERIES, find_table
from jaxrnn.tasks.task import Task

__all__ = ["FORECAST", "ForecastSettings", "forecast"]

_JUDGES = 500  # windows of an evaluation chunk


@dataclasses.dataclass(frozen=True)
class ForecastSettings(DataSettings):
    """Of a forecast.

    Fields: csv, a table of yours with a head row, or series, a known one by name; target and
    columns by name; horizon, rows ahead, all of which are forecast; season, rows after which the
    series repeats itself, for the seasonal baseline: 0 for none, None for the known series' own.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> ForecastSettings(csv="load.csv", target="load").horizon
        1
    """

    csv: str | None = None
    series: str | None = None
    target: str | None = None
    columns: tuple[str, ...] = ()
    horizon: int = 1
    season: int | None = None

    def __post_init__(self) -> None:
        if self.series is not None:
            one_of("data.series", self.series, SERIES)
        if self.season is not None and self.season < 0:
            raise ValueError(f"data.season: expected 0 or more rows, got {self.season}.")


def forecast(data: ForecastSettings, seed: int = 0, codec: ForecastCodec | None = None) -> Task:
    """Return the task of forecasting one column of a table from the rows before.

        xs[t] = row i + t, scaled
        targets[t, h - 1] = scaled target of row i + t + h - that of row i + t,   h = 1 .. horizon

    What is learned is the difference to the last value, so to say nothing is to say persistence.
    Every column is scaled by mean and standard deviation of the training part, the first 80 % of
    the rows; the next 10 % judge, the last 10 % are examined, in windows that may begin before.
    ETT keeps its published parts. Beside the forecasts stand intervals that hold 90 % of the errors
    on the rows that judged, for each horizon.

    Source: differences: Zeng et al. (2023), "Are transformers effective for time series
    forecasting?"; intervals: Lei et al. (2018), split conformal prediction; the series without a
    file is Mackey-Glass 17 (Mackey and Glass, 1977).
    Shapes: a chunk's xs float32 `[T, B, D]`, D columns; targets float32 `[T, B, horizon]`.
    Args: data, of T = 32 steps and B = 32 windows if not told. seed, of the order of the windows.
        codec, fitted before; its scale is kept.
    Raises: ValueError naming file, line and column of what is wrong, or if the table is shorter
        than a window; OSError without the file.

        >>> task = forecast(ForecastSettings(steps=8, batch=4, horizon=3))
        >>> task.train(0).xs.shape, task.train(0).targets.shape, task.baseline > 0
        ((8, 4, 1), (8, 4, 3), True)
    """
    steps = 32 if data.steps is None else data.steps
    batch = 32 if data.batch is None else data.batch
    horizon = data.horizon
    found = find_table(data.series, data.csv, data.columns)
    table, cuts = found.table, found.cuts
    name = found.target if data.target is None else data.target
    if name not in table.names:
        raise ValueError(_no_column(name, table.names, found.source))
    rows = table.values
    _check_windows(len(rows), cuts, steps, horizon)
    if codec is None:
        scaler = Scaler.fit(rows[: cuts[0]])
        codec = ForecastCodec(table.names, scaler.mean, scaler.scale, name, horizon)
    scaled = Scaler(codec.mean, codec.scale).apply(rows).astype(np.float32)
    level = codec.level(scaled)

    def chunk(starts: np.ndarray) -> Chunk:
        at = starts + np.arange(steps)[:, None]
        ahead = level[at[..., None] + np.arange(1, horizon + 1), 0]
        return Chunk(jnp.asarray(scaled[at]), jnp.asarray(ahead - level[at]))

    def windows(first: int, end: int) -> list[Chunk]:
        """Return chunks in which all rows from `first` to before `end` are forecast once."""
        starts = np.arange(first - steps, end - steps - horizon + 1)
        parts = np.split(starts, range(_JUDGES, len(starts), _JUDGES))
        return [at_end(*(np.asarray(field) for field in chunk(part)[:2])) for part in parts]

    count = cuts[0] - steps - horizon + 1
    check_batch("forecast", batch, count)
    judged = windows(cuts[0], cuts[1])
    season = found.season if data.season is None else data.season
    series = Series(codec, level[:, 0], windows, cuts, season, table.times)
    ahead = "the next row" if horizon == 1 else f"the next {horizon} rows"
    return Task(
        name="forecast",
        title=f"What is {name} in {ahead}?",
        source=f"{found.source}, {len(rows)} rows of {len(table.names)}",
        input_size=len(table.names),
        output_size=horizon,
        steps=steps,
        batch=batch,
        loss=mean_squared_error,
        score=mean_squared_error,
        metric="MSE (scaled)",
        higher_is_better=False,
        train=lambda number: chunk(shuffled(number, count, batch, seed=seed)),
        evaluation=tuple(judged),
        baseline=_persistence(judged),
        baseline_name="persistence, which says the last value again",
        content=fingerprint(rows, list(table.names), name, horizon),
        epoch=count // batch,
        codec=codec,
        examine=functools.partial(examine, series),
    )


def _no_column(name: str, names: tuple[str, ...], source: str) -> str:
    return (
        f"forecast: target {name!r} is no numeric column of {source}, expected one of "
        f"{', '.join(names)}.{did_you_mean(name, names)}"
    )


def _check_windows(count: int, cuts: tuple[int, int, int], steps: int, horizon: int) -> None:
    if horizon < 1 or steps < 1:
        raise ValueError(
            f"forecast: steps and horizon should be at least 1, got {steps} and {horizon}."
        )
    room = min(cuts[1] - cuts[0], cuts[2] - cuts[1])  # what is forecast lies in one part
    if cuts[0] >= steps + horizon and room >= horizon:
        return
    if horizon > room:
        hint = f"Use horizon={max(room, 1)} or less."
    else:
        hint = f"Use steps={max(cuts[0] - horizon, 1)} or less."
    least = max(math.ceil((steps + horizon) / 0.8), 10 * horizon)
    raise ValueError(
        f"forecast: the table has {count} rows, expected at least {least} for windows of "
        f"steps={steps} rows and horizon={horizon}. {hint}"
    )


def _persistence(chunks: list[Chunk]) -> float:
    ahead = np.concatenate([np.asarray(chunk.targets[-1]) for chunk in chunks])
    return float(np.square(ahead).mean())


FORECAST = Kind(
    topology="many-to-one",
    summary="the next rows of a column: of your own table, ETT, temperatures, stocks ...",
    settings=ForecastSettings,
    build=forecast,
    first=lambda: {
        "model": {"cell": "gru", "hidden": 32},
        "optimizer": {"learning_rate": 0.003},
        "training": {"updates": 600},
    },
    presets={
        "quick": {"data": {"steps": 16}, "model": {"hidden": 8}, "training": {"updates": 30}},
        "full": {
            "data": {"steps": 96, "batch": 64},
            "model": {"hidden": 64, "dropout": 0.1},
            "optimizer": {"learning_rate": 0.002, "schedule": "cosine"},
            "training": {"updates": 2000, "evaluate_every": 100, "patience": 8},
        },
    },
)
