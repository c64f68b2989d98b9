"""The reference driver: a pure cell over a sequence, by one `jax.lax.scan` or an engine like it."""

from functools import partial
from typing import Any

import jax
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.drivers.ragged import check_padding, hold_last
from jaxrnn.drivers.retrace import note_trace
from jaxrnn.drivers.walk import checked, resolved
from jaxrnn.engines import AUTO, Engine, Walk, choose, find_engine
from jaxrnn.treemath import map_numbers

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
    engine: str | Engine = AUTO,
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
        engine: what computes it: "auto", "scan" (one `jax.lax.scan`, every derivative),
            "compiled" (C++ kernels on the CPU), or an `Engine`; `jaxrnn.explain` says which.
    Returns: (state after the last valid step, ys).
    Raises: TypeError and ValueError naming the argument, what was expected and what came.

        >>> from jaxrnn import GRU
        >>> cell = GRU(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> xs = jax.numpy.ones((5, 2, 3))
        >>> state, ys = scan(cell, params, None, xs, lengths=jax.numpy.array([5, 2]))
        >>> ys.shape, bool((state.h[1] == ys[1, 1]).all()), float(abs(ys[2:, 1]).sum())
        ((5, 2, 2), True, 0.0)
    """
    check_padding("scan", padding)
    asked = find_engine("scan", engine)
    walk, batched = checked(
        "scan", cell, params, state, xs, lengths=lengths, mask=mask, resets=resets,
        reverse=reverse, unroll=unroll,
    )  # fmt: skip
    state, ys = _run(
        cell, asked, reverse, walk.unroll, padding, walk.params, walk.state, walk.xs, walk.valid,
        walk.starts,
    )  # fmt: skip
    if not batched:
        return map_numbers(lambda a: a[0], state), map_numbers(lambda a: a[:, 0], ys)
    return state, ys


# jitted so that a second eager call with the same shapes neither traces nor compiles
@partial(jax.jit, static_argnums=(0, 1, 2, 3, 4))
def _run(
    cell: Cell, asked: Engine | None, reverse: bool, unroll: int, padding: str, params: Any,
    state: Any, xs: Array, valid: Array | None, starts: Array | None,
) -> tuple[Any, Any]:  # fmt: skip
    note_trace(cell, xs.shape[0])
    walk = resolved(Walk(cell, params, state, xs, valid, starts, None, reverse, unroll))
    state, ys = choose("scan", asked, walk).run(walk)
    if padding == "hold" and valid is not None:
        ys = hold_last(ys, valid, reverse)
    return state, ys
