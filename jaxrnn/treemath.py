"""Selection on whole states: padding, resets and held states never multiply, they select."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.randomness import is_clock

__all__ = ["map_numbers", "select", "select_or_zero", "split_floats"]


def map_numbers(function: Callable[[Array], Array], tree: Any) -> Any:
    """Apply `function` to every leaf that isn't part of a clock: clocks have no batch axes.

    Shapes: leaves as the function makes them.

        >>> map_numbers(lambda a: a[None], jnp.ones(3)).shape
        (1, 3)
    """
    return jax.tree.map(lambda a: a if is_clock(a) else function(a), tree, is_leaf=is_clock)


def split_floats(tree: Any) -> tuple[list[Array], Callable[[Sequence[Array]], Any]]:
    """Return the floating leaves of a tree, and a function that puts others in their place.

    What can be differentiated is apart from what can't: keys, counts of steps, other integers.

    Shapes: unchanged.

        >>> floats, join = split_floats({"h": jnp.ones(2), "steps": jnp.int32(3)})
        >>> len(floats), join([jnp.zeros(2)])["steps"].item()
        (1, 3)
    """
    leaves, structure = jax.tree.flatten(tree)
    floating = [jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in leaves]

    def join(floats: Sequence[Array]) -> Any:
        given = iter(floats)
        parts = zip(leaves, floating, strict=True)
        return structure.unflatten([next(given) if yes else leaf for leaf, yes in parts])

    return [leaf for leaf, yes in zip(leaves, floating, strict=True) if yes], join


def _aligned(condition: Array, leaf: Array) -> Array:
    """Append axes to `condition` `[*batch]` until it lines up with `leaf` `[*batch, ...]`."""
    return condition.reshape(condition.shape + (1,) * (leaf.ndim - condition.ndim))


def select(condition: Array, new: Any, old: Any) -> Any:
    """Return `new` where the condition holds, else `old`; clocks are always the new ones.

    Shapes: condition `[*batch]`; every other leaf of both trees `[*batch, ...]`.

        >>> print(select(jnp.array([True, False]), jnp.ones((2, 2)), jnp.zeros((2, 2))))
        [[1. 1.]
         [0. 0.]]
    """

    def pick(a: Any, b: Any) -> Any:
        return a if is_clock(a) else jnp.where(_aligned(condition, a), a, b)

    return jax.tree.map(pick, new, old, is_leaf=is_clock)


def select_or_zero(condition: Array, tree: Any) -> Any:
    """Return `tree` where the condition holds, else 0; clocks are left as they are.

    Shapes: condition `[*batch]`; every other leaf `[*batch, ...]`.

        >>> print(select_or_zero(jnp.array([True, False]), jnp.array([jnp.nan, jnp.nan])))
        [nan  0.]
    """

    def pick(a: Any) -> Any:
        return a if is_clock(a) else jnp.where(_aligned(condition, a), a, jnp.zeros_like(a))

    return jax.tree.map(pick, tree, is_leaf=is_clock)
