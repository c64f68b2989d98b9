"""What comes next in a noisy sine?"""

import jax.numpy as jnp
import numpy as np

from jaxrnn.data import noisy_sine, shuffled, sliding_windows
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.codecs import RowCodec
from jaxrnn.tasks.scores import squared_error
from jaxrnn.tasks.task import Task

__all__ = ["sine"]

_POINTS = 100
_TRAINED = 80  # points, the first ones; the others judge


def sine(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the task of tutorials: from 10 points of a noisy sine predict the one that follows.

        xs[t] = y[i + t],   targets[t] = y[i + t + 1];   weights = 1 at the last step, else 0

    100 points of `sin(x) + 0.1 * noise` on [-2 pi, 2 pi]. The windows whose target is among the
    first 80 points train, the other 20 judge. Always the same series; no MSE below 0.01, the
    variance of the noise, is to be expected.

    Source: tutorials (`return_sequences=False`: only the last output counts).
    Shapes: a chunk's xs and targets float32 `[T, B, 1]`, weights float32 `[T, B]`.
    Args: seed, of the order of the windows. steps T, 10 points in a window. batch B, 8.
    Raises: ValueError if steps is not between 1 and 79, or batch is above the windows there are.

        >>> chunk = sine().train(0)
        >>> chunk.xs.shape, bool((chunk.xs[1:] == chunk.targets[:-1]).all())
        ((10, 8, 1), True)
    """
    steps = 10 if steps is None else steps
    batch = 8 if batch is None else batch
    if not 1 <= steps < _TRAINED:
        raise ValueError(f"sine: steps should be between 1 and {_TRAINED - 1}, got steps={steps}.")
    series = noisy_sine(_POINTS).y[:, None]
    inputs, targets = sliding_windows(series, steps)
    count = _TRAINED - steps

    def chunk(chosen: np.ndarray) -> Chunk:
        weights = np.zeros((steps, len(chosen)), np.float32)
        weights[-1] = 1
        xs, ys = inputs[:, chosen], targets[:, chosen]
        return Chunk(jnp.asarray(xs), jnp.asarray(ys), jnp.asarray(weights))

    shuffled(0, count, batch)  # a wrong batch is refused here, not at the first update
    return Task(
        name="sine",
        title="What comes next in a noisy sine?",
        source=f"100 points of sin(x) + 0.1 noise, windows of {steps}",
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
        evaluation=(chunk(np.arange(count, _POINTS - steps)),),
        settings={
            "cell": "elman",
            "hidden": 64,
            "layers": 2,
            "learning_rate": 0.0003,
            "updates": 600,
        },
        content=fingerprint(series),
        epoch=count // batch,
        codec=RowCodec(("y",), (0.0,), (1.0,), ("y",), (0.0,), (1.0,)),
    )
