"""RFLO: the traces of e-prop, and what is sent through them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Elman, ElmanState, GRUResetBefore, scan
from jaxrnn.gradients.eprop import eprop
from jaxrnn.gradients.rflo import rflo
from tests.gradients.forward import (
    Detached,
    Leaky,
    check_stream,
    full,
    off,
    prepared,
    ragged,
    refused,
    total,
)  # fmt: skip


def test_the_symmetric_form_is_eprop():
    with jax.enable_x64(True):
        problem, params, chunk = prepared(GRU(2))
        chunk = ragged(chunk)
        got = total(rflo(seed=None), problem, params, chunk)
        want = total(eprop(), problem, params, chunk)
        assert off(got[:2], want[:2]) == 0
        assert got[2].feedback is None


def test_the_random_form_is_the_gradient_of_projected_outputs():
    """What is written out here is the signal of a quadratic loss, pulled back by autodiff."""
    with jax.enable_x64(True):
        cell = Leaky(3)
        problem, params, chunk = prepared(cell)
        chunk = ragged(chunk)
        _, got, memory = total(rflo(2, seed=4), problem, params, chunk)
        mask, resets = chunk.mask, chunk.resets

        @jax.jit
        def projected(cell_params, feedback):
            def outputs(cell_params):
                xs = chunk.xs
                return scan(Detached(cell), cell_params, None, xs, mask=mask, resets=resets)[1]

            ys, pullback = jax.vjp(outputs, cell_params)
            error = 2 * (ys @ params.head - chunk.targets) * chunk.weights[..., None]
            error = jnp.where(mask[..., None], error, 0)
            return pullback(error @ params.head.T @ feedback)[0]

        assert off(got.cell, projected(params.cell, memory.feedback)) < 1e-12
        assert off(got.cell, projected(params.cell, jnp.eye(3))) > 1e-2
        assert off(got.head, full(problem, params, chunk)[1].head) < 1e-12


def test_the_feedback_is_drawn_from_the_seed_and_keeps_the_size_of_a_signal():
    problem, params, chunk = prepared(Elman(100), 1)
    state = ElmanState(jnp.zeros((2, 100)))
    drawn = [rflo(seed=s).init(problem, params, state, chunk).feedback for s in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert float(abs(drawn[0] - drawn[2]).max()) > 0.1
    assert float(jnp.linalg.norm(drawn[0])) == pytest.approx(100**0.5, rel=0.05)


def test_it_is_a_method_like_any_other():
    with jax.enable_x64(True):
        check_stream(rflo(2), Elman(2))


def test_what_it_does_not_fit_is_refused():
    refused(rflo(), GRUResetBefore(3), "rflo: needs recur and update .*GRUResetBefore")
    refused(rflo(), LSTM(4, proj_size=2), "rflo: needs state fields of one width H")
    with pytest.raises(ValueError, match="rflo: length must be greater than zero"):
        rflo(0)
    with pytest.raises(ValueError, match="rflo: seed should not be below 0, got -1"):
        rflo(seed=-1)
    with pytest.raises(TypeError, match="rflo: seed should be an int or None, got 1.5"):
        rflo(seed=1.5)
