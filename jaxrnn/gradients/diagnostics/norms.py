"""How large gradients are, one sequence at a time, and how many of them a limit would clip."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive
from jaxrnn.gradients.checks import check_chunk, check_problem
from jaxrnn.gradients.method import from_the_start, start_is_learned
from jaxrnn.gradients.problem import Chunk, Params, Problem, run
from jaxrnn.randomness import is_clock, without_key

__all__ = ["clipped_fraction", "gradient_norms"]


def gradient_norms(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Array:
    """Return the norm of full BPTT's gradient for each sequence of the batch by itself.

        norms[b] = || dL_b / dparams ||,   L = sum over b of L_b

    Random masks are not drawn.
    Shapes: chunk `[T, B, ...]`, one batch axis; norms `[B]`; it holds B gradients.
    Raises: ValueError if there is not one batch axis.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: (ys**2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4)))
        >>> gradient_norms(problem, params, None, chunk).shape
        (4,)
    """
    check_problem("gradient_norms", problem, params)
    given = state is not None
    state, chunk = check_chunk("gradient_norms", problem, params, state, chunk)
    if not given and start_is_learned(problem, params):
        chunk = from_the_start(chunk)
    if chunk.xs.ndim != 3:
        raise ValueError(
            "gradient_norms: chunk.xs should have one batch axis, [T, B, D], got "
            f"{chunk.xs.shape}. Add it with xs[:, None], or reshape several into one."
        )
    return _norms(problem, params, without_key(state), chunk)


@partial(jax.jit, static_argnums=0)
def _norms(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Array:
    rows = jax.tree.map(lambda a: None if is_clock(a) else 0, state, is_leaf=is_clock)

    def norm(state: Any, chunk: Chunk) -> Array:
        grads = jax.grad(lambda p: run(problem, p, state, chunk)[1].sum())(params)
        return jnp.sqrt(sum(jnp.square(g).sum() for g in jax.tree.leaves(grads)))

    return jax.vmap(norm, in_axes=(rows, 1))(state, chunk)


def clipped_fraction(norms: Array, limit: float) -> float:
    """Return how many of some gradients clipping by norm would shorten.

    Shapes: norms `[n]`, of gradients as an optimiser gets them.
    Args: limit, the norm that is allowed; NaN is counted as beyond it.
    Raises: ValueError if the limit is not above 0.

        >>> clipped_fraction(jnp.array([0.5, 1.0, 3.0, 20.0]), 1.0)
        0.5
    """
    as_positive("clipped_fraction", "limit", limit)
    return float((~(jnp.asarray(norms) <= limit)).mean())  # NaN is not within the limit
