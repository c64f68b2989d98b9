"""Which digit is this? An image read as a sequence, and one answer at its end."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.data import MNIST, Images, find, load_digits, load_mnist, shuffled
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.codecs import RowCodec
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["digits"]

_PART = 1000  # images of an evaluation chunk


class _Set(NamedTuple):
    """A set of images, and how it is used here."""

    images: Images
    source: str
    ink: int  # the value of full ink
    steps: int  # T, if not told
    judges: slice  # which images of the test part judge


def _at_hand() -> _Set:
    if any(find(file) for file in MNIST):
        source = "MNIST, handwritten digits of 28 x 28 pixels"
        return _Set(load_mnist(), source, 255, 28, slice(None, None, 5))
    source = "scikit-learn's handwritten digits of 8 x 8 pixels"
    return _Set(load_digits(), source, 16, 64, slice(None))


def _chunk(x: np.ndarray, y: np.ndarray, steps: int, ink: int) -> Chunk:
    xs = x.reshape(len(y), steps, -1).swapaxes(0, 1).astype(np.float32) / np.float32(ink)
    targets = np.broadcast_to(y.astype(np.int32), xs.shape[:2])
    weights = np.zeros(xs.shape[:2], np.float32)
    weights[-1] = 1
    return Chunk(jnp.asarray(xs), jnp.asarray(targets), jnp.asarray(weights))


def _check_steps(steps: int, data: _Set) -> int:
    """Return how many pixels are read at a time."""
    pixels = data.images.train_x[0].size
    if steps < 1 or pixels % steps:
        raise ValueError(
            f"digits: steps should divide the {pixels} pixels of an image, got steps={steps}. "
            f"The default is {data.steps}."
        )
    return pixels // steps


def digits(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the task of reading a handwritten digit and saying, at the end, which it is.

        xs[t] = the t-th part of the pixels, row by row, over the value of full ink
        targets = the class, at each step;   weights = 1 at the last step, else 0

    With MNIST's files at hand (in `$JAXRNN_DATA/mnist` or the cache) an image is 28 rows of 28
    pixels, and every fifth of the 10000 test images judges. Without, it is one of scikit-learn's
    8 x 8 digits, pixel by pixel, and their 360 test images judge. Chance is 0.1.

    Source: images as sequences, Le et al. (2015), arXiv:1504.00941.
    Shapes: a chunk's xs float32 `[T, B, pixels / T]`, targets int32 and weights float32 `[T, B]`.
    Args: seed, of the order of the images. steps T, a divisor of the number of pixels; 28, or 64
        for the small ones. batch B, 32.
    Raises: ValueError if steps does not divide the pixels, or batch is above the images there are.

        >>> chunk = digits(steps=8, batch=4).train(0)
        >>> chunk.xs.shape[:2], chunk.weights[:, 0].tolist()
        ((8, 4), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    """
    data = _at_hand()
    train_x, train_y, test_x, test_y = data.images
    steps = data.steps if steps is None else steps
    batch = 32 if batch is None else batch
    width = _check_steps(steps, data)
    shuffled(0, len(train_y), batch)  # a wrong batch is refused here, not at the first update

    def train(number: int) -> Chunk:
        chosen = shuffled(number, len(train_y), batch, seed=seed)
        return _chunk(train_x[chosen], train_y[chosen], steps, data.ink)

    x, y = test_x[data.judges], test_y[data.judges]
    parts = [slice(start, start + _PART) for start in range(0, len(y), _PART)]
    portion = {1: "pixel by pixel", train_x.shape[-1]: "row by row"}
    return Task(
        name="digits",
        title=f"Which digit is it? Read {portion.get(width, f'{width} pixels at a time')}",
        source=data.source,
        input_size=width,
        output_size=10,
        steps=steps,
        batch=batch,
        stream=False,
        loss=softmax_cross_entropy_with_integer_labels,
        score=correct,
        metric="accuracy",
        higher_is_better=True,
        train=train,
        evaluation=tuple(_chunk(x[part], y[part], steps, data.ink) for part in parts),
        settings={
            "cell": "lstm",
            "hidden": 32,
            "layers": 1,
            "learning_rate": 0.01,
            "updates": 800,
        },
        content=fingerprint(*data.images),
        epoch=len(train_y) // batch,
        codec=RowCodec(
            columns=tuple(f"pixel {i + 1}" for i in range(width)),
            mean=(0.0,) * width,
            scale=(float(data.ink),) * width,
            answers=tuple(map(str, range(10))),
            classes=True,
        ),
    )
