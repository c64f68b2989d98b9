"""In which order came the two symbols that matter?"""

import math

import numpy as np
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.checks import as_positive_int
from jaxrnn.tasks.drawn.drawing import Drawn, at_least, drawn, drawn_evaluation
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["temporal_order"]

_PARTS = 11  # the pinned lengths 100 .. 110 and places 10 .. 20, 50 .. 60 are elevenths of 110
_NOISE = 4  # a, b, c, d
_X, _START, _END = 4, 6, 7  # X and Y are 4 and 5
_CLASSES = 4


def temporal_order(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the temporal order task: X or Y, much later X or Y again; which two, in which order?

        xs = one-hot of   E .. (X|Y) .. (X|Y) .. B   with a, b, c, d at random in between
        targets = XX, XY, YX, YY as 0 .. 3;   weights = 1 at the last step of a sequence, else 0

    With T = 110 lengths are 100 .. 110, the first of the two stands at step 10 .. 20, the second at
    50 .. 60, counted from 0, all uniform; the lags needed are 39 to 99. Other T scale all of this.
    A shorter sequence is padded at its end with steps that don't exist. Baseline: chance, a loss of
    ln 4 = 1.386 and an accuracy of 1/4.

    Source: Hochreiter and Schmidhuber (1997), Neural Computation 9, task 6a.
    Shapes: a chunk's xs float32 `[T, B, 8]`; targets int32, weights float32, mask bool `[T, B]`.
    Args: seed, of the examples. steps T, 110, a multiple of 11. batch B, 50.
    Raises: ValueError or TypeError if steps or batch are no such numbers.

        >>> chunk = temporal_order(steps=11, batch=1).train(0)
        >>> shown = chunk.xs[:, 0].argmax(-1)
        >>> pair = [int(s) - 4 for s in shown if s in (4, 5)]  # X is 0, Y is 1
        >>> 2 * pair[0] + pair[1] == int(chunk.targets[-1, 0])
        True
    """
    steps = as_positive_int("temporal_order", "steps", 110 if steps is None else steps)
    if steps % _PARTS:
        raise ValueError(
            f"temporal_order: steps should be a multiple of {_PARTS}, got {steps}: places and "
            "lengths are elevenths of it."
        )
    batch = at_least("temporal_order", "batch", 50 if batch is None else batch, 1, "no sequence.")
    part = steps // _PARTS
    one_hot = np.eye(8, dtype=np.float32)

    def draw(random: np.random.Generator, batch: int) -> Drawn:
        shown = random.integers(0, _NOISE, (steps, batch))
        rows = np.arange(batch)
        pair = random.integers(0, 2, (2, batch))
        last = random.integers(10 * part - 1, steps, batch)
        for first, which in zip((part, 5 * part), pair, strict=True):
            shown[random.integers(first, first + part + 1, batch), rows] = _X + which
        shown[0], shown[last, rows] = _START, _END
        weights = np.zeros((steps, batch), np.float32)
        weights[last, rows] = 1
        targets = np.broadcast_to((2 * pair[0] + pair[1]).astype(np.int32), (steps, batch))
        return Drawn(one_hot[shown], targets, weights, np.arange(steps)[:, None] <= last)

    return Task(
        name="temporal_order",
        title="In which order came the two symbols that matter?",
        source=f"random sequences of {10 * part} to {steps} symbols, two of which matter",
        input_size=8,
        output_size=_CLASSES,
        steps=steps,
        batch=batch,
        stream=False,
        loss=softmax_cross_entropy_with_integer_labels,
        score=correct,
        metric="accuracy",
        higher_is_better=True,
        train=drawn(draw, seed, batch),
        evaluation=drawn_evaluation(draw),
        settings={
            "cell": "gru",
            "hidden": 32,
            "layers": 1,
            "learning_rate": 0.005,
            "updates": 800,
        },
        baseline=math.log(_CLASSES),
    )
