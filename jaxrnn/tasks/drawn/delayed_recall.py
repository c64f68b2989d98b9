"""What was shown d steps ago?"""

import math

import numpy as np
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.checks import as_positive_int
from jaxrnn.tasks.drawn.drawing import Drawn, at_least, drawn, drawn_evaluation
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["delayed_recall"]

_SYMBOLS = 8


def delayed_recall(
    *, seed: int = 0, steps: int | None = None, batch: int | None = None, lag: int = 16
) -> Task:
    """Return the task of saying, at each step, the symbol that was shown d = `lag` steps before.

        xs[t] = one-hot of a random symbol,   targets[t] = the symbol of step t - d
        weights = 0 at the first d steps, which have nothing to recall, else 1

    Every loss needs exactly the lag d. TBPTT(k1, k2) has the term of that lag for every loss if
    k2 - k1 >= d, for none if k2 <= d; disjoint blocks of k steps for the part (k - d) / k of them.
    Baseline: chance, a loss of ln 8 = 2.079 and an accuracy of 1/8.

    Shapes: a chunk's xs float32 `[T, B, 8]`, targets int32 and weights float32 `[T, B]`.
    Args: seed, of the examples. steps T, four times the lag; more than the lag. batch B, 50.
        lag d.
    Raises: ValueError or TypeError if steps, batch or lag are no such numbers.

        >>> chunk = delayed_recall(steps=5, batch=2, lag=2).train(0)
        >>> bool((chunk.xs.argmax(-1)[:-2] == chunk.targets[2:]).all())
        True
    """
    lag = as_positive_int("delayed_recall", "lag", lag)
    steps = 4 * lag if steps is None else steps
    why = f"the symbol of {lag} steps before is asked for."
    steps = at_least("delayed_recall", "steps", steps, lag + 1, why)
    batch = at_least("delayed_recall", "batch", 50 if batch is None else batch, 1, "no sequence.")
    one_hot = np.eye(_SYMBOLS, dtype=np.float32)

    def draw(random: np.random.Generator, batch: int) -> Drawn:
        shown = random.integers(0, _SYMBOLS, (steps, batch), np.int32)
        weights = np.ones((steps, batch), np.float32)
        weights[:lag] = 0
        return Drawn(one_hot[shown], np.roll(shown, lag, axis=0), weights)

    return Task(
        name="delayed_recall",
        title=f"What was shown {lag} steps ago?",
        source=f"{_SYMBOLS} random symbols, a lag of {lag}",
        input_size=_SYMBOLS,
        output_size=_SYMBOLS,
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
            "hidden": 64,
            "layers": 1,
            "learning_rate": 0.005,
            "updates": 1000,
        },
        baseline=math.log(_SYMBOLS),
    )
