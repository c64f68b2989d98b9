"""Forward gradient: the mean over all signs is the gradient, and its variance is the known one."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from jaxrnn import LSTM, Dropout, Elman, with_key
from jaxrnn.gradients import Chunk, accumulate, bptt, tbptt
from jaxrnn.gradients.bptt import BPTTMemory
from jaxrnn.gradients.forward_gradient import along, forward_gradient
from tests.gradients.cases import WIDTH, distance, flat, marks, problem_of
from tests.gradients.laws import resumes_bit_for_bit


def each_along(problem, params, state, chunk, rows):
    """Return (dL/dparams . v) v for each row v `[m, P]`."""
    _, unravel = ravel_pytree(params)

    def one(row):
        direction = jax.vmap(unravel)(row[None])
        return ravel_pytree(along(problem, params, BPTTMemory(state), chunk, direction)[2])[0]

    return jax.jit(jax.vmap(one))(rows)


def test_the_mean_over_all_signs_is_bptt_with_the_known_variance():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(Elman(1), **marks())
        count = ravel_pytree(params)[0].size
        assert count == 6  # w_x 2, w_h, b, head 2
        state = problem.cell.init_state(params.cell, 2)
        full = flat(accumulate(bptt(), problem, params, state, chunk)[1])
        patterns = jnp.array(list(itertools.product([-1.0, 1.0], repeat=count)))
        each = each_along(problem, params, state, chunk, patterns)
        assert distance(each.mean(0), full) < 1e-12
        variance = ((each - full) ** 2).sum(1).mean()
        np.testing.assert_allclose(variance, (count - 1) * (full**2).sum(), rtol=1e-12)


def test_an_orthonormal_basis_sums_to_bptt():
    with jax.enable_x64(True):
        cell = Dropout(LSTM(2), 0.3)
        problem, params, chunk = problem_of(cell, **marks())
        state = with_key(cell.init_state(params.cell, 2), jax.random.key(7))
        full = accumulate(bptt(), problem, params, state, chunk)[1]
        count, unravel = ravel_pytree(params)[0].size, ravel_pytree(params)[1]
        basis, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(count, count)))
        directions = jax.vmap(unravel)(jnp.asarray(basis))
        mean = jax.jit(lambda v: along(problem, params, BPTTMemory(state), chunk, v)[2])(directions)
        assert distance(mean, jax.tree.map(lambda g: g / count, full)) < 1e-12


def test_the_gradient_is_the_mean_of_slopes_times_signs():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(LSTM(2))
        full_loss, full, after = accumulate(bptt(), problem, params, None, chunk)
        loss, grads, memory = accumulate(
            forward_gradient(), problem, params, None, chunk, key=jax.random.key(3)
        )
        np.testing.assert_allclose(loss, full_loss, rtol=1e-12)
        np.testing.assert_allclose(memory.state.c, after.state.c, rtol=1e-12)
        signs = np.sign(flat(grads))
        assert {-1.0, 1.0} == set(signs)
        np.testing.assert_allclose(flat(grads), signs * (signs @ flat(full)), rtol=1e-9)


def test_a_window_starts_from_a_constant_state():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(Elman(2), 6)
        cut = accumulate(tbptt(2), problem, params, None, chunk)[1]
        full = accumulate(bptt(), problem, params, None, chunk)[1]
        method = forward_gradient(4096, length=2)  # so many that their mean is near
        got = accumulate(method, problem, params, None, chunk, key=jax.random.key(0))[1]
        assert distance(got, cut) < 0.1 < 0.2 < distance(got, full)


def test_nothing_is_stored_in_time():
    problem, params, _ = problem_of(LSTM(2))
    memory = BPTTMemory(problem.cell.init_state(params.cell, 2))

    def temp_bytes(steps):
        chunk = Chunk(jnp.zeros((steps, 2, WIDTH)), jnp.zeros((steps, 2, WIDTH)))
        run = jax.jit(lambda c: forward_gradient(8).consume(
            problem, params, memory, c, key=jax.random.key(0)
        )[2])  # fmt: skip
        return run.lower(chunk).compile().memory_analysis().temp_size_in_bytes

    # inputs that are laid out anew, and the loss; the tangents alone would be 8 * 16 * 4 a step
    assert (temp_bytes(512) - temp_bytes(64)) / (512 - 64) <= 2 * 2 * WIDTH * 4 + 4


def test_resumes():
    resumes_bit_for_bit(forward_gradient(2, length=2), jax.random.key(1))


def test_needs_a_key_and_good_numbers():
    problem, params, chunk = problem_of(Elman(2))
    with pytest.raises(ValueError, match="forward_gradient: key is None, but the signs are random"):
        accumulate(forward_gradient(), problem, params, None, chunk)
    with pytest.raises(ValueError, match="forward_gradient: tangents must be greater than zero"):
        forward_gradient(0)
    with pytest.raises(ValueError, match="forward_gradient: length must be greater than zero"):
        forward_gradient(1, -1)
