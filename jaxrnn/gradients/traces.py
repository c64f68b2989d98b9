"""Unit-wise traces: forward gradients at the cost of the params, for steps that keep units apart.

    e_t = A_t e_{t-1} + I_t          A_t, I_t = d s_t / d s_{t-1}, d s_t / d params, unit by unit
    grad_t = dl_t/d params at constant s_{t-1}  +  (dl_t / d s_{t-1}) e_{t-1}

A unit is one index of the hidden axis, with all its state fields. What a method keeps of A is said
by its `Watched` view of the cell: detached, the recurrent product's past is dropped.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.split_checks import check_split, refuse, structs, tried
from jaxrnn.gradients.steps import each_step
from jaxrnn.gradients.watch import (
    Watched,
    Weights,
    advance,
    has_matrix,
    leaves_beside,
    local_gradient,
)
from jaxrnn.treemath import split_floats

__all__ = ["TracedMemory", "Traces", "first_traces", "traced_step", "walk"]


class Traces(NamedTuple):
    """d state / d params for F state fields; a leaf of n*H params, `[rows, blocks, H]`, has n."""

    w_x: Array  # [F, *batch, D, G, H]
    w_h: Array | None  # [F, *batch, H, G, H], None without a recurrent matrix
    rest: list[Array]  # [F, *batch, 1, blocks, H] for every other leaf


class TracedMemory(NamedTuple):
    """What a method with unit-wise traces keeps: the state, and how it depends on the params."""

    state: Any
    traces: Traces


def first_traces(
    owner: str, view: Watched, params: Any, state: Any, chunk: Chunk, instead: str
) -> Traces:
    """Check that the view of a cell keeps units apart, and return traces of zeros.

    Shapes: chunk `[T, *batch, ...]`; params the cell's, leaves `[..., k*H]`; state `[*batch, H]`.
    Raises: TypeError naming the method, the cell, why it doesn't fit, and what to use `instead`.

        >>> from jaxrnn import LSTM
        >>> params, chunk = LSTM(2).init(jax.random.key(0), 3), Chunk(jnp.ones((5, 4, 3)), None)
        >>> state = LSTM(2).init_state(params, 4)
        >>> first_traces("eprop", Watched(LSTM(2), True), params, state, chunk, "bptt()").w_x.shape
        (2, 4, 3, 4, 2)
    """
    batch = chunk.xs.shape[1:-1]
    pair = jax.eval_shape(lambda params: view.cell.init_state(params, (2,)), params)
    check_split(owner, view.cell, params, pair, instead)
    fields = split_floats(state)[0]
    hidden = fields[0].shape[-1]
    rest = leaves_beside(params)[0]
    blocked = all(a.ndim and a.shape[-1] % hidden == 0 for a in (params.w_x, *rest))
    if (
        any(a.shape != (*batch, hidden) or a.dtype != fields[0].dtype for a in fields)
        or not blocked
    ):
        raise refuse(
            owner, "needs state fields of one width H and params of blocks of H", view.cell, instead
        )
    if not _units_apart(view, structs((params, pair))):
        kept = "an update" if view.detached else "a step"
        raise refuse(owner, f"needs {kept} in which each unit sees only itself", view.cell, instead)

    def zeros(rows: int, leaf: Array) -> Array:
        shape = (len(fields), *batch, rows, leaf.size // (rows * hidden), hidden)
        return jnp.zeros(shape, fields[0].dtype)

    w_h = zeros(len(params.w_h), params.w_h) if has_matrix(params, "w_h") else None
    return Traces(zeros(len(params.w_x), params.w_x), w_h, [zeros(1, leaf) for leaf in rest])


def traced_step(
    problem: Problem, view: Watched, params: Params, state: Any, traces: Traces, part: Chunk,
    signal: Callable[[Any], Any] = lambda signal: signal,
) -> tuple[Any, Traces, Array, Params]:  # fmt: skip
    """Take one step: (state, traces, loss `[1]`, gradient); `signal` replaces dl_t/dy_t.

    Shapes: part `[1, *batch, ...]`; the rest unchanged.

        >>> from jaxrnn import GRU
        >>> problem = Problem(GRU(2), lambda head, ys, targets: ys.sum(-1))
        >>> view, params = Watched(GRU(2), True), Params(GRU(2).init(jax.random.key(0), 3), None)
        >>> state, part = GRU(2).init_state(params.cell, 4), Chunk(jnp.ones((1, 4, 3)), None)
        >>> traces = first_traces("eprop", view, params.cell, state, part, "bptt()")
        >>> traced_step(problem, view, params, state, traces, part)[3].cell.w_h.shape
        (2, 6)
    """
    local = local_gradient(problem, view, params, state, part, signal)
    back = jnp.stack(local.back)
    grads = _add_past(local.grads.cell, back, traces)

    jacobian, by_u, by_r, *by_rest = _by_blocks(view, params.cell, state, part)
    one = jnp.ones((*part.xs.shape[1:-1], 1), back.dtype)
    w_h = traces.w_h
    traces = Traces(
        _advanced(traces.w_x, jacobian, by_u, local.x),
        None if w_h is None or local.h is None else _advanced(w_h, jacobian, by_r, local.h),
        [_advanced(e, jacobian, by, one) for e, by in zip(traces.rest, by_rest, strict=True)],
    )
    return local.state, traces, local.losses, local.grads._replace(cell=grads)


def walk(
    problem: Problem, view: Watched, params: Params, memory: Any, chunk: Chunk,
    signal: Callable[[Any], Any] = lambda signal: signal,
) -> tuple[Any, Array, Params]:  # fmt: skip
    """Walk through a chunk: (memory, losses `[T]`, gradient); memory has fields state and traces.

    Shapes: chunk `[T, *batch, ...]`; the rest as `traced_step`.

        >>> from jaxrnn import GRU
        >>> problem = Problem(GRU(2), lambda head, ys, targets: ys.sum(-1))
        >>> view, params = Watched(GRU(2), True), Params(GRU(2).init(jax.random.key(0), 3), None)
        >>> state, chunk = GRU(2).init_state(params.cell, 4), Chunk(jnp.ones((5, 4, 3)), None)
        >>> traces = first_traces("eprop", view, params.cell, state, chunk, "bptt()")
        >>> walk(problem, view, params, TracedMemory(state, traces), chunk)[1].shape
        (5,)
    """

    def step(memory: Any, part: Chunk, key: Array | None) -> Any:
        state, traces, loss, grads = traced_step(
            problem, view, params, memory.state, memory.traces, part, signal
        )
        return memory._replace(state=state, traces=traces), loss, grads

    return each_step(step, params, memory, chunk, None)


def _add_past(grads: Any, back: Array, traces: Traces) -> Any:
    """Add (dl_t / ds_{t-1}) e_{t-1}, summed over fields and batch, to the gradient of the step."""
    back = back.reshape(len(back), -1, back.shape[-1])

    def add(grad: Array, trace: Array) -> Array:
        trace = trace.reshape(back.shape[:2] + trace.shape[-3:])
        past = jnp.einsum("fnh,fnrbh->rbh", back, trace)
        return grad + past.reshape(grad.shape).astype(grad.dtype)

    rest, put = leaves_beside(grads)
    out = put([add(grad, trace) for grad, trace in zip(rest, traces.rest, strict=True)])
    out = out._replace(w_x=add(grads.w_x, traces.w_x))
    return out if traces.w_h is None else out._replace(w_h=add(grads.w_h, traces.w_h))


def _advanced(trace: Array, jacobian: Array, immediate: Array, factor: Array) -> Array:
    """Return A e + I, I the product of what a leaf multiplies and the step's derivative by it."""
    kept = jnp.einsum("fi...h,f...rbh->i...rbh", jacobian, trace)
    return kept + jnp.einsum("bi...h,...r->i...rbh", immediate, factor.astype(trace.dtype))


def _by_blocks(view: Watched, params: Any, state: Any, part: Chunk) -> list[Array]:
    """Return the step's derivatives by state fields, u, r and every other leaf.

    Units are apart, so that ones in a whole block give its derivatives for all units at once.
    Each is `[blocks, F, *batch, H]`.
    """
    moved, counts, hidden = _moved(view, params, state, part)
    total = sum(counts)
    dtype = split_floats(state)[0][0].dtype
    zero = jnp.zeros((total, hidden), dtype)
    ones = jnp.broadcast_to(jnp.eye(total, dtype=dtype)[:, :, None], (total, total, hidden))
    columns = jax.vmap(lambda block: jax.jvp(moved, (zero,), (block,))[1])(ones)
    return jnp.split(columns, np.cumsum(counts)[:-1])


def _moved(
    view: Watched, params: Any, state: Any, part: Chunk
) -> tuple[Callable[[Array], Array], list[int], int]:
    """Return a step `[blocks, H]` -> `[F, *batch, H]` from moved places, its blocks, and H."""
    floats, join = split_floats(state)
    rest, put = leaves_beside(params)
    hidden = floats[0].shape[-1]
    gates = params.w_x.shape[-1] // hidden
    recurrent = gates if has_matrix(params, "w_h") else 0
    counts = [len(floats), gates, recurrent, *(leaf.size // hidden for leaf in rest)]

    def moved(moves: Array) -> Array:
        at_state, at_u, at_r, *at_rest = jnp.split(moves, np.cumsum(counts)[:-1])
        at_r = at_r.reshape(-1) if recurrent else jnp.zeros_like(at_u.reshape(-1))
        cell = put([_add(leaf, move) for leaf, move in zip(rest, at_rest, strict=True)])
        start = join([a + move.astype(a.dtype) for a, move in zip(floats, at_state, strict=True)])
        return jnp.stack(advance(view, Weights(cell, at_u.reshape(-1), at_r), start, part)[0])

    return moved, counts, hidden


def _add(leaf: Array, move: Array) -> Array:
    return leaf + move.reshape(leaf.shape).astype(leaf.dtype)


@functools.lru_cache(maxsize=256)
def _units_apart(view: Watched, shapes: Any) -> bool:
    """Tell whether no unit moves with another one, neither with its state nor with its params."""

    def crossed(params: Any, state: Any) -> Array:
        # two rows, of which one goes on and one starts anew
        xs = jnp.ones((1, 2, len(params.w_x)), params.w_x.dtype)
        part = Chunk(xs, None, resets=jnp.array([[False, True]]))
        moved, counts, hidden = _moved(view, params, state, part)
        # two units differ in some bit: one of these sets holds the first and not the second
        bits = np.arange(hidden) >> np.arange(hidden.bit_length())[:, None] & 1
        sets = jnp.asarray(np.concatenate([bits, 1 - bits]), split_floats(state)[0][0].dtype)
        zero = jnp.zeros((sum(counts), hidden), sets.dtype)

        def outside(units: Array) -> Array:
            move = jnp.broadcast_to(units, zero.shape)
            return jnp.abs(jax.jvp(moved, (zero,), (move,))[1] * (1 - units)).max()

        return jax.vmap(outside)(sets).max()

    return not tried(crossed, shapes) > 0
