"""Seeing gradients: how far back a loss reaches."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.drivers.advance import advance
from jaxrnn.gradients.checks import check_chunk, check_problem
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.treemath import split_floats

__all__ = ["lag_profile"]


def lag_profile(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Array:
    """Return the size of the last loss's gradient at every earlier state.

        profile[t] = || d L_T / d s_t ||,   t = 0 .. T-1, the lag is T - t

    The norm is over the whole state (h, and c for an LSTM) and the whole batch; `L_T` is the loss
    of the last step, summed over the batch. A profile that falls towards t = 0 is a vanishing
    gradient, one that grows an exploding one.
    Source: Pascanu, Mikolov and Bengio (2013), arXiv:1211.5063.
    Shapes: chunk `[T, *batch, ...]`, without mask and resets; profile `[T]`.
    Raises: ValueError if the chunk has a mask or resets.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: (ys**2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4)))
        >>> profile = lag_profile(problem, params, None, chunk)
        >>> profile.shape, bool(profile[0] < profile[-1])
        ((5,), True)
    """
    check_problem("lag_profile", problem, params)
    state, chunk = check_chunk("lag_profile", problem, params, state, chunk)
    if chunk.mask is not None or chunk.resets is not None:
        raise ValueError(
            "lag_profile: chunk has a mask or resets, where 'the last loss' is no longer one time. "
            "Pass a chunk without them."
        )
    return _profile(problem, params, state, chunk)


@partial(jax.jit, static_argnums=0)
def _profile(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Array:
    steps = chunk.xs.shape[0]
    us = problem.cell.project(params.cell, chunk.xs)
    target = jax.tree.map(lambda a: a[-1], chunk.targets)

    def nudge(state: Any, by: list[Array]) -> Any:
        floats, join = split_floats(state)
        return join([a + b for a, b in zip(floats, by, strict=True)])

    def last_loss(nudges: list[Array]) -> Array:
        def body(state: Any, inputs: Any) -> tuple[Any, Any]:
            u, by = inputs
            return advance(problem.cell, params.cell, nudge(state, by), u)

        _, ys = jax.lax.scan(body, state, (us, nudges))
        y = jax.tree.map(lambda a: a[-1], ys)
        return problem.loss(params.head, y, target).sum()

    nudges = [jnp.zeros((steps, *a.shape), a.dtype) for a in split_floats(state)[0]]
    gradients = jax.grad(last_loss)(nudges)
    squares = [jnp.square(g).reshape(steps, -1).sum(-1) for g in gradients]
    return jnp.sqrt(sum(squares[1:], squares[0]))
