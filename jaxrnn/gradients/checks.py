"""Errors at the door of the loops over a method: which argument, what was expected, what came."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxrnn.arrays import as_state, check_params, describe, mismatches, sequence
from jaxrnn.cells.embedded import vocabulary_of
from jaxrnn.drivers.ragged import reset_steps, valid_steps
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.numerics import state_dtype

__all__ = ["check_carry", "check_chunk", "check_problem"]


def check_problem(owner: str, problem: Any, params: Any) -> None:
    """Check what is differentiated.

    Shapes: any.
    Raises: TypeError if it is no `Problem` with `Params`.

        >>> from jaxrnn import Elman
        >>> check_problem("accumulate", Problem(Elman(2), lambda head, ys, t: ys), Params({}, None))
    """
    if not isinstance(problem, Problem):
        raise TypeError(
            f"{owner}: problem should be a Problem(cell, loss), got {describe(problem)}."
        )
    if not isinstance(params, Params):
        raise TypeError(
            f"{owner}: params should be Params(cell, head), got {describe(params)}. "
            "A loss without weights of its own has Params(params, None)."
        )


def check_chunk(
    owner: str, problem: Problem, params: Params, state: Any, chunk: Any
) -> tuple[Any, Chunk]:
    """Return (state, chunk) as arrays that fit each other and the cell; state None is its first.

    Shapes: chunk as `Chunk`; the state's leaves `[*batch, ...]`.
    Raises: TypeError and ValueError naming the field, what was expected and what came.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4, 2)))
        >>> state, _ = check_chunk("accumulate", problem, params, None, chunk)
        >>> state.h.shape
        (4, 2)
    """
    if not isinstance(chunk, Chunk):
        raise TypeError(
            f"{owner}: chunk should be a Chunk(xs, targets, ...), got {describe(chunk)}."
        )
    cell, weights = problem.cell, params.cell
    xs = sequence(owner, chunk.xs, weights, ids=vocabulary_of(cell) > 0)
    check_params(owner, cell, weights, xs, lambda: cell.project(weights, xs))
    steps, batch = xs.shape[0], xs.shape[1:-1]
    state = as_state(owner, state, xs, lambda: cell.init_state(weights, batch))
    for path, leaf in jax.tree_util.tree_leaves_with_path(chunk.targets):
        if jnp.shape(leaf)[: xs.ndim - 1] != xs.shape[:-1]:
            raise ValueError(
                f"{owner}: chunk.targets{jax.tree_util.keystr(path)} should have the leading axes "
                f"of xs, [T, *batch, ...] = {xs.shape[:-1]}, got {jnp.shape(leaf)}. "
                "Every step and row has a target of its own; weights say which of them count."
            )
    if chunk.weights is not None and jnp.shape(chunk.weights) != xs.shape[:-1]:
        raise ValueError(
            f"{owner}: chunk.weights should have one number for each step and row, [T, *batch] = "
            f"{xs.shape[:-1]}, got {jnp.shape(chunk.weights)}."
        )
    mask = valid_steps(owner, None, chunk.mask, steps, batch)
    if chunk.resets is not None:
        reset_steps(owner, chunk.resets, mask, steps, batch, False)
    targets, resets = jax.tree.map(jnp.asarray, (chunk.targets, chunk.resets))
    given = None if chunk.weights is None else jnp.asarray(chunk.weights)
    if given is not None and not jnp.issubdtype(given.dtype, jnp.floating):
        given = given.astype(state_dtype(xs.dtype))  # True and False, or counts
    return state, Chunk(xs, targets, given, mask, resets)


def check_carry(owner: str, name: str, expected: Any, given: Any, maker: str) -> None:
    """Check that what is carried from call to call has the structure of a fresh one.

    Shapes: any.
    Raises: TypeError and ValueError naming what was expected, what came and what makes it.

        >>> check_carry("online", "opt_state", jnp.ones(2), jnp.zeros(2), "optimizer.init(params)")
    """
    if jax.tree.structure(expected) != jax.tree.structure(given):
        raise TypeError(
            f"{owner}: {name}: expected {describe(expected)}, got {describe(given)}. "
            f"Start from {maker}."
        )
    shapes, dtypes = mismatches(name, expected, given)
    if shapes or dtypes:
        raise ValueError(
            f"{owner}: {'; '.join(shapes + dtypes)}. Start from {maker}, with the same data shapes."
        )
