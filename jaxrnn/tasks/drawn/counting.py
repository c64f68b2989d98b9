"""What comes after 11, 12? Counting, learned from examples."""

from typing import Any

import numpy as np

from jaxrnn.data import shuffled
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.pictures import as_svg
from jaxrnn.tasks.scores import squared_error
from jaxrnn.tasks.series.at_end import answers, at_end
from jaxrnn.tasks.series.number_codecs import NumbersCodec
from jaxrnn.tasks.task import Task

__all__ = ["COUNTING", "counting"]

_LAST = 1000
_TENTH = 10
_EXAMINED, _JUDGED = 1, 6  # of ten sequences, by the number they begin with: 11, 12 is examined
_ASKED = (11, 12, 13)  # the question and answer that everybody asks
_ERROR, _WITHIN = 0.1, 5.0  # yardsticks


def counting(data: DataSettings, seed: int = 0, codec: NumbersCodec | None = None) -> Task:
    """Return the task of counting on: 1, 2 -> 3, and so to 998, 999 -> 1000.

        xs[t] = i + t, scaled,   targets = i + T, scaled;   weights = 1 at the last step, else 0

    Of ten sequences one, that beginning with 1, 11, 21 ..., is examined, and one, beginning with 6,
    16 ..., judges: eight train. The scale is that of the training part: to -0.5 ... 0.5. The loss
    is the squared error on that scale.

    Source: tutorials.
    Shapes: a chunk's xs and targets float32 `[T, B, 1]`, weights float32 `[T, B]`.
    Args: data, steps T, 2 numbers that are read, and batch B, 32. seed, of the order. codec, fitted
        before; its scale is kept.
    Raises: ValueError if steps is not between 1 and 900, or batch is above the sequences there are.

        >>> task = counting(DataSettings())
        >>> len(task.codec.inputs("11 12")[0]), task.epoch
        (2, 24)
    """
    steps = 2 if data.steps is None else data.steps
    batch = 32 if data.batch is None else data.batch
    if not 1 <= steps <= _LAST - 100:
        raise ValueError(
            f"counting: steps should be between 1 and {_LAST - 100}, got steps={steps}."
        )
    starts = np.arange(1, _LAST - steps + 1)
    examined, judged = starts[starts % _TENTH == _EXAMINED], starts[starts % _TENTH == _JUDGED]
    trained = starts[~np.isin(starts % _TENTH, (_EXAMINED, _JUDGED))]
    shuffled(0, len(trained), batch)  # a wrong batch is refused here, not at the first update
    low, high = int(trained[0]), int(trained[-1]) + steps
    codec = codec or NumbersCodec((low + high) / 2, float(high - low))

    def chunk(begin: np.ndarray) -> Chunk:
        numbers = codec.scaled(begin + np.arange(steps + 1)[:, None])[..., None]
        return at_end(numbers[:-1], numbers[1:])

    def examine(model: Model, params: Any) -> Examination:
        said = answers(model, params, [chunk(examined)])[:, 0] * codec.scale + codec.mean
        return _examined(examined, steps, said, float(trained.mean()) + steps)

    held_out = chunk(judged)
    return Task(
        name="counting",
        title=f"What comes after {steps} numbers, one after the other?",
        source=f"{len(starts)} sequences of the numbers from 1 to {_LAST}, {len(trained)} to train "
        "on",
        input_size=1,
        output_size=1,
        steps=steps,
        batch=batch,
        loss=squared_error,
        score=squared_error,
        metric="MSE (scaled)",
        higher_is_better=False,
        train=lambda number: chunk(trained[shuffled(number, len(trained), batch, seed=seed)]),
        evaluation=(held_out,),
        baseline=float(codec.scale**-2),
        baseline_name="the last number again",
        content=fingerprint(trained, judged, examined, steps),
        epoch=len(trained) // batch,
        codec=codec,
        examine=examine,
    )


def _examined(begin: np.ndarray, steps: int, said: np.ndarray, mean: float) -> Examination:
    truth = begin + steps
    errors = said - truth
    findings = [
        Finding(
            "largest error of the sequences held out", float(abs(errors).max()), False,
            {"the last number again": 1.0, "the mean": float(abs(mean - truth).max())}, _WITHIN,
        )
    ]  # fmt: skip
    (asked,) = np.flatnonzero(begin == _ASKED[0])
    if steps == 2:
        name = "error of {} after {} and {}".format(_ASKED[2], *_ASKED[:2])
        findings.insert(
            0,
            Finding(name, float(abs(errors[asked])), False, {"the last number again": 1.0}, _ERROR),
        )
    lines = [
        f"{' '.join(str(i + t) for t in range(steps)[-5:])} -> {value:.3f} ({i + steps})\n"
        for i, value in zip(begin.tolist(), said.tolist(), strict=True)
    ]
    files = {"predictions.txt": "".join(lines), "picture.svg": _picture(truth, errors)}
    return Examination(tuple(findings), files)


def _picture(truth: np.ndarray, errors: np.ndarray) -> str:
    from jaxrnn.report.style import look, new_figure  # matplotlib is heavy

    with look():
        figure, axes = new_figure(7, 3, 1, 1)
        axes[0, 0].axhline(0, color="#888888")
        axes[0, 0].plot(truth, errors, ".", color="#0072b2")
        axes[0, 0].set(
            xlabel="number that comes next", ylabel="said - true",
            title="Sequences that were held out",
        )  # fmt: skip
        return as_svg(figure)


COUNTING = Kind(
    topology="many-to-one",
    summary="the number after two numbers: 11, 12, ...",
    settings=DataSettings,
    build=counting,
    first=lambda: {
        "model": {"cell": "lstm", "hidden": 64},
        "optimizer": {"learning_rate": 0.01, "schedule": "cosine", "final": 1e-5},
        "training": {"updates": 3000, "evaluate_every": 500, "checkpoint_every": 500},
    },
    presets={
        "quick": {
            "model": {"hidden": 16},
            "training": {"updates": 300, "evaluate_every": 100, "checkpoint_every": 300},
        },
        "full": {"training": {"updates": 10_000, "evaluate_every": 500, "checkpoint_every": 2500}},
    },
)
