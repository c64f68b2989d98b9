"""The influence of every parameter on every entry of the state, carried forward in time.

    J_t = A_t J_{t-1} + I_t,   A_t = ds_t/ds_{t-1},   I_t = ds_t/dparams at constant s_{t-1}

A step is `outputs` of a chunk of one step. So mask and resets need no rule of their own: where the
state is held A is 1 and I is 0, at a reset A is 0 and I is dinit_state/dparams. Neither is ever
formed: J[p] moves on by one derivative of the step, in direction (e_p, J[p]). That is the whole
batch at once, because examples share the direction e_p. A `vmap` over examples would draw other
masks than the run it differentiates.

The gradient is read off the same derivative of y_t, so y_t need not be a function of s_t.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.flatten_util import ravel_pytree

from jaxrnn.gradients.problem import Chunk, Params, Problem, losses, outputs
from jaxrnn.numerics import state_dtype
from jaxrnn.treemath import split_floats

__all__ = ["advance", "inner", "nothing_yet", "parameter_count", "read_out", "transition"]

COLUMNS = 64  # parameters that move on together: unit directions take COLUMNS * P numbers, not P^2

Step = Callable[[Any, list[Array]], tuple[tuple[list[Array], list[Array]], tuple[Any, Any]]]


def transition(problem: Problem, state: Any, part: Chunk) -> tuple[list[Array], Step]:
    """Return one step as a function of what can be differentiated, and where it stands.

        (floats of the new state, floats of ys), (new state, ys) = step(params.cell, floats)

    Shapes: part `[1, *batch, ...]`; floats the floating leaves of the state.

        >>> from jaxrnn import Elman
        >>> problem = Problem(Elman(2), lambda head, ys, targets: ys.sum(-1))
        >>> params = problem.cell.init(jax.random.key(0), 3)
        >>> state = problem.cell.init_state(params, 4)
        >>> floats, step = transition(problem, state, Chunk(jnp.ones((1, 4, 3)), None))
        >>> (new, ys), _ = step(params, floats)
        >>> new[0].shape, ys[0].shape
        ((4, 2), (1, 4, 2))
    """
    floats, join = split_floats(state)

    def step(cell: Any, floats: list[Array]) -> Any:
        new, ys = outputs(problem, cell, join(floats), part)
        return (split_floats(new)[0], split_floats(ys)[0]), (new, ys)

    return floats, step


def read_out(problem: Problem, head: Any, ys: Any, part: Chunk) -> tuple[Array, Any, list[Array]]:
    """Return (losses, their gradient by the head, their gradient by the floats of ys).

    Shapes: ys `[1, *batch, H]`; losses `[1]`.

        >>> from jaxrnn import Elman
        >>> problem = Problem(Elman(2), lambda head, ys, targets: (ys @ head).sum(-1))
        >>> part = Chunk(jnp.ones((1, 4, 3)), None)
        >>> _, head, ys = read_out(problem, jnp.ones((2, 5)), jnp.ones((1, 4, 2)), part)
        >>> float(head[0, 0]), float(ys[0][0, 0, 0])
        (4.0, 5.0)
    """
    floats, join = split_floats(ys)

    def total(head: Any, floats: list[Array]) -> tuple[Array, Array]:
        each = losses(problem, head, join(floats), part)
        return each.sum(), each

    (by_head, by_ys), each = jax.grad(total, (0, 1), has_aux=True)(head, floats)
    return each, by_head, by_ys


def inner(a: list[Array], b: list[Array]) -> Array:
    """Return the inner product over all leaves, in float32 or wider.

    Shapes: two lists of one shape; result `[]`.

        >>> float(inner([jnp.ones(2)], [jnp.full(2, 3.0)]))
        6.0
    """
    products = (x * y for x, y in zip(a, b, strict=True))
    return jnp.asarray(sum((p.astype(state_dtype(p.dtype)).sum() for p in products), 0.0))


def parameter_count(cell: Any) -> int:
    """Return P, the number of parameters.

    Shapes: any.

        >>> parameter_count({"w": jnp.ones((2, 3)), "b": jnp.ones(3)})
        9
    """
    return sum(leaf.size for leaf in jax.tree.leaves(cell))


def nothing_yet(cell: Any, state: Any) -> list[Array]:
    """Return J before the first step, zero: the state that is given is a constant.

    Shapes: one array `[P, *leaf.shape]` for each floating leaf of the state.

        >>> nothing_yet({"w": jnp.ones((2, 3))}, {"h": jnp.ones((4, 2))})[0].shape
        (6, 4, 2)
    """
    count = parameter_count(cell)
    return [jnp.zeros((count, *leaf.shape), leaf.dtype) for leaf in split_floats(state)[0]]


def advance(
    problem: Problem, params: Params, state: Any, influence: list[Array], part: Chunk, keep: Any
) -> tuple[Any, list[Array], Array, Params]:
    """Take one step: (state, influence, losses, gradient of their sum).

    Shapes: influence leaves `[P, *leaf.shape]`; part `[1, *batch, ...]`; losses `[1]`; keep, which
    entries of (influence, dy/dparams) are kept, bool without batch axes, None for all.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> state, part = cell.init_state(params.cell, 4), Chunk(jnp.ones((1, 4, 3)), None)
        >>> start = nothing_yet(params.cell, state)
        >>> _, influence, _, _ = advance(problem, params, state, start, part, None)
        >>> influence[0].shape
        (12, 4, 2)
    """
    floats, step = transition(problem, state, part)
    _, push, (state, ys) = jax.linearize(step, params.cell, floats, has_aux=True)
    each, by_head, by_ys = read_out(problem, params.head, ys, part)
    flat, unravel = ravel_pytree(params.cell)

    def column(inputs: Any) -> tuple[list[Array], Array]:
        p, old, kept = inputs
        unit = unravel((jnp.arange(flat.size) == p).astype(flat.dtype))
        moved = push(unit, old)
        if kept is not None:  # masks have no batch axes: they align at the right
            moved = jax.tree.map(lambda yes, a: jnp.where(yes, a, 0), kept, moved)
        new, dy = moved
        return new, inner(by_ys, dy)

    inputs = (jnp.arange(flat.size), influence, keep)
    influence, slopes = jax.lax.map(column, inputs, batch_size=COLUMNS)
    return state, influence, each, Params(unravel(slopes.astype(flat.dtype)), by_head)
