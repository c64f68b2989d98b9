"""The loss scale: sums of losses become means per counted token.

Learning rate and clipping mean something only with a scale of the loss. Here every update follows
the mean over the tokens it was computed from: those of the whole chunk with one update per chunk,
those of its window with one update per window.
"""

import jax.numpy as jnp
from jax import Array

from jaxrnn.gradients.problem import Chunk
from jaxrnn.numerics import state_dtype

__all__ = ["chunk_mean", "loss_weights", "window_counts", "window_mean"]


def loss_weights(chunk: Chunk) -> Array:
    """Return the weight of each loss, 0 where there is none.

    Shapes: `[T, *batch]`.

        >>> mask = jnp.arange(3)[:, None] < jnp.array([3, 1])
        >>> chunk = Chunk(jnp.ones((3, 2, 1)), None, mask=mask)
        >>> loss_weights(chunk).tolist()
        [[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]]
    """
    shape, dtype = chunk.xs.shape[:-1], state_dtype(chunk.xs.dtype)  # bfloat16 counts to 256
    weights = jnp.ones(shape, dtype) if chunk.weights is None else chunk.weights.astype(dtype)
    return weights if chunk.mask is None else jnp.where(chunk.mask, weights, 0)


def _at_least(total: Array) -> Array:
    """Return a divisor: where nothing counts the weights are 0 anyway."""
    return jnp.where(total == 0, jnp.ones_like(total), total)


def chunk_mean(chunk: Chunk) -> Chunk:
    """Return the chunk with weights that sum to 1: its loss is the mean per counted token.

    Shapes: unchanged.

        >>> chunk_mean(Chunk(jnp.ones((2, 4, 1)), None)).weights.sum().item()
        1.0
    """
    weights = loss_weights(chunk)
    return chunk._replace(weights=weights / _at_least(weights.sum()))


def window_counts(chunk: Chunk, length: int) -> Array:
    """Return how much counts in each window of `length` steps; 0 steps is the whole chunk.

    Shapes: `[ceil(T / length)]`.

        >>> window_counts(Chunk(jnp.ones((5, 4, 1)), None), 2).tolist()
        [8.0, 8.0, 4.0]
    """
    weights = loss_weights(chunk)
    steps = weights.shape[0]
    length = length or steps
    per_step = weights.reshape(steps, -1).sum(-1)
    return jnp.pad(per_step, (0, -steps % length)).reshape(-1, length).sum(-1)


def window_mean(chunk: Chunk, length: int) -> Chunk:
    """Return the chunk with weights that sum to 1 in each window in which something counts.

    Shapes: unchanged; length k1, 0 for the whole chunk.

        >>> window_mean(Chunk(jnp.ones((3, 1, 1)), None), 2).weights[:, 0].tolist()
        [0.5, 0.5, 1.0]
    """
    weights = loss_weights(chunk)
    steps = weights.shape[0]
    totals = _at_least(window_counts(chunk, length))
    totals = jnp.repeat(totals, length or steps)[:steps]
    return chunk._replace(weights=weights / totals.reshape((-1,) + (1,) * (weights.ndim - 1)))
