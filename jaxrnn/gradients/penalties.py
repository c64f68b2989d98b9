"""Terms to add to a loss, against gradients that vanish or explode and states that wander."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cells import AllStates
from jaxrnn.drivers import scan
from jaxrnn.gradients.influence import inner, transition
from jaxrnn.gradients.problem import Chunk, Params, Problem, run
from jaxrnn.gradients.tap import nudge, tapped
from jaxrnn.numerics import matmul
from jaxrnn.treemath import split_floats

__all__ = [
    "activation_penalty", "input_gradient_penalty", "norm_stabilizer", "soft_orthogonality",
    "temporal_penalty", "vanishing_penalty", "vanishing_penalty_of_step",
]  # fmt: skip


def activation_penalty(ys: Array) -> Array:
    """Return the mean square of the outputs: keeps them from growing.

        mean(ys**2)

    Source: Merity, McCann and Socher (2017), arXiv:1708.01009, of the last layer's dropped outputs.
    Shapes: ys `[T, *batch, H]`; result `[]`.

        >>> float(activation_penalty(jnp.array([[1.0], [3.0]])))
        5.0
    """
    return jnp.square(ys).mean()


def temporal_penalty(ys: Array) -> Array:
    """Return the mean square of the change from step to step: keeps outputs slow.

        mean((ys[1:] - ys[:-1])**2)

    Source: Merity, McCann and Socher (2017), arXiv:1708.01009.
    Shapes: ys `[T, *batch, H]`, T at least 2; result `[]`.

        >>> float(temporal_penalty(jnp.array([[1.0], [3.0]])))
        4.0
    """
    return jnp.square(jnp.diff(ys, axis=0)).mean()


def norm_stabilizer(ys: Array) -> Array:
    """Return the mean square of the change of the norm: states may turn, not grow.

        mean((||ys[1:]|| - ||ys[:-1]||)**2)

    Source: Krueger and Memisevic (2016), arXiv:1511.08400.
    Shapes: ys `[T, *batch, H]`, T at least 2; result `[]`.

        >>> float(norm_stabilizer(jnp.array([[3.0, 4.0], [5.0, 0.0]])))
        0.0
    """
    return jnp.square(jnp.diff(jnp.linalg.norm(ys, axis=-1), axis=0)).mean()


def soft_orthogonality(w: Array) -> Array:
    """Return how far each square block of a recurrent matrix is from orthogonal.

        sum over the blocks W of ||W^T W - I||_F^2

    Source: Vorontsov et al. (2017), arXiv:1702.00071.
    Shapes: w `[H, G*H]`; result `[]`.
    Raises: ValueError if w is not made of square blocks.

        >>> float(soft_orthogonality(jnp.concatenate([jnp.eye(2), 2 * jnp.eye(2)], 1)))
        18.0
    """
    if w.ndim != 2 or w.shape[1] % w.shape[0]:
        raise ValueError(
            f"soft_orthogonality: w should be a recurrent matrix [H, G*H], got {w.shape}. "
            "Pass params.w_h."
        )
    size = w.shape[0]
    blocks = jnp.moveaxis(w.reshape(size, -1, size), 1, 0)
    return jnp.square(
        matmul(jnp.swapaxes(blocks, 1, 2), blocks) - jnp.eye(size, dtype=w.dtype)
    ).sum()


def input_gradient_penalty(loss: Callable[[Array], Array], xs: Array) -> Array:
    """Return the mean over steps and rows of the squared gradient of a loss by its input.

        mean over t and batch of ||dloss/dxs[t]||**2

    Source: Drucker and Le Cun (1992), IEEE Transactions on Neural Networks 3.
    Shapes: xs `[T, *batch, D]`; loss maps it to `[]`, a sum over the batch; result `[]`.

        >>> float(input_gradient_penalty(lambda xs: (3 * xs).sum(), jnp.ones((4, 2, 1))))
        9.0
    """
    return jnp.square(jax.grad(loss)(xs)).sum(-1).mean()


def vanishing_penalty(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Array:
    """Return how much the gradient shrinks or grows on its way back, step by step.

        sum over k of (||d_{k+1} A_{k+1}|| / ||d_{k+1}|| - 1)**2
        d_k = dL/ds_k,   A_k = ds_k/ds_{k-1}

    Differentiated in full by JAX, through d and through the states. The norms are over the whole
    batch; where no gradient arrives there is no term.
    Source: Pascanu, Mikolov and Bengio (2013), arXiv:1211.5063, equation 9.
    Shapes: chunk `[T, *batch, ...]` without mask and resets; result `[]`.
    Raises: ValueError if the chunk has a mask or resets.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2, activation="linear", bias=False)
        >>> problem = Problem(cell, lambda head, ys, targets: ys[..., 0])
        >>> params = cell.init(jax.random.key(0), 3)
        >>> params = Params(params._replace(w_h=0.5 * jnp.eye(2)), None)
        >>> weights = jnp.zeros((4, 1)).at[-1].set(1.0)  # the last loss only
        >>> chunk = Chunk(jnp.ones((4, 1, 3)), jnp.zeros((4, 1)), weights)
        >>> state = cell.init_state(params.cell, 1)
        >>> float(vanishing_penalty(problem, params, state, chunk))
        0.75
    """
    return _shrinking(problem, params, *_states_and_deltas(problem, params, state, chunk), chunk)


def vanishing_penalty_of_step(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Array:
    """Return `vanishing_penalty` with the paper's cheap gradient.

    The states and d are constants: only the direct dependence of A on the params is differentiated,
    which needs no second pass through time.

    Source: Pascanu, Mikolov and Bengio (2013), arXiv:1211.5063, section 3.3.
    Shapes: as `vanishing_penalty`, whose value this is.
    Raises: as `vanishing_penalty`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((4, 1, 3)), jnp.zeros((4, 1)))
        >>> state = cell.init_state(params.cell, 1)
        >>> full, step = vanishing_penalty, vanishing_penalty_of_step
        >>> bool(full(problem, params, state, chunk) == step(problem, params, state, chunk))
        True
    """
    states, deltas = _states_and_deltas(problem, params, state, chunk)
    floats, join = split_floats(states)
    floats, deltas = jax.lax.stop_gradient((floats, deltas))
    return _shrinking(problem, params, join(floats), deltas, chunk)


def _states_and_deltas(
    problem: Problem, params: Params, state: Any, chunk: Chunk
) -> tuple[Any, list[Array]]:
    """Return (s_0 .. s_{T-2}, dL/d of the floats of s_1 .. s_{T-1}), `[T-1, *batch, ...]`."""
    if chunk.mask is not None or chunk.resets is not None:
        raise ValueError(
            "vanishing_penalty: chunk has a mask or resets, where a gradient is cut on purpose. "
            "Pass a chunk without them."
        )
    steps = chunk.xs.shape[0]
    zeros = [jnp.zeros((steps, *a.shape), a.dtype) for a in split_floats(state)[0]]

    def total(by: list[Array]) -> Array:
        return run(*tapped(problem, params, state, nudge, by), chunk)[1].sum()

    _, (_, after) = scan(AllStates(problem.cell), params.cell, state, chunk.xs)
    before = jax.tree.map(lambda a, rest: jnp.concatenate([a[None], rest[:-2]]), state, after)
    return before, [leaf[1:] for leaf in jax.grad(total)(zeros)]


def _shrinking(
    problem: Problem, params: Params, states: Any, deltas: list[Array], chunk: Chunk
) -> Array:
    parts = jax.tree.map(lambda leaf: leaf[:-1, None], Chunk(chunk.xs, None))

    def term(state: Any, delta: list[Array], part: Chunk) -> Array:
        floats, step = transition(problem, state, part)
        (back,) = jax.vjp(lambda floats: step(params.cell, floats)[0][0], floats)[1](delta)
        arrives, leaves = inner(delta, delta), inner(back, back)
        # a norm of 0 has no derivative: it is looked at only where it is not 0
        ratio = _root(leaves) / jnp.where(arrives > 0, _root(arrives), 1)
        return jnp.where(arrives > 0, jnp.square(ratio - 1), 0)

    return jax.vmap(term)(states, deltas, parts).sum()


def _root(square: Array) -> Array:
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1)), 0)
