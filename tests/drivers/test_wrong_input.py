"""What a user does wrong is told in our words: the function, the argument, what came."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, RNN, AllStates, Elman, Stack, Zoneout, generate, scan, stack
from jaxrnn.cells import ElmanState, LSTMState

XS = jnp.ones((4, 2, 3))
CELL = GRU(3)
PARAMS = CELL.init(jax.random.key(0), 3)
STACKED = jax.vmap(lambda key: CELL.init(key, 3))(jax.random.split(jax.random.key(0), 3))


@dataclasses.dataclass(frozen=True)
class Mine:
    """A cell whose step is whatever a test makes of it."""

    stepper: object

    def init(self, key, input_size):
        return {"w": jnp.ones((input_size, 2))}

    def init_state(self, params, batch=()):
        return ElmanState(jnp.zeros((*((batch,) if isinstance(batch, int) else batch), 2)))

    def project(self, params, x):
        return x @ params["w"]

    def step(self, params, state, u):
        return self.stepper(state, u)


def swapped(state, u):
    return state.h, state


def alone(state, u):
    return ElmanState(u)


def three(state, u):
    return u, state, u


def narrower(state, u):
    return ElmanState(u[..., :1]), u


def bfloat(state, u):
    return ElmanState(u.astype("bfloat16")), u


WRONG = {
    swapped: r"structure it received, ElmanState\(h\), got one array \(2, 2\)",
    alone: r"should return the pair \(state, y\), got ElmanState\(h\)",
    three: r"should return the pair \(state, y\), got tuple\(",
    narrower: r"state.h: expected \(2, 2\), got \[2, 1\]",
    bfloat: r"state.h: expected float32, got bfloat16",
}


@pytest.mark.parametrize("step", WRONG, ids=lambda f: f.__name__)
def test_a_wrong_step_is_named(step):
    cell = Mine(step)
    params = cell.init(None, 3)
    rnn = RNN(cell)
    square = {"w": jnp.ones((2, 2))}
    runs = {
        "scan": lambda: scan(cell, params, None, XS),
        "stack": lambda: stack((cell,), (params,), None, XS),
        "RNN": lambda: rnn.apply(rnn.init(jax.random.key(0), 3), XS),
        "generate": lambda: generate(cell, square, None, jnp.ones((2, 2)), 3),
    }
    for name, run in runs.items():
        with pytest.raises(TypeError, match=r"Mine\.step: .*" + WRONG[step]):
            run()
            raise AssertionError(name)


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (lambda: stack(CELL, STACKED, GRU(3).init_state(PARAMS, (2, 2)), XS), ValueError,
         r"stack: state should be stacked over layers like params, .*L=3, got .*\(2,\)"),
        (lambda: stack(CELL, STACKED, None, XS, layer="scan"), TypeError,
         "stack: layer should be a driver .* got str"),
        (lambda: stack(CELL, STACKED, None, XS, clock=jax.random.key(0)), TypeError,
         r"stack: clock should be a Clock\(key, t\), got"),
        (lambda: stack(AllStates(CELL), STACKED, None, XS), ValueError,
         "stack: layers of one cell need outputs as wide as inputs, got tuple"),
        (lambda: RNN(AllStates(CELL), 2).init(jax.random.key(0), 3), TypeError,
         "AllStates: the output is a tuple.*RNN.as_cell"),
        (lambda: scan(CELL, PARAMS, None, XS, lengths=[[1], [2, 3]]), TypeError,
         r"scan: lengths should be integers \[B\], got list that is no array"),
        (lambda: scan(CELL, PARAMS, None, XS, mask="no"), TypeError,
         r"scan: mask should be bool \[T, B\], got <U2"),
        (lambda: scan(CELL, PARAMS, None, XS, unroll=0), ValueError, "1 is plain"),
        (lambda: generate(CELL, PARAMS, None, XS[0], 3, lambda y, key: (y, y)), ValueError,
         "generate: feedback should return an input like x, .* got tuple"),
        (lambda: generate(CELL, PARAMS, None, XS[0], 3, "greedy"), TypeError,
         "generate: feedback should be a function .* got str"),
        (lambda: generate(CELL, STACKED, None, XS[0], 3), ValueError,
         r"generate: params.w_x: expected \(3, 9\), got \(3, 3, 9\)"),
        (lambda: scan(LSTM(3), LSTM(3).init(jax.random.key(0), 3),
                      LSTMState(jnp.ones((2, 3)), None), XS), TypeError,
         r"scan: state: expected LSTMState\(h, c\), got LSTMState\(h, c=None\)"),
        (lambda: scan(CELL, jax.tree.map(lambda a: np.asarray(a, np.float64), PARAMS), None, XS),
         TypeError, "scan: .*weight dtype .float64.*JAX_ENABLE_X64=1"),
        (lambda: Elman(3, activation="thanh"), ValueError,
         "Elman: Unknown nonlinearity 'thanh'.*Did you mean 'tanh'"),
        (lambda: Stack(LSTM(3)), TypeError, "Stack: cells should be a tuple of cells, got LSTM"),
        (lambda: CELL.project(PARAMS, [1.0, 2.0, 3.0]), TypeError,
         "GRU.project: x should be an array .* got list"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(run, error, text):
    with pytest.raises(error, match=text):
        run()


def test_lengths_may_be_a_list():
    listed = scan(CELL, PARAMS, None, XS, lengths=[2, 3])
    array = scan(CELL, PARAMS, None, XS, lengths=jnp.array([2, 3]))
    np.testing.assert_array_equal(listed[1], array[1])


@pytest.mark.parametrize("cell", [AllStates(LSTM(2)), AllStates(Zoneout(LSTM(2), 0.2))], ids=repr)
def test_all_states_in_both_directions(cell):
    rnn = RNN(cell, bidirectional=True)
    params = rnn.init(jax.random.key(0), 3)
    final, (ys, states) = rnn.apply(params, XS)
    inner = states if isinstance(cell.cell, LSTM) else states.cell
    last = final if isinstance(cell.cell, LSTM) else final.cell
    assert ys.shape == inner.c.shape == (4, 2, 4)
    np.testing.assert_array_equal(inner.c[-1, :, :2], last.c[0])
    np.testing.assert_array_equal(inner.c[0, :, 2:], last.c[1])
