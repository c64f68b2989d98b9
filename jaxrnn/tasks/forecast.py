"""What comes next in a series of one or many variables?"""

import math
import os
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from jaxrnn.data import mackey_glass17, shuffled
from jaxrnn.data.batches import check_batch
from jaxrnn.data.csv_table import Table, read_table
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.scaling import Scaler
from jaxrnn.gradients import Chunk
from jaxrnn.spelling import did_you_mean
from jaxrnn.tasks.codecs import RowCodec
from jaxrnn.tasks.scores import squared_error
from jaxrnn.tasks.task import Task

__all__ = ["forecast"]

_TRAINED, _JUDGED = 0.8, 0.9  # of the rows: up to here they train, up to there they judge
_POINTS = 1200  # of the series that is made where no file is given


def forecast(
    *, seed: int = 0, steps: int | None = None, batch: int | None = None,
    csv: str | os.PathLike[str] | None = None, target: str | None = None,
    columns: Sequence[str] = (), horizon: int = 1,
) -> Task:  # fmt: skip
    """Return the task of forecasting one column of a table from the rows before.

        xs[t] = row i + t, scaled,   targets[t] = the target of row i + t + horizon, scaled

    Every column is scaled by mean and standard deviation of the training part, the first 80 % of
    the rows; the next 10 % judge, and the last 10 % are left for a test. The loss is the MSE of
    the scaled target at each step; the baseline is persistence, which says the last value again.

    Source: tutorials of forecasting; the series without a file is Mackey-Glass 17 (Mackey and
    Glass, 1977).
    Shapes: a chunk's xs float32 `[T, B, D]`, D columns; targets float32 `[T, B, 1]`.
    Args: seed, of the order of the windows. steps T, 32. batch B, 32. csv, a table with a head
        row. target, one of its columns, the last if not told. columns, those to read, all numeric
        ones if not told. horizon, rows ahead.
    Raises: ValueError naming file, line and column of what is wrong, or if the table is shorter
        than a window; OSError without the file.

        >>> task = forecast(steps=8, batch=4)
        >>> task.train(0).xs.shape, task.baseline > 0
        ((8, 4, 1), True)
    """
    steps = 32 if steps is None else steps
    batch = 32 if batch is None else batch
    table = _made() if csv is None else read_table(csv, columns=list(columns) or None)
    source = "Mackey-Glass 17" if csv is None else os.path.basename(csv)
    name = _target(table, target, source)
    rows = table.values
    cuts = [int(len(rows) * share) for share in (_TRAINED, _JUDGED)]
    _check_windows(len(rows), cuts, steps, horizon)
    scaler = Scaler.fit(rows[: cuts[0]])
    scaled = scaler.apply(rows).astype(np.float32)
    place = table.names.index(name)
    inputs, targets = scaled, scaled[:, place : place + 1]

    def chunk(starts: np.ndarray) -> Chunk:
        at = starts + np.arange(steps)[:, None]
        return Chunk(jnp.asarray(inputs[at]), jnp.asarray(targets[at + horizon]))

    count = cuts[0] - steps - horizon + 1
    check_batch("forecast", batch, count)
    judged = chunk(np.arange(cuts[0] - horizon - steps + 1, cuts[1] - horizon - steps + 1))
    mean, scale = np.asarray(scaler.mean, float), np.asarray(scaler.scale, float)
    return Task(
        name="forecast",
        title=f"What is {name} {horizon} row{'s' if horizon > 1 else ''} ahead?",
        source=f"{source}, {len(rows)} rows of {len(table.names)}",
        input_size=len(table.names),
        output_size=1,
        steps=steps,
        batch=batch,
        stream=False,
        loss=squared_error,
        score=squared_error,
        metric="MSE (scaled)",
        higher_is_better=False,
        train=lambda number: chunk(shuffled(number, count, batch, seed=seed)),
        evaluation=(_last_only(judged),),
        settings={
            "cell": "gru",
            "hidden": 32,
            "layers": 1,
            "learning_rate": 0.003,
            "updates": 600,
        },
        baseline=_persistence(judged, place),
        baseline_name="persistence, which says the last value again",
        content=fingerprint(rows, list(table.names), name, horizon),
        epoch=count // batch,
        codec=RowCodec(
            columns=tuple(table.names),
            mean=tuple(mean.tolist()),
            scale=tuple(scale.tolist()),
            answers=(name,),
            answer_mean=(float(mean[place]),),
            answer_scale=(float(scale[place]),),
        ),
    )


def _made() -> Table:
    return Table(("x",), mackey_glass17(_POINTS)[:, None], (), {})


def _target(table: Table, target: str | None, source: str) -> str:
    if target is None:
        return table.names[-1]
    if target not in table.names:
        hint = did_you_mean(target, table.names)
        raise ValueError(
            f"forecast: target {target!r} is no numeric column of {source}, expected one of "
            f"{', '.join(table.names)}.{hint}"
        )
    return target


def _check_windows(count: int, cuts: list[int], steps: int, horizon: int) -> None:
    if horizon < 1 or steps < 1:
        raise ValueError(
            f"forecast: steps and horizon should be at least 1, got {steps} and {horizon}."
        )
    least = math.ceil((steps + horizon) / _TRAINED)
    if cuts[0] < steps + horizon or cuts[1] - cuts[0] < 1:
        raise ValueError(
            f"forecast: the table has {count} rows, expected at least {max(least, 10)} for windows "
            f"of steps={steps} rows and horizon={horizon}.{_shorter(cuts[0], steps, horizon)}"
        )


def _shorter(trained: int, steps: int, horizon: int) -> str:
    """Say which of the two fits when it is made smaller, and how small."""
    hints = [
        f"{name}={trained - other} or less"
        for name, mine, other in (("horizon", horizon, steps), ("steps", steps, horizon))
        if mine > trained - other >= 1
    ]
    return f" Use {' or '.join(hints)}." if hints else ""


def _last_only(chunk: Chunk) -> Chunk:
    """Judge the last step only: every row of the part is then judged once."""
    return chunk._replace(weights=jnp.zeros(chunk.xs.shape[:-1]).at[-1].set(1))


def _persistence(chunk: Chunk, place: int) -> float:
    return float(jnp.square(chunk.xs[-1, :, place] - chunk.targets[-1, :, 0]).mean())
