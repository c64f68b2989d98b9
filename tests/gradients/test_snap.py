"""SnAp: its mask, where the mask makes it exact, and what it is elsewhere."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Elman, LearnedState, Stack
from jaxrnn.cells import ElmanParams, ElmanState
from jaxrnn.gradients import accumulate, bptt
from jaxrnn.gradients.problem import Problem
from jaxrnn.gradients.snap import snap, within
from tests.gradients.cases import distance, loss, marks, problem_of
from tests.gradients.laws import is_exact, keeps_losses_and_head, resumes_bit_for_bit


@dataclasses.dataclass(frozen=True)
class Apart:
    """No unit hears another one: h = tanh(x @ w_x + u * h + b), u in the field w_h."""

    def init(self, key, input_size):
        return ElmanParams(jnp.zeros((input_size, 3)), jnp.zeros(3), jnp.zeros(3))

    def init_state(self, params, batch=()):
        lead = (batch,) if isinstance(batch, int) else tuple(batch)
        return ElmanState(jnp.zeros((*lead, 3), params.w_h.dtype))

    def project(self, params, x):
        return x @ params.w_x + params.b

    def step(self, params, state, u):
        h = jnp.tanh(u + params.w_h * state.h)
        return ElmanState(h), h


@dataclasses.dataclass(frozen=True)
class OwnUnitOnly(Elman):
    """An Elman cell whose units are differentiated through their own past only."""

    def step(self, params, state, u):
        stop = jax.lax.stop_gradient
        h = stop(state.h)
        own = stop(jnp.diag(params.w_h)) * (state.h - h)  # 0, but for its derivative
        new = jnp.tanh(u + h @ params.w_h + own)
        return ElmanState(new), new


def ring(units=4, **options):
    """An Elman problem in which each unit hears itself and the one before it."""
    problem, params, chunk = problem_of(Elman(units), **options)
    heard = jnp.eye(units) + jnp.roll(jnp.eye(units), 1, axis=1)
    w_h = jnp.where(heard > 0, params.cell.w_h, 0)
    return problem, params._replace(cell=params.cell._replace(w_h=w_h)), chunk


def masks_of(count, problem, params, chunk):
    """Return M_1 .. M_count, flat."""

    def mask(n):
        of_state, of_y = within(n, problem, params.cell, chunk)
        return jnp.concatenate([jnp.ravel(m) for m in of_state + of_y])

    return np.asarray(jax.jit(jax.vmap(mask))(1 + jnp.arange(count)))


def test_masks_grow_until_every_unit_is_reached():
    masks = masks_of(6, *ring())
    assert (masks[1:] >= masks[:-1]).all()
    # P is 7 numbers a unit; each n more reaches one unit more, in h and in y
    assert masks.sum(1).tolist() == [2 * 28 * n for n in (1, 2, 3, 4, 4, 4)]


def test_one_step_reaches_the_own_unit_only():
    problem, params, chunk = problem_of(LSTM(3))
    (of_h, of_c), (of_y,) = jax.jit(lambda: within(1, problem, params.cell, chunk))()
    columns = np.arange(12) % 3  # the unit of each column of w_x, w_h and b
    unit = np.concatenate([np.tile(columns, 2), np.tile(columns, 3), columns])
    own = unit[:, None] == np.arange(3)
    assert (of_h == own).all() and (of_y == own).all()
    gates = np.arange(12) // 3
    gate = np.concatenate([np.tile(gates, 2), np.tile(gates, 3), gates])
    rows = of_c.sum(1)
    silent = {int(g) for g in gate[rows == 0]}
    assert len(silent) == 1  # the output gate: it moves h, and c never in the same step
    assert (of_c[rows > 0] == own[rows > 0]).all()


def test_units_that_are_off_are_no_structure():
    problem, params, chunk = problem_of(Elman(3))
    relu = Problem(Elman(3, activation="relu"), problem.loss)
    smooth, kinked = masks_of(2, problem, params, chunk), masks_of(2, relu, params, chunk)
    np.testing.assert_array_equal(kinked, smooth)
    assert not smooth[0].all() and smooth[1].all()


def test_the_diameter_of_a_ring_is_bptt_and_less_is_not():
    with jax.enable_x64(True):
        problem, params, chunk = ring()
        state = problem.cell.init_state(params.cell, 2)
        _, full, _ = accumulate(bptt(), problem, params, state, chunk)
        for n, enough in ((3, False), (4, True)):
            _, grads, _ = accumulate(snap(n), problem, params, state, chunk)
            assert (distance(grads.cell, full.cell) < 1e-12) == enough


@pytest.mark.parametrize(
    ("n", "cell"),
    [(3, Stack((Elman(2), Elman(2)))), (2, LearnedState(GRU(2)))],
    ids=repr,
)
def test_enough_steps_are_bptt(n, cell):
    with jax.enable_x64(True):
        is_exact(snap(n, length=5), cell, marks(12), steps=12)


@pytest.mark.parametrize("cell", [Apart(), LearnedState(Apart())], ids=repr)
def test_one_step_is_bptt_of_units_apart(cell):
    with jax.enable_x64(True):
        is_exact(snap(1), cell, {})


def test_one_step_of_a_dense_cell_is_its_own_definition():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(Elman(3), 12, **marks(12))
        state = problem.cell.init_state(params.cell, 2)
        own = Problem(OwnUnitOnly(3), loss)
        _, want, _ = accumulate(bptt(), own, params, state, chunk)
        _, got, _ = accumulate(snap(1), problem, params, state, chunk)
        assert distance(got, want) < 1e-12


def test_losses_and_head_are_exact():
    with jax.enable_x64(True):
        keeps_losses_and_head(snap(1), GRU(2))


def test_resumes():
    resumes_bit_for_bit(snap(1, length=2))


def test_refuses_more_bytes_than_allowed():
    problem, params, chunk = problem_of(Elman(3))  # P = 18, S = 3, B = 2, float32
    exact = 18 * 3 * 2 * 4
    state = problem.cell.init_state(params.cell, 2)
    snap(1, max_bytes=exact).init(problem, params, state, chunk)
    with pytest.raises(ValueError, match=rf"snap: the influence .* \({exact} bytes\), above"):
        snap(1, max_bytes=exact - 1).init(problem, params, state, chunk)


@pytest.mark.parametrize("name", ["n", "length", "max_bytes"])
def test_fields_out_of_range_are_named(name):
    with pytest.raises(ValueError, match=f"snap: {name} must be greater than zero, got 0"):
        snap(**{"n": 1, name: 0})
