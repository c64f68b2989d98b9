"""The chosen length, where the decay is known; the gradient, where the length is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Elman
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, tbptt
from jaxrnn.gradients.adaptive_tbptt import adaptive_tbptt, lags
from tests.gradients.cases import distance, marks, problem_of

LINEAR = Elman(3, activation="linear", bias=False)


def decaying(beta):
    """h_t = beta Q h_{t-1} + x_t, Q orthogonal, and a loss that is linear in h."""
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    params = Params(LINEAR.init(jax.random.key(0), 3)._replace(w_h=jnp.asarray(beta * q)), None)
    chunk = Chunk(jnp.ones((40, 2, 3)), jnp.zeros((40, 2)))
    return Problem(LINEAR, lambda head, ys, targets: ys[..., 0]), params, chunk


@pytest.mark.parametrize("beta", [0.5, 0.8, 0.95])
def test_lags_of_a_known_decay(beta):
    with jax.enable_x64(True):
        problem, params, chunk = decaying(beta)
        phi, _ = lags(problem, params, LINEAR.init_state(params.cell, 2), chunk)
        np.testing.assert_allclose(phi, beta ** np.arange(1, 41), rtol=1e-12)


@pytest.mark.parametrize("beta", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("tolerance", [0.3, 0.05, 0.01])
def test_length_of_a_scalar_linear_cell(beta, tolerance):
    with jax.enable_x64(True):
        window = 60
        phi = beta ** jnp.arange(1.0, window + 1)
        method = adaptive_tbptt(1, window, tolerance, burn_in=0)
        got = int(method.choose(phi, phi.cumsum()))
        # K steps lose beta^(K-1) of all that goes through a state, bounded from below by the window
        enough = beta ** np.arange(window) < tolerance * (1 - 2 * beta**window)
        assert got == int(np.argmax(enough)) + 1


def test_no_decay_means_the_longest():
    method = adaptive_tbptt(2, 8)
    assert int(method.choose(jnp.ones(8), jnp.arange(1.0, 9.0))) == 8
    assert int(method.choose(2.0 ** jnp.arange(8.0), jnp.ones(8))) == 8
    assert int(method.choose(jnp.zeros(8), jnp.zeros(8))) == 8


@pytest.mark.parametrize("cell", [GRU(3), LSTM(2)], ids=repr)
@pytest.mark.parametrize("marked", [False, True])
def test_the_gradient_is_that_of_the_length(cell, marked):
    """A tolerance that nothing meets gives the longest, one that all meet the shortest."""
    with jax.enable_x64(True):
        given = marks(11) if marked else {}
        if marked:  # the first window is plain: there the decay is measured
            given["mask"] = given["mask"].at[:3].set(True)
            given["weights"] = given["weights"].at[:3].set(1.0)
            given["resets"] = given["resets"].at[:3].set(False)
        problem, params, chunk = problem_of(cell, 11, **given)
        _, full, after = accumulate(bptt(), problem, params, None, chunk)
        for tolerance, k2 in ((1e-12, 6), (1e9, 3)):
            method = adaptive_tbptt(3, 6, tolerance, burn_in=0)
            _, got, memory = accumulate(method, problem, params, None, chunk)
            _, want, _ = accumulate(tbptt(3, k2), problem, params, None, chunk)
            assert int(memory.length) == k2
            assert distance(got, want) < 1e-12
        np.testing.assert_allclose(memory.state.h, after.state.h, rtol=1e-12)
        assert distance(want, full) > 1e-4


def test_measures_now_and_then():
    problem, params, chunk = problem_of(GRU(3), 12)
    method = adaptive_tbptt(2, 8, 0.5, burn_in=0, every=3)
    _, _, memory = accumulate(method, problem, params, None, chunk)
    assert int(memory.calls) == 6 and 2 <= int(memory.length) <= 8


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((8, 4), "adaptive_tbptt: k_max=4 is smaller than k1=8"),
        ((1, 8, 0.0), "adaptive_tbptt: tolerance must be greater than zero"),
        ((1, 8, 0.1, 7), "adaptive_tbptt: burn_in should be a lag"),
    ],
)
def test_fields_out_of_range_are_named(fields, text):
    with pytest.raises(ValueError, match=text):
        adaptive_tbptt(*fields)
