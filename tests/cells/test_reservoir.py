"""Reservoirs: they forget their start, remember their input, and run on their own output."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import (
    Elman,
    ElmanParams,
    ElmanState,
    Output,
    OutputParams,
    Reservoir,
    ReservoirParams,
    ReservoirState,
    generate,
    ridge,
    scan,
)
from jaxrnn.initializers import Orthogonal, Within, reservoir
from jaxrnn.testing import example
from jaxrnn.testing.cells import randomise

D, H = 3, 40


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def test_without_leak_it_is_elman():
    params, state, xs = example(Reservoir(5), D, (7, 2))
    state = ReservoirState(state.h[0])
    ours = scan(Reservoir(5), params, state, xs)
    theirs = scan(Elman(5), ElmanParams(*params), ElmanState(*state), xs)
    chex.assert_trees_all_close(
        tuple(ours[0]) + ours[1:], tuple(theirs[0]) + theirs[1:], atol=1e-15
    )


def states_apart(cell, params, xs):
    """Return the distance of two runs from different starts, after each step."""
    starts = randomise(cell.init_state(params, 2), 5)
    _, hs = scan(cell, params, starts, jnp.repeat(xs[:, None], 2, 1))
    return np.linalg.norm(np.asarray(hs[:, 0] - hs[:, 1]), axis=-1)


@pytest.mark.parametrize("leak", [1.0, 0.3])
def test_the_start_is_forgotten(leak):
    cell = Reservoir(H, leak=leak, initializer=reservoir(0.8, density=0.2))
    params = cell.init(jax.random.key(0), D)
    apart = states_apart(cell, params, randomise(jnp.zeros((400, D)), 1))
    assert apart[0] > 0.1 and apart[-1] < 1e-12


def test_a_small_norm_forgets_at_each_step_and_a_large_radius_never():
    cell = Reservoir(H, leak=0.5)
    params = cell.init(jax.random.key(0), D)
    small = params._replace(w_h=0.9 * params.w_h / jnp.linalg.norm(params.w_h, 2))
    apart = states_apart(cell, small, randomise(jnp.zeros((50, D)), 1))
    assert (apart[1:] <= (0.5 + 0.5 * 0.9) * apart[:-1] + 1e-15).all()
    wild = ReservoirParams(params.w_x, 2 * params.w_h, jnp.zeros(H))  # radius 1.9, nothing comes in
    assert states_apart(cell, wild, jnp.zeros((400, D)))[-1] > 0.1


def test_a_linear_orthogonal_reservoir_remembers_as_many_steps_as_it_has_units():
    cell = Reservoir(12, activation="linear", bias=False)
    params = cell.init(jax.random.key(0), 1)
    q = Orthogonal(gain=0.9)(jax.random.key(1), (12, 12), jnp.float64)
    params = params._replace(w_h=q)
    impulse = jnp.zeros((600, 1)).at[0].set(1.0)
    _, answers = scan(cell, params, None, impulse)  # row k is W^k w
    answers = np.asarray(answers)
    covariance = answers.T @ answers  # of the state under white input; 0.9^1200 is left out
    capacity = np.einsum("kn,nk->k", answers, np.linalg.solve(covariance, answers.T))
    assert 0 < capacity.min() and capacity.max() < 1
    assert capacity.sum() == pytest.approx(12, abs=1e-10)
    # the same covariance by its own equation: S = W S W' + w w', rows for columns
    w = np.asarray(params.w_x)
    np.testing.assert_allclose(covariance, q.T @ covariance @ q + w.T @ w, atol=1e-10)


def test_states_under_teacher_forcing_are_those_of_the_closed_loop():
    cell, head = Reservoir(H, leak=0.7, initializer=reservoir(1.2)), Output(2)
    params = cell.init(jax.random.key(0), 2)
    true = OutputParams(randomise(jnp.zeros((H, 2)), 1) / 4, jnp.array([0.1, -0.2]))

    def feedback(out):
        return lambda y, key: head.apply(out, y)

    x = jnp.array([0.3, -0.1])
    _, free = generate(cell, params, None, x, 200, feedback(true))
    xs = jnp.concatenate([x[None], free.xs[:-1]])
    assert float(free.xs[100:].std()) > 0.05  # it lives
    _, forced = scan(cell, params, None, xs)
    np.testing.assert_allclose(forced, free.ys, atol=1e-12)
    # the readout fitted to forced states goes on as the system does
    fitted = ridge(forced[50:150], free.xs[50:150], 1e-20)
    _, onward = generate(cell, params, ReservoirState(forced[149]), xs[150], 10, feedback(fitted))
    np.testing.assert_allclose(onward.xs, free.xs[150:160], atol=1e-7)


def test_feedback_weights_have_their_own_scale():
    cell = Reservoir(500, initializer=reservoir(input_scale=(1.0, 1.0, 0.01)))
    w_x = abs(np.asarray(cell.init(jax.random.key(0), D).w_x)).max(1)
    np.testing.assert_allclose(w_x, [1, 1, 0.01], rtol=0.02)
    with pytest.raises(ValueError, match=r"Within: 3 bounds .* for a matrix of 4 rows.*each input"):
        cell.init(jax.random.key(0), 4)
    with pytest.raises(ValueError, match=r"Within: 1 bounds .* a bias, which has no rows"):
        Within((1.0,))(jax.random.key(0), "h", 3, jnp.float32)


@pytest.mark.parametrize("leak", [0.0, -0.1, 1.1])
def test_bad_leaks(leak):
    with pytest.raises(
        ValueError, match=f"Reservoir: leak must be above 0.*got {leak}.*at each step"
    ):
        Reservoir(3, leak=leak)


def test_a_leak_of_numpy_is_a_plain_number():
    assert Reservoir(3, leak=np.float32(0.5)) == Reservoir(3, leak=0.5)
    assert type(Reservoir(3, leak=np.float32(0.5)).leak) is float
    with pytest.raises(TypeError, match="Reservoir: leak should be a number, got: str"):
        Reservoir(3, leak="fast")
