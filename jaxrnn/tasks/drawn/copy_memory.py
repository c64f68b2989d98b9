"""Which symbols were shown, long ago?"""

import math

import jax.numpy as jnp
import numpy as np
from jax import Array
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.tasks.drawn.drawing import Drawn, at_least, drawn, drawn_evaluation
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["copy_memory"]

_LENGTH = 10  # symbols to remember, K
_SYMBOLS = 8
_BLANK = 8  # the class of nothing, also of the output
_GO = 9


def copy_memory(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the copy task: 10 symbols are shown, and asked for after a long silence.

        xs:      10 symbols | blank | go | blank       one-hot; "go" stands at step T - 10
        targets: blank .................. | the 10 symbols

    Every symbol has the lag T - 10. All steps count, so the loss is a mean over T steps. The score
    is the part of the symbols that is recalled; chance is 1/8. Baseline: whoever knows when to
    answer but not what has the loss 10 ln 8 / T. Published results often are this baseline.

    Source: Hochreiter and Schmidhuber (1997), Neural Computation 9; this form: Arjovsky, Shah and
    Bengio (2016), arXiv:1511.06464.
    Shapes: a chunk's xs float32 `[T, B, 10]`, targets int32 `[T, B]` of 9 classes; weights None.
    Args: seed, of the examples. steps T, of the whole sequence: 120, for a delay of 100; at least
        21. batch B, 50.
    Raises: ValueError or TypeError if steps or batch are no such numbers.

        >>> chunk = copy_memory(steps=21, batch=1).train(0)
        >>> bool((chunk.xs[:10].argmax(-1) == chunk.targets[-10:]).all())
        True
    """
    steps = 120 if steps is None else steps
    least = 2 * _LENGTH + 1
    steps = at_least("copy_memory", "steps", steps, least, "10 to see, go, 10 to say.")
    batch = at_least("copy_memory", "batch", 50 if batch is None else batch, 1, "no sequence.")
    one_hot = np.eye(_SYMBOLS + 2, dtype=np.float32)

    def draw(random: np.random.Generator, batch: int) -> Drawn:
        shown = random.integers(0, _SYMBOLS, (_LENGTH, batch), np.int32)
        inputs = np.full((steps, batch), _BLANK, np.int32)
        inputs[:_LENGTH] = shown
        inputs[steps - _LENGTH - 1] = _GO
        targets = np.full((steps, batch), _BLANK, np.int32)
        targets[-_LENGTH:] = shown
        return Drawn(one_hot[inputs], targets)

    def recalled(outputs: Array, targets: Array) -> Array:
        # the mean is over all steps: those with a symbol count for those without
        return jnp.where(targets == _BLANK, 0, correct(outputs, targets) * (steps / _LENGTH))

    return Task(
        name="copy_memory",
        title="Which symbols were shown, long ago?",
        source=f"{_LENGTH} random symbols of {_SYMBOLS}, a delay of {steps - 2 * _LENGTH} steps",
        input_size=_SYMBOLS + 2,
        output_size=_SYMBOLS + 1,
        steps=steps,
        batch=batch,
        stream=False,
        loss=softmax_cross_entropy_with_integer_labels,
        score=recalled,
        metric="recall accuracy",
        higher_is_better=True,
        train=drawn(draw, seed, batch),
        evaluation=drawn_evaluation(draw),
        settings={
            "cell": "elman",
            "hidden": 128,
            "layers": 1,
            "learning_rate": 0.001,
            "updates": 1000,
        },
        baseline=_LENGTH * math.log(_SYMBOLS) / steps,
    )
