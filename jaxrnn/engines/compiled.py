"""The compiled CPU engine: kernels for three cells, whole sequences at a time."""

import dataclasses
import math
from typing import Any

import jax
from jax import Array

from jaxrnn.cells import GRU, LSTM, Elman, ElmanState, GRUState, LSTMState
from jaxrnn.engines.engine import Walk
from jaxrnn.numerics import jax_option

__all__ = ["COMPILED", "Compiled"]


@dataclasses.dataclass(frozen=True)
class Compiled:
    """C++ kernels for `LSTM`, `GRU` and `Elman` in float32 on the CPU, forward and backward.

    Reverse mode is compiled, and its derivative goes through `jax.lax.scan`; forward mode raises a
    TypeError that names `engine=scan`. Nothing is loaded before it is asked for. The batch of an
    array that is spread over several devices is not split.

    Shapes: those of `Walk`.

        >>> COMPILED.name
        'compiled'
    """

    name = "compiled"
    why = "C++ kernels for LSTM, GRU and Elman in float32 on the CPU, without forward mode"

    def refuses(self, walk: Walk) -> str | None:
        """Return why it cannot run this walk; None if it can."""
        from jaxrnn import native  # it leans on parts of JAX that nothing else needs

        if (reason := native.absent()) is not None:
            return reason
        if (platform := _platform()) != "cpu":
            return f"it runs on the CPU, and JAX's default device is a {platform}"
        if (reason := _unlike(walk.cell)) is not None:
            return reason
        floats = jax.tree.leaves((walk.params, walk.state, walk.xs, walk.anew))
        if others := sorted({str(leaf.dtype) for leaf in floats} - {"float32"}):
            return f"it computes in float32, and there is {', '.join(others)}"
        if any(getattr(jax.typeof(leaf), "vma", None) for leaf in floats):
            return "it does not run inside jax.shard_map"
        return None

    def run(self, walk: Walk) -> tuple[Any, Any]:
        """Return (state, ys)."""
        merged, batch = _one_batch_axis(walk)
        state, ys = _RUNS[type(walk.cell)](merged)
        state = jax.tree.map(lambda a: a.reshape(*batch, a.shape[-1]), state)
        return state, ys.reshape(ys.shape[0], *batch, ys.shape[-1])


def _platform() -> str:
    """Return where JAX puts arrays now, such as "cpu"."""
    device = jax_option("jax_default_device")
    if isinstance(device, str):
        return device
    return jax.default_backend() if device is None else device.platform


def _unlike(cell: Any) -> str | None:
    """Return what there is no kernel for."""
    if type(cell) not in _RUNS:
        return f"it has kernels for Elman, GRU and LSTM, not for {type(cell).__name__}"
    if isinstance(cell, LSTM) and (cell.proj_size or cell.peephole or cell.coupled):
        return "it has no kernel for an LSTM with proj_size, peephole or coupled"
    if isinstance(cell, Elman) and cell.activation != "tanh":
        return f"it has a kernel for an Elman with tanh, not with {cell.activation}"
    return None


def _one_batch_axis(walk: Walk) -> tuple[Walk, tuple[int, ...]]:
    """Return the walk with all batch axes as one, and what they were."""
    batch = walk.xs.shape[1:-1]
    rows = math.prod(batch)

    def merged(a: Array, axes: int) -> Array:
        return a.reshape(*a.shape[:axes], rows, *a.shape[axes + len(batch) :])

    state, anew = jax.tree.map(lambda a: merged(a, 0), (walk.state, walk.anew))
    xs, valid, starts = jax.tree.map(lambda a: merged(a, 1), (walk.xs, walk.valid, walk.starts))
    return walk._replace(state=state, anew=anew, xs=xs, valid=valid, starts=starts), batch


def _options(walk: Walk, anew: Any) -> dict[str, Any]:
    return {
        "valid": walk.valid, "starts": walk.starts, "anew": None if walk.starts is None else anew,
        "reverse": walk.reverse,
    }  # fmt: skip


def _lstm(walk: Walk) -> tuple[LSTMState, Array]:
    from jaxrnn import native

    p, s = walk.params, walk.state
    anew = None if walk.anew is None else tuple(walk.anew)
    (h, c), ys = native.lstm(p.w_x, p.w_h, p.b, s.h, s.c, walk.xs, **_options(walk, anew))
    return LSTMState(h, c), ys


def _gru(walk: Walk) -> tuple[GRUState, Array]:
    from jaxrnn import native

    p, anew = walk.params, None if walk.anew is None else walk.anew.h
    h, ys = native.gru(p.w_x, p.w_h, p.b, p.b_hn, walk.state.h, walk.xs, **_options(walk, anew))
    return GRUState(h), ys


def _elman(walk: Walk) -> tuple[ElmanState, Array]:
    from jaxrnn import native

    p, anew = walk.params, None if walk.anew is None else walk.anew.h
    h, ys = native.elman(p.w_x, p.w_h, p.b, walk.state.h, walk.xs, **_options(walk, anew))
    return ElmanState(h), ys


_RUNS = {LSTM: _lstm, GRU: _gru, Elman: _elman}

COMPILED = Compiled()
