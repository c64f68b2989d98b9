"""What every method that goes forward in time does alike: one step at a time, and no surprise."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.gradients.problem import Chunk, Params
from jaxrnn.numerics import state_dtype

__all__ = ["add_wide", "each_step", "like", "refuse_bytes", "wide_zeros"]

Step = Callable[[Any, Chunk, Array | None], tuple[Any, Array, Params]]


def each_step(
    step: Step, params: Params, memory: Any, chunk: Chunk, key: Array | None
) -> tuple[Any, Array, Params]:
    """Walk through a chunk: `memory, loss, grads = step(memory, part, key_t)`, grads summed.

    Each `part` is a `Chunk` of one step, so that mask, resets and weights keep their meaning.

    Shapes: chunk `[T, *batch, ...]`; part `[1, *batch, ...]`; loss `[1]`; result losses `[T]`.

        >>> def step(memory, part, key):
        ...     return memory + 1, part.xs.sum((1, 2)), Params(part.xs.sum(), None)
        >>> chunk = Chunk(jnp.ones((5, 2, 3)), None)
        >>> memory, losses, grads = each_step(step, Params(jnp.float32(0), None), 0, chunk, None)
        >>> int(memory), losses.shape, float(grads.cell)
        (5, (5,), 30.0)
    """
    steps = chunk.xs.shape[0]
    keys = None if key is None else jax.random.split(key, steps)
    parts = jax.tree.map(lambda leaf: leaf[:, None], chunk)

    def body(carry: Any, inputs: Any) -> tuple[Any, Array]:
        memory, total = carry
        part, part_key = inputs
        memory, loss, grads = step(memory, part, part_key)
        return (memory, add_wide(total, grads)), loss[0]

    (memory, grads), losses = jax.lax.scan(body, (memory, wide_zeros(params)), (parts, keys))
    return memory, losses, like(params, grads)


def wide_zeros(params: Any) -> Any:
    """Return zeros to sum gradients in, float32 or wider: many small terms vanish in bfloat16.

    Shapes: those of params.

        >>> wide_zeros(jnp.ones(2, jnp.bfloat16)).dtype
        dtype('float32')
    """
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, state_dtype(leaf.dtype)), params)


def add_wide(total: Any, grads: Any) -> Any:
    """Add gradients to a sum that may be wider than they are.

    Shapes: two trees of one structure and of the same shapes.

        >>> add_wide(jnp.zeros(2), jnp.ones(2, jnp.bfloat16)).dtype
        dtype('float32')
    """
    return jax.tree.map(lambda a, b: a + b.astype(a.dtype), total, grads)


def like(params: Any, grads: Any) -> Any:
    """Return gradients in the dtypes of params.

    Shapes: two trees of one structure and of the same shapes.

        >>> like(jnp.ones(2, jnp.bfloat16), jnp.ones(2)).dtype
        dtype(bfloat16)
    """
    return jax.tree.map(lambda a, b: b.astype(a.dtype), params, grads)


def refuse_bytes(owner: str, what: str, size: int, limit: int, instead: str) -> None:
    """Refuse a memory of `size` bytes before it is allocated.

    Shapes: none; size and limit in bytes.
    Raises: ValueError above the limit, with the number and what to use instead.

        >>> refuse_bytes("rtrl", "the influence matrix", 1000, 2000, "snap(1)")
    """
    if size > limit:
        raise ValueError(
            f"{owner}: {what} would take {size / 2**20:,.1f} MiB ({size:,} bytes), above "
            f"max_bytes={limit:,}. Use {instead}, or raise max_bytes."
        )
