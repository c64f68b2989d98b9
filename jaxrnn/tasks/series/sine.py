"""What comes next in a noisy sine? And after that, and after that?"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.data import shuffled, sliding_windows
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.drivers import scan
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.codecs import RowCodec
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.pictures import as_svg
from jaxrnn.tasks.scores import squared_error
from jaxrnn.tasks.series.at_end import answers, at_end
from jaxrnn.tasks.task import Task

__all__ = ["SINE", "SineSettings", "free_run", "sine"]

_POINTS = 100
_STEP = 4 * np.pi / 99  # radians from point to point: 100 of them are two periods
_NOISE = 0.1
_TESTED = 1000  # points after those that train and judge
_FREE = 200  # steps that the model goes on alone
_NOISY, _CLEAN = 1.5, 0.5  # yardsticks, of the variance of the noise


@dataclasses.dataclass(frozen=True)
class SineSettings(DataSettings):
    """Of the noisy sine: points that train and judge, 50 a period; draw, the seed of the noise.

    Shapes: none.
    Raises: ValueError for fewer than 10 points or a seed below 0.

        >>> SineSettings(points=1000).draw
        0
    """

    points: int = _POINTS
    draw: int = 0

    def __post_init__(self) -> None:
        if not 10 <= self.points <= 10**6:
            raise ValueError(f"data.points: expected 10 to 1,000,000, got {self.points}.")
        if not 0 <= self.draw < 2**31:
            raise ValueError(f"data.draw: expected 0 to 2147483647, got {self.draw}.")


def sine(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the task of tutorials: from 10 points of a noisy sine predict the one that follows.

        xs[t] = y[i + t],   targets[t] = y[i + t + 1];   weights = 1 at the last step, else 0

    100 points of `sin(x) + 0.1 * noise` on [-2 pi, 2 pi]. The windows whose target is among the
    first 80 points train, the other 20 judge. Always the same series; no MSE below 0.01, the
    variance of the noise, is to be expected. The 1000 points that come after are examined.

    Source: tutorials (`return_sequences=False`: only the last output counts).
    Shapes: a chunk's xs and targets float32 `[T, B, 1]`, weights float32 `[T, B]`.
    Args: seed, of the order of the windows. steps T, 10 points in a window. batch B, 8.
    Raises: ValueError if steps is not between 1 and 79, or batch is above the windows there are.

        >>> chunk = sine().train(0)
        >>> chunk.xs.shape, bool((chunk.xs[1:] == chunk.targets[:-1]).all())
        ((10, 8, 1), True)
    """
    return _task(SineSettings(steps, batch), seed)


def _task(data: SineSettings, seed: int) -> Task:
    steps = 10 if data.steps is None else data.steps
    batch = 8 if data.batch is None else data.batch
    trained = data.points * 8 // 10
    if not 1 <= steps < trained:
        raise ValueError(f"sine: steps should be between 1 and {trained - 1}, got steps={steps}.")
    series = _drawn(data.points + max(_TESTED, 2 * steps), data.draw)
    inputs, targets = sliding_windows(series.noisy[: data.points, None], steps)
    count = trained - steps

    def chunk(chosen: np.ndarray) -> Chunk:
        return at_end(inputs[:, chosen], targets[:, chosen])

    shuffled(0, count, batch)  # a wrong batch is refused here, not at the first update
    return Task(
        name="sine",
        title="What comes next in a noisy sine?",
        source=f"{data.points} points of sin(x) + 0.1 noise, windows of {steps}",
        input_size=1,
        output_size=1,
        steps=steps,
        batch=batch,
        stream=False,
        loss=squared_error,
        score=squared_error,
        metric="MSE",
        higher_is_better=False,
        train=lambda number: chunk(shuffled(number, count, batch, seed=seed)),
        evaluation=(chunk(np.arange(count, data.points - steps)),),
        settings={
            "cell": "elman",
            "hidden": 64,
            "layers": 2,
            "learning_rate": 0.0003,
            "updates": 600,
        },
        content=fingerprint(series.noisy[: data.points, None]),
        epoch=count // batch,
        codec=RowCodec(("y",), (0.0,), (1.0,), ("y",), (0.0,), (1.0,)),
        examine=functools.partial(
            _examine, _Series(*(part[data.points :] for part in series)), steps
        ),
    )


class _Series(NamedTuple):
    """A sine with noise, and without."""

    x: np.ndarray  # [N], radians
    noisy: np.ndarray  # float32 [N]
    clean: np.ndarray  # float32 [N]


def _drawn(points: int, seed: int) -> _Series:
    x = -2 * np.pi + _STEP * np.arange(points)
    # the legacy generator: its stream never changes
    noise = _NOISE * np.random.RandomState(seed).standard_normal(points)
    clean = np.sin(x)
    return _Series(x, (clean + noise).astype(np.float32), clean.astype(np.float32))


def free_run(model: Model, params: Any, window: Any, count: int) -> Array:
    """Return what a model says when it goes on alone: its answers are the points that it reads.

    The last T points are read anew for each answer, as in training.

    Shapes: window `[T]`; result `[count]`.

        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 4), input_size=1, output_size=1)
        >>> free_run(model, model.init(jax.random.key(0)), np.ones(3, np.float32), 5).shape
        (5,)
    """
    return _free_run(model, params, jnp.asarray(window), count)


@functools.partial(jax.jit, static_argnums=(0, 3))
def _free_run(model: Model, params: Any, window: Array, count: int) -> Array:
    def one(window: Array, _: None) -> tuple[Array, Array]:
        ys = scan(model.cell, params.cell, None, window[:, None, None])[1]
        said = model.output.apply(params.head, ys[-1])[0]
        return jnp.concatenate([window[1:], said]), said[0]

    return jax.lax.scan(one, window, length=count)[1]


def _examine(series: _Series, steps: int, model: Model, params: Any) -> Examination:
    inputs, targets = sliding_windows(series.noisy[:, None], steps)
    said = answers(model, params, [at_end(inputs, targets)])[:, 0]
    alone = np.asarray(free_run(model, params, series.noisy[:steps], min(_FREE, len(said))))
    noisy, clean, last = series.noisy[steps:], series.clean[steps:], series.noisy[steps - 1 : -1]

    def error(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.square(one - other).mean())

    variance = _NOISE**2
    findings = (
        Finding(
            "test MSE one step ahead", error(said, noisy), False,
            {"persistence": error(last, noisy), "the variance of the noise": variance},
            _NOISY * variance,
        ),
        Finding(
            "the same against the sine without noise", error(said, clean), False,
            {"persistence": error(last, clean), "the variance of the noise": variance},
            _CLEAN * variance,
        ),
        Finding(
            f"MSE of {len(alone)} steps alone, against the sine without noise",
            error(alone, clean[: len(alone)]), False, {"0 at each step": float((clean**2).mean())},
        ),
    )  # fmt: skip
    files = {
        "predictions.csv": _table(series.x[steps:], noisy, clean, said, alone),
        "picture.svg": _picture(series, steps, said, alone),
    }
    return Examination(findings, files)


def _table(*columns: np.ndarray) -> str:
    """Return the columns as lines; the last one may end early."""
    lines = ["x,noisy,clean,one_step,alone"]
    for place in range(len(columns[0])):
        lines.append(",".join(f"{c[place]:.6g}" if place < len(c) else "" for c in columns))
    return "\n".join(lines) + "\n"


def _picture(series: _Series, steps: int, said: np.ndarray, alone: np.ndarray) -> str:
    from jaxrnn.report.style import look, new_figure, top_legend  # matplotlib is heavy

    end = steps + len(alone)
    begin = series.x[0]
    with look():
        figure, axes = new_figure(9, 5, 2, 1, sharex=True)
        parts = (("one step ahead", said[: len(alone)]), (f"alone, after {steps} points", alone))
        for plot, (title, values) in zip(axes[:, 0], parts, strict=True):
            x = series.x[:end] - begin
            plot.plot(x, series.clean[:end], color="#bbbbbb", label="sine")
            plot.plot(x, series.noisy[:end], ".", color="#0072b2", markersize=3, label="data")
            plot.plot(x[steps:], values, color="#d55e00", label="said")
            plot.set(ylabel="y", title=title)
        top_legend(figure, axes[0, 0])
        axes[1, 0].set_xlabel("radians")
        return as_svg(figure)


SINE = Kind(
    topology="many-to-one",
    summary="what comes next in a noisy sine",
    settings=SineSettings,
    build=lambda data, seed, codec: _task(data, seed),
    first=lambda: {
        "model": {"cell": "elman", "hidden": 64, "layers": 2},
        "optimizer": {"learning_rate": 0.0003},
        "training": {"updates": 600},
    },
    presets={
        "quick": {
            "data": {"points": 300, "steps": 20, "batch": 32},
            "model": {"cell": "gru", "hidden": 16, "layers": 1},
            "optimizer": {"learning_rate": 0.01, "schedule": "cosine"},
            "training": {"updates": 200, "evaluate_every": 50, "checkpoint_every": 200},
        },
        "full": {
            "data": {"points": 2000, "steps": 40, "batch": 32},
            "model": {"cell": "gru", "hidden": 32, "layers": 1},
            "optimizer": {"learning_rate": 0.005, "schedule": "cosine"},
            "training": {"updates": 800, "evaluate_every": 100, "checkpoint_every": 400},
        },
    },
)
