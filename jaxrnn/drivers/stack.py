"""Depth by nested scans: one scan over layers whose body is a scan over time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import describe, sequence
from jaxrnn.cell import Cell
from jaxrnn.checks import as_cell, as_rate, check_unroll
from jaxrnn.drivers.ragged import check_padding, reset_steps, valid_steps
from jaxrnn.drivers.scan import scan
from jaxrnn.engines import AUTO, Engine, find_engine
from jaxrnn.randomness import Clock, is_clock
from jaxrnn.randomness import dropout as drop

__all__ = ["Driver", "stack"]

Driver = Callable[..., tuple[Any, Any]]  # `scan`, `bidirectional`, or one of the same signature


def stack(
    cell: Cell | tuple[Cell, ...],
    params: Any,
    state: Any,
    xs: Array,
    *,
    lengths: Any = None,
    mask: Any = None,
    resets: Any = None,
    unroll: int = 1,
    padding: str = "zero",
    engine: str | Engine = AUTO,
    layer: Driver = scan,
    dropout: float = 0.0,
    clock: Clock | None = None,
) -> tuple[Any, Array]:
    """Run layers over a sequence, the outputs of each being the inputs of the next.

        xs = layer(cell, params[l], state[l], dropout(xs))            # l = 0 .. L-1

    One cell with params stacked over layers, leaves `[L, ...]`, is one `jax.lax.scan` over layers
    whose body is the scan over time, so compile time does not grow with depth. Cells of different
    kind or size are given as a tuple, with tuples of params and states, and run one by one.

    Shapes: xs `[T, *batch, D]`; ys `[T, *batch, H]`, of the last layer; stacked state leaves
    `[L, *batch, ...]`; lengths int `[*batch]`; mask and resets bool `[T, *batch]`.
    Args:
        cell, params, state: one cell with stacked params and state, which needs outputs as wide as
            inputs, or tuples of equal length; state None is each layer's own initial state.
        lengths, mask, resets, unroll, padding, engine: as for `scan`.
        layer: what runs one layer, `scan` or `bidirectional` (then params and states are
            `Directions`).
        dropout: rate on the *input* of every layer, a new mask at each step (equal layers only).
        clock: draws those masks; without a key in it there is no dropout.
    Returns: (states of all layers, ys of the last).
    Raises: ValueError if dropout is set with a tuple of cells, widths don't fit or params are not
    stacked alike; the others as `scan`.

        >>> from jaxrnn import GRU
        >>> cell = GRU(3)
        >>> params = jax.vmap(lambda key: cell.init(key, 3))(jax.random.split(jax.random.key(0), 5))
        >>> state, ys = stack(cell, params, None, jnp.ones((4, 2, 3)))
        >>> ys.shape, state.h.shape
        ((4, 2, 3), (5, 2, 3))
    """
    unroll = check_unroll("stack", unroll)
    check_padding("stack", padding)
    rate = as_rate("stack", "dropout", dropout)
    _check_layer_and_clock(layer, clock)
    xs = sequence("stack", xs, params)
    steps, batch = xs.shape[0], xs.shape[1:-1]
    valid = valid_steps("stack", lengths, mask, steps, batch)
    reset_steps("stack", resets, valid, steps, batch, False)
    asked = find_engine("stack", engine) or AUTO
    options = _options(valid, resets, unroll, padding, asked)
    if not isinstance(cell, tuple | list):
        as_cell("stack", cell)
        _check_stacked(params, state)
        return _run(
            cell, params, state, xs, valid, resets, unroll, padding, asked, layer, rate, clock
        )
    if not len(cell) == len(params) == (len(cell) if state is None else len(state)):
        raise ValueError(
            f"stack: {len(cell)} cells need as many params and states, got {len(params)} params"
            + ("." if state is None else f" and {len(state)} states.")
        )
    if rate > 0:
        raise ValueError(
            "stack: dropout acts between equal layers, one cell with stacked params. Wrap cells of "
            "a tuple in jaxrnn.Dropout instead."
        )
    states = []
    for one, p, s in zip(cell, params, state or [None] * len(cell), strict=True):
        s, xs = layer(one, p, s, xs, **options)
        states.append(s)
    return tuple(states), xs


def _options(
    valid: Array | None, resets: Any, unroll: int, padding: str, engine: str | Engine
) -> dict[str, Any]:
    """Return the options of a layer; a driver of one's own may know no engines."""
    asked = {} if engine == AUTO else {"engine": engine}
    return {"mask": valid, "resets": resets, "unroll": unroll, "padding": padding, **asked}


def _check_layer_and_clock(layer: Any, clock: Any) -> None:
    if not callable(layer):
        raise TypeError(
            f"stack: layer should be a driver such as jaxrnn.scan or jaxrnn.bidirectional, got "
            f"{type(layer).__name__} ({layer!r}). Pass the function itself."
        )
    if clock is not None and not is_clock(clock):
        raise TypeError(
            f"stack: clock should be a Clock(key, t), got {type(clock).__name__}. "
            "Make one with jaxrnn.randomness.Clock(key, jnp.int32(0))."
        )


def _check_stacked(params: Any, state: Any) -> None:
    sizes = {leaf.shape[:1] for leaf in jax.tree.leaves(params)}
    if len(sizes) > 1 or () in sizes:
        shown = ", ".join(str(size) for size in sorted(sizes))
        raise ValueError(
            f"stack: params of one cell should be stacked over layers, [L, ...] on every leaf, got "
            f"leading axes {shown}. Stack them with jax.tree.map(lambda *p: jnp.stack(p), ...), "
            "or pass tuples of cells, params and states."
        )
    states = {leaf.shape[:1] for leaf in jax.tree.leaves(state) if hasattr(leaf, "shape")}
    if states - sizes:
        raise ValueError(
            f"stack: state should be stacked over layers like params, [L, ...] on every leaf with "
            f"L={max(sizes, default=(0,))[0]}, got leading axes {sorted(states)}."
        )


@partial(jax.jit, static_argnums=(0, 6, 7, 8, 9, 10))
def _run(
    cell: Cell, params: Any, state: Any, xs: Array, valid: Array | None, resets: Array | None,
    unroll: int, padding: str, engine: str | Engine, layer: Driver, rate: float,
    clock: Clock | None,
) -> tuple[Any, Array]:  # fmt: skip
    layers = jax.tree.leaves(params)[0].shape[0] if jax.tree.leaves(params) else 0
    options = _options(valid, resets, unroll, padding, engine)

    def body(xs: Array, inputs: Any) -> tuple[Array, Any]:
        p, s, index = inputs
        dropped = _dropout_between(xs, rate, clock, index)
        s, ys = layer(cell, p, s, dropped, **options)
        _check_width(ys, xs)
        return ys, s

    ys, states = jax.lax.scan(body, xs, (params, state, jnp.arange(layers)))
    return states, ys


def _check_width(ys: Any, xs: Array) -> None:
    """Check that the outputs of a layer can be the inputs of the next equal one."""
    if getattr(ys, "shape", None) != xs.shape:
        got = f"{ys.shape[-1]} from {xs.shape[-1]}" if hasattr(ys, "shape") else describe(ys)
        raise ValueError(
            f"stack: layers of one cell need outputs as wide as inputs, got {got}. Pass tuples of "
            "cells, params and states instead; only the last of them may return more than an array."
        )


def _dropout_between(xs: Array, rate: float, clock: Clock | None, layer: Array) -> Array:
    """Drop entries of a layer's input: one key for each layer and absolute time step."""
    if clock is None or clock.key is None or rate == 0:
        return xs
    key = jax.random.fold_in(clock.key, layer)
    times = clock.t + jnp.arange(xs.shape[0], dtype=jnp.int32)
    return jax.vmap(lambda x, t: drop(x, rate, jax.random.fold_in(key, t)))(xs, times)
