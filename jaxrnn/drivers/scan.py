"""The reference driver: one `jax.lax.scan` over a pure cell. It is the definition of correct."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import as_state, check_params, sequence
from jaxrnn.cell import Cell
from jaxrnn.cells.embedded import vocabulary_of
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_bool, as_cell, check_unroll
from jaxrnn.drivers.advance import advance
from jaxrnn.drivers.ragged import check_padding, hold_last, reset_steps, valid_steps
from jaxrnn.drivers.retrace import note_trace
from jaxrnn.randomness import at_time, clocks
from jaxrnn.treemath import map_numbers, select, select_or_zero

__all__ = ["scan"]


def scan(
    cell: Cell,
    params: Any,
    state: Any,
    xs: Array,
    *,
    lengths: Any = None,
    mask: Any = None,
    resets: Any = None,
    reverse: bool = False,
    unroll: int = 1,
    padding: str = "zero",
) -> tuple[Any, Any]:
    """Run a cell over a sequence.

        us = cell.project(params, xs)                                 # for all t at once
        state, ys[t] = cell.step(params, state, us[t])                # t = 0 .. T-1

    With `lengths` or `mask` a padded sequence gives exactly what the unpadded one gives: in
    padding the state is held, `ys` is 0, and gradients are 0 whatever stands there, NaN included.
    `reverse` walks from the last valid step to the first; `ys[t]` still belongs to `xs[t]`.

    Shapes: xs `[T, *batch, D]`, normally `[T, B, D]`, `[T, D]` without a batch; state leaves
    `[*batch, ...]`; ys `[T, *batch, H]`; lengths int `[*batch]`; mask and resets bool
    `[T, *batch]`.
    Args:
        cell: any `Cell`. params: its params.
        state: the state before the first step in the direction of travel; None is
            `cell.init_state(params, batch)`.
        lengths: valid steps of each row; 0 returns the initial state.
        mask: which steps are valid; it may have holes.
        resets: True at the first step of a segment: the state starts anew there.
        reverse: from the end to the start.
        unroll: steps per loop body; faster at small sizes, slower to compile.
        padding: "zero", or "hold" to repeat the last valid output.
    Returns: (state after the last valid step, ys).
    Raises: TypeError and ValueError naming the argument, what was expected and what came.

        >>> from jaxrnn import GRU
        >>> cell = GRU(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> xs = jnp.ones((5, 2, 3))
        >>> state, ys = scan(cell, params, None, xs, lengths=jnp.array([5, 2]))
        >>> ys.shape, bool((state.h[1] == ys[1, 1]).all()), float(abs(ys[2:, 1]).sum())
        ((5, 2, 2), True, 0.0)
    """
    as_cell("scan", cell)
    as_bool("scan", "reverse", reverse)
    unroll = check_unroll("scan", unroll)
    check_padding("scan", padding)
    xs = sequence("scan", xs, params, ids=vocabulary_of(cell) > 0)
    steps, batch = xs.shape[0], xs.shape[1:-1]
    check_params("scan", cell, params, xs, lambda: cell.project(params, xs))
    state = as_state("scan", state, xs, lambda: cell.init_state(params, batch))
    valid = valid_steps("scan", lengths, mask, steps, batch)
    starts = reset_steps("scan", resets, valid, steps, batch, reverse)
    if not batch:  # a batch of one, so that both give the same bits
        xs = xs[:, None]
        valid, starts = (None if a is None else a[:, None] for a in (valid, starts))
        state = map_numbers(lambda a: a[None], state)
    unroll = min(unroll, max(steps, 1))
    state, ys = _run(cell, params, state, xs, valid, starts, reverse, unroll, padding)
    if not batch:
        return map_numbers(lambda a: a[0], state), map_numbers(lambda a: a[:, 0], ys)
    return state, ys


# jitted so that a second eager call with the same shapes neither traces nor compiles
@partial(jax.jit, static_argnums=(0, 6, 7, 8))
def _run(
    cell: Cell, params: Any, state: Any, xs: Array, valid: Array | None, starts: Array | None,
    reverse: bool, unroll: int, padding: str,
) -> tuple[Any, Any]:  # fmt: skip
    steps, batch = xs.shape[0], xs.shape[1:-1]
    note_trace(cell, steps)
    cell, params = resolve(cell, params)
    if valid is not None:
        xs = select_or_zero(valid, xs)
    us = cell.project(params, xs)
    first = state
    timed = reverse and clocks(state)
    times = jnp.arange(steps, dtype=jnp.int32) if timed else None

    anew = None if starts is None else cell.init_state(params, batch)

    def body(state: Any, inputs: Any) -> tuple[Any, Any]:
        u, ok, start, t = inputs
        if timed:
            state = at_time(state, first, t)
        if start is not None:
            # clocks are the running state's: absolute time goes on at a reset
            state = select(~start, state, anew)
        new, y = advance(cell, params, state, u)
        if ok is not None:
            new, y = select(ok, new, state), select_or_zero(ok, y)
        return new, y

    state, ys = jax.lax.scan(
        body, state, (us, valid, starts, times), reverse=reverse, unroll=unroll
    )
    if timed:
        state = at_time(state, first, jnp.int32(steps))
    if padding == "hold" and valid is not None:
        ys = hold_last(ys, valid, reverse)
    return state, ys
