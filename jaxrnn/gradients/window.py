"""What all truncations share: two lengths, and which losses of a window are its own."""

from typing import Any

import jax.numpy as jnp

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk
from jaxrnn.numerics import float_dtype

__all__ = ["check_lengths", "explicit", "only_newest"]


def check_lengths(method: Any, forward: str, backward: str) -> None:
    """Check the two lengths of a frozen dataclass, and make them Python ints.

    Shapes: none.
    Raises: TypeError if one is no integer; ValueError below 1, or if the gradient would be shorter
    than the steps between two of them.

        >>> from jaxrnn.gradients import tbptt
        >>> check_lengths(tbptt(2, 4), "k1", "k2")
    """
    owner = type(method).__name__
    for name in (forward, backward):
        object.__setattr__(method, name, as_positive_int(owner, name, getattr(method, name)))
    k1, k2 = getattr(method, forward), getattr(method, backward)
    if k2 < k1:
        raise ValueError(
            f"{owner}: {backward}={k2} is smaller than {forward}={k1}: the losses of {k1} steps "
            f"need a gradient over at least as many. Use {backward} >= {forward}; it could mean "
            "that the first losses of a window have no recurrent gradient, or that every loss "
            f"is cut {k2} steps before the window's end, and neither is done silently."
        )


def explicit(chunk: Chunk) -> Chunk:
    """Write out weights and mask, so that steps that don't exist can be told apart.

    Shapes: weights and mask `[T, *batch]`.

        >>> explicit(Chunk(jnp.ones((5, 2, 3)), None)).mask.shape
        (5, 2)
    """
    shape = chunk.xs.shape[:-1]
    weights = (
        jnp.ones(shape, float_dtype(chunk.xs.dtype)) if chunk.weights is None else chunk.weights
    )
    mask = jnp.ones(shape, bool) if chunk.mask is None else chunk.mask
    return chunk._replace(weights=weights, mask=mask)


def only_newest(window: Chunk, count: int) -> Chunk:
    """Weigh only the last `count` losses: those before have been counted.

    Shapes: window `[k2, *batch, ...]` with weights; the result the same.

        >>> only_newest(explicit(Chunk(jnp.ones((4, 3)), None)), 1).weights.tolist()
        [0.0, 0.0, 0.0, 1.0]
    """
    weights = window.weights
    assert weights is not None  # explicit
    steps = weights.shape[0]
    newest = (jnp.arange(steps) >= steps - count).reshape((-1,) + (1,) * (weights.ndim - 1))
    return window._replace(weights=jnp.where(newest, weights, 0))
