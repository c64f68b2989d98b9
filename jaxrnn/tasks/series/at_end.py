"""Sequences with one answer, after their last step."""

import functools
from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.drivers import scan
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.model import Model

__all__ = ["answers", "at_end", "majority"]


def at_end(xs: np.ndarray, targets: np.ndarray) -> Chunk:
    """Return a chunk in which only the last step counts.

    Shapes: xs `[T, B, D]`; targets `[B, ...]`, of the last step, or with T before it.

        >>> chunk = at_end(np.ones((3, 2, 1), np.float32), np.array([4, 5]))
        >>> chunk.targets[0].tolist(), chunk.weights[:, 0].tolist()
        ([4, 5], [0.0, 0.0, 1.0])
    """
    weights = np.zeros(xs.shape[:2], np.float32)
    weights[-1] = 1
    if targets.shape[:2] != xs.shape[:2]:
        targets = np.broadcast_to(targets, (len(xs), *targets.shape))
    return Chunk(jnp.asarray(xs), jnp.asarray(targets), jnp.asarray(weights))


def answers(model: Model, params: Any, chunks: Iterable[Chunk]) -> np.ndarray:
    """Return what a model says at the one step of each row that has a weight.

    Shapes: chunks as `at_end`, or of many lengths with weight 1 at each last step; result
    `[rows of all chunks, O]`, rows without any weight left out.

        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 4), input_size=1, output_size=3)
        >>> chunk = at_end(np.ones((3, 2, 1), np.float32), np.array([4, 5]))
        >>> answers(model, model.init(jax.random.key(0)), [chunk]).shape
        (2, 3)
    """
    found = []
    for chunk in chunks:
        real = np.asarray(chunk.weights).any(0)
        found.append(np.asarray(_last(model, params, chunk))[real])
    return np.concatenate(found)


@functools.partial(jax.jit, static_argnums=0)
def _last(model: Model, params: Any, chunk: Chunk) -> Array:
    ys = scan(model.cell, params.cell, None, chunk.xs, mask=chunk.mask)[1]
    place = jnp.argmax(jnp.asarray(chunk.weights), 0)
    return model.output.apply(params.head, ys[place, jnp.arange(ys.shape[1])])


def majority(trained: np.ndarray, judged: np.ndarray) -> float:
    """Return the accuracy of who always says the class that was seen most often.

    Shapes: classes int `[N]` and `[M]`.

        >>> majority(np.array([0, 1, 1]), np.array([1, 0]))
        0.5
    """
    return float((judged == np.bincount(trained).argmax()).mean())
