"""Penalties: their values where they are known, their gradients against finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Dropout, Elman, with_key
from jaxrnn.gradients import Chunk, Params, Problem
from jaxrnn.gradients.penalties import (
    input_gradient_penalty,
    norm_stabilizer,
    soft_orthogonality,
    temporal_penalty,
    vanishing_penalty,
    vanishing_penalty_of_step,
)
from tests.gradients.cases import distance, flat, problem_of

T = 9


def linear(gamma):
    cell = Elman(3, activation="linear", bias=False)
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    params = Params(cell.init(jax.random.key(0), 2)._replace(w_h=jnp.asarray(gamma * q)), None)
    weights = jnp.zeros((T, 2)).at[-1].set(1.0)
    chunk = Chunk(jnp.ones((T, 2, 2)), jnp.zeros((T, 2)), weights)
    return Problem(cell, lambda head, ys, targets: ys[..., 0]), params, chunk


@pytest.mark.parametrize("gamma", [1.0, 0.5, 1.3])
def test_vanishing_of_a_linear_cell(gamma):
    with jax.enable_x64(True):
        problem, params, chunk = linear(gamma)
        state = problem.cell.init_state(params.cell, 2)
        for penalty in (vanishing_penalty, vanishing_penalty_of_step):
            got = penalty(problem, params, state, chunk)
            np.testing.assert_allclose(got, (T - 1) * (1 - gamma) ** 2, rtol=1e-12, atol=1e-25)


@pytest.mark.parametrize("cell", [GRU(2), LSTM(2), Dropout(Elman(3), 0.3)], ids=repr)
def test_the_full_gradient_is_that_of_finite_differences(cell):
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(cell, 5)
        state = with_key(cell.init_state(params.cell, 2), jax.random.key(1))
        value = jax.jit(lambda p: vanishing_penalty(problem, p, state, chunk))
        cheap = jax.jit(lambda p: vanishing_penalty_of_step(problem, p, state, chunk))
        np.testing.assert_allclose(value(params), cheap(params), rtol=1e-12)
        gradient = jax.grad(value)(params)
        along = jax.tree.map(lambda a: jnp.cos(jnp.arange(a.size)).reshape(a.shape), params)
        step = 1e-6
        ahead, behind = (
            value(jax.tree.map(lambda p, d, s=s: p + s * d, params, along)) for s in (step, -step)
        )
        slope = flat(gradient) @ flat(along)
        np.testing.assert_allclose((ahead - behind) / (2 * step), slope, rtol=1e-6)
        assert distance(jax.grad(cheap)(params).cell, gradient.cell) > 1e-3
        assert not flat(jax.grad(cheap)(params).head).any()  # the head is in d, a constant


def test_vanishing_refuses_marks():
    problem, params, chunk = problem_of(GRU(2), 5)
    masked = chunk._replace(mask=jnp.ones((5, 2), bool))
    with pytest.raises(ValueError, match="vanishing_penalty: chunk has a mask or resets"):
        vanishing_penalty(problem, params, problem.cell.init_state(params.cell, 2), masked)


def test_values_by_hand():
    ys = jnp.array([[[3.0, 4.0]], [[6.0, 8.0]], [[0.0, 0.0]]])
    np.testing.assert_allclose(temporal_penalty(ys), (9 + 16 + 36 + 64) / 4)
    np.testing.assert_allclose(norm_stabilizer(ys), (25 + 100) / 2)
    loss = lambda xs: (xs**2).sum()  # noqa: E731
    np.testing.assert_allclose(input_gradient_penalty(loss, ys), 4 * (25 + 100) / 3)


def test_soft_orthogonality_is_zero_at_the_default_start_only():
    with jax.enable_x64(True):
        params = GRU(4).init(jax.random.key(0), 3)
        np.testing.assert_allclose(soft_orthogonality(params.w_h), 0, atol=1e-12)
        assert soft_orthogonality(params.w_h + 0.1) > 0.1
    with pytest.raises(ValueError, match=r"soft_orthogonality: w should .* got \(11, 3\)"):
        soft_orthogonality(jnp.ones((3, 12))[:, :11].T)
