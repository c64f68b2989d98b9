"""The same sequence by `jax.lax.scan`, which has every derivative; the kernels are copies of it."""

from typing import Any

import jax
from jax import Array

from jaxrnn import cells
from jaxrnn.native.call import Call, Flags, Floats
from jaxrnn.treemath import select, select_or_zero

__all__ = ["scan", "scan_back"]


def _cell(call: Call, floats: Floats) -> tuple[Any, Any, Any, Any]:
    """Return (cell, params, state, the state that starts replace it by)."""
    f, hidden = floats, floats.h0.shape[-1]
    if call.kind.name == "lstm":
        params = cells.LSTMParams(f.w_x, f.w_h, f.b)
        state, anew = cells.LSTMState(f.h0, f.c0), cells.LSTMState(f.anew_h, f.anew_c)  # type: ignore
        return cells.LSTM(hidden), params, state, anew
    if call.kind.name == "gru":
        params = cells.GRUParams(f.w_x, f.w_h, f.b, f.b_hn)
        return cells.GRU(hidden), params, cells.GRUState(f.h0), cells.GRUState(f.anew_h)  # type: ignore
    params = cells.ElmanParams(f.w_x, f.w_h, f.b)
    return cells.Elman(hidden), params, cells.ElmanState(f.h0), cells.ElmanState(f.anew_h)  # type: ignore


def scan(call: Call, floats: Floats, flags: Flags) -> Any:
    """Return ((h, c), ys) as `jaxrnn.native.call.forward` does.

    Shapes: as in `Floats` and `Flags`.

        >>> scan.__name__
        'scan'
    """
    cell, params, state, anew = _cell(call, floats)
    xs = floats.xs if flags.valid is None else select_or_zero(flags.valid, floats.xs)

    def body(state: Any, inputs: Any) -> tuple[Any, Array]:
        u, ok, start = inputs
        if start is not None:
            state = select(~start, state, anew)
        new, y = cell.step(params, state, u)
        if ok is not None:
            new, y = select(ok, new, state), select_or_zero(ok, y)
        return new, y

    us = cell.project(params, xs)
    state, ys = jax.lax.scan(body, state, (us, *flags), reverse=call.reverse)
    return (state.h, state.c if call.kind.has_c else None), ys


def scan_back(call: Call, want_xs: bool, floats: Floats, flags: Flags, cotangents: Any) -> Floats:
    """Return the gradients of `floats` as `jaxrnn.native.call.back` does.

    Shapes: as in `jaxrnn.native.call.back`.

        >>> scan_back.__name__
        'scan_back'
    """
    _, transpose = jax.vjp(lambda floats: scan(call, floats, flags), floats)
    (gradients,) = transpose(cotangents)
    return gradients if want_xs else gradients._replace(xs=None)
