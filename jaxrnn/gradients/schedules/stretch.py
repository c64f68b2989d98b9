"""Stretches of a chunk, taken where they are needed.

As inputs of a scan over segments they would be copied, and kept for the way back besides.
"""

from typing import Any

import jax
from jax import Array

from jaxrnn.gradients.problem import Chunk, windows
from jaxrnn.randomness import map_clocks, tick

__all__ = ["stretch", "whole", "without_padding"]


def whole(chunk: Chunk, length: int) -> Chunk:
    """Pad a chunk to a multiple of `length` with steps that don't exist.

    Shapes: leaves `[T, ...]` become `[ceil(T / length) * length, ...]`.

        >>> import jax.numpy as jnp
        >>> whole(Chunk(jnp.ones((5, 3)), None), 4).mask.astype(int).tolist()
        [1, 1, 1, 1, 1, 0, 0, 0]
    """
    if chunk.xs.shape[0] % length == 0:
        return chunk
    return jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), windows(chunk, length))


def stretch(chunk: Chunk, start: Array | int, length: int) -> Chunk:
    """Return `length` steps from `start` on, which may be traced.

    Shapes: leaves `[T, ...]` become `[length, ...]`.

        >>> import jax.numpy as jnp
        >>> stretch(Chunk(jnp.arange(8.0)[:, None], None), 3, 2).xs.tolist()
        [[3.0], [4.0]]
    """
    return jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, start, length), chunk)


def without_padding(state: Any, losses: Array, steps: int) -> tuple[Any, Array]:
    """Take the padded tail of a run away: its losses, and the time that its clocks counted.

    Shapes: losses `[n, length]`, result `[T]` with T = steps; the state's own.

        >>> import jax.numpy as jnp
        >>> without_padding({"h": 1.0}, jnp.ones((2, 4)), 7)[1].shape
        (7,)
    """
    extra = losses.size - steps
    if extra:
        state = map_clocks(lambda clock: tick(clock, -extra), state)
    return state, jax.lax.slice_in_dim(losses.reshape(-1), 0, steps)
