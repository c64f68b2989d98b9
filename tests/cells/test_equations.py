"""Each cell against its published equation, written once more in NumPy, gate by gate."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    Elman,
    GRUResetBefore,
    IndRNN,
    LayerNorm,
    LayerNormCarryLSTM,
    LayerNormLSTM,
    LSTMParams,
    LSTMState,
    Output,
    Reservoir,
    Zoneout,
    with_key,
)
from jaxrnn.testing import example

D, H = 3, 5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def blocks(w, n):
    return np.split(np.asarray(w), n, axis=-1)


def norm(x, gain, shift=0.0, eps=1e-5):
    x = np.asarray(x)
    centred = x - x.mean(-1, keepdims=True)
    return gain * centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps) + shift


def elman(p, s, x):
    h = np.tanh(x @ p.w_x + p.b + s.h @ p.w_h)
    return {"h": h}


def indrnn(p, s, x):
    return {"h": np.maximum(x @ p.w_x + p.b + p.w_h * s.h, 0)}


def reservoir(p, s, x):
    return {"h": 0.6 * s.h + 0.4 * np.tanh(x @ p.w_x + p.b + s.h @ p.w_h)}


def lstm(p, s, x, projection=False, peephole=False, coupled=False):
    n = 3 if coupled else 4
    w, u, b = blocks(p.w_x, n), blocks(p.w_h, n), blocks(p.b, n)
    f, g, o = (x @ w[k] + s.h @ u[k] + b[k] for k in range(n - 3, n))
    rows = iter(np.asarray(p.p)) if peephole else iter(())
    i = None if coupled else x @ w[0] + s.h @ u[0] + b[0]
    if peephole and not coupled:
        i = i + next(rows) * s.c
    f = sigmoid(f + (next(rows) * s.c if peephole else 0))
    c = f * s.c + (1 - f if coupled else sigmoid(i)) * np.tanh(g)
    h = sigmoid(o + (next(rows) * c if peephole else 0)) * np.tanh(c)
    return {"h": h @ p.w_r if projection else h, "c": c}


def gru(p, s, x):
    (w_r, w_z, w_n), (u_r, u_z, u_n) = blocks(p.w_x, 3), blocks(p.w_h, 3)
    b_r, b_z, b_n = blocks(p.b, 3)
    r = sigmoid(x @ w_r + s.h @ u_r + b_r)
    z = sigmoid(x @ w_z + s.h @ u_z + b_z)
    n = np.tanh(x @ w_n + b_n + r * (s.h @ u_n + p.b_hn))
    return {"h": (1 - z) * n + z * s.h}


def gru_reset_before(p, s, x):
    (w_r, w_z, w_n), (u_r, u_z, u_n) = blocks(p.w_x, 3), blocks(p.w_h, 3)
    b_r, b_z, b_n = blocks(p.b, 3)
    r = sigmoid(x @ w_r + s.h @ u_r + b_r)
    z = sigmoid(x @ w_z + s.h @ u_z + b_z)
    n = np.tanh(x @ w_n + b_n + (r * s.h) @ u_n)
    return {"h": (1 - z) * n + z * s.h}


def layer_norm_lstm(p, s, x):
    z = norm(x @ p.w_x, p.gain_x) + norm(s.h @ p.w_h, p.gain_h) + p.b
    i, f, g, o = blocks(z, 4)
    c = sigmoid(f) * s.c + sigmoid(i) * np.tanh(g)
    return {"h": sigmoid(o) * np.tanh(norm(c, p.gain_c, p.shift_c)), "c": c}


def layer_norm_carry_lstm(p, s, x):
    z = norm(x @ p.w_x, p.gain_x, p.shift_x, 1e-3) + norm(s.h @ p.w_h, p.gain_h, p.shift_h, 1e-3)
    i, f, g, o = blocks(z + p.b, 4)
    c = norm(sigmoid(f) * s.c + sigmoid(i) * np.tanh(g), p.gain_c, p.shift_c, 1e-3)
    return {"h": sigmoid(o) * np.tanh(c), "c": c}


def normed_gru(p, s, x):
    inner = p.cell
    u = norm(x @ inner.w_x + inner.b, p.gain_x, p.shift_x)
    r = norm(s.h @ inner.w_h, p.gain_h)
    (u_r, u_z, u_n), (r_r, r_z, r_n) = blocks(u, 3), blocks(r, 3)
    z = sigmoid(u_z + r_z)
    n = np.tanh(u_n + sigmoid(u_r + r_r) * (r_n + inner.b_hn))
    return {"h": (1 - z) * n + z * s.h}


CASES = (
    (Elman(H), elman),
    (LSTM(H), lstm),
    (LSTM(H, proj_size=2), lambda p, s, x: lstm(p, s, x, projection=True)),
    (LSTM(H, peephole=True), lambda p, s, x: lstm(p, s, x, peephole=True)),
    (LSTM(H, coupled=True), lambda p, s, x: lstm(p, s, x, coupled=True)),
    (
        LSTM(H, coupled=True, peephole=True),
        lambda p, s, x: lstm(p, s, x, peephole=True, coupled=True),
    ),
    (GRU(H), gru),
    (GRUResetBefore(H), gru_reset_before),
    (IndRNN(H), indrnn),
    (Reservoir(H, leak=0.4), reservoir),
    (LayerNormLSTM(H), layer_norm_lstm),
    (LayerNormCarryLSTM(H), layer_norm_carry_lstm),
    (LayerNorm(GRU(H)), normed_gru),
)


@pytest.mark.parametrize(
    "cell, equation", CASES, ids=lambda c: repr(c) if hasattr(c, "init") else ""
)
def test_a_step_is_the_equation(cell, equation):
    with jax.enable_x64(True):
        params, state, x = example(cell, D, (2,))
        new, y = cell.step(params, state, cell.project(params, x))
        want = equation(*jax.tree.map(np.asarray, (params, state, x)))
        for name, value in want.items():
            np.testing.assert_allclose(getattr(new, name), value, rtol=1e-12, atol=1e-13)
        np.testing.assert_array_equal(y, new.h)


def ramp(lo, hi, *shape):
    return jnp.linspace(lo, hi, int(np.prod(shape))).reshape(shape)


def test_lstm_step_gives_the_numbers_of_torch():  # torch.nn.LSTMCell, float64, bias_hh = 0
    params = LSTMParams(ramp(-0.5, 0.5, 3, 8), ramp(-0.3, 0.7, 2, 8), ramp(-0.2, 0.9, 8))
    state = LSTMState(h=jnp.array([0.1, -0.4]), c=jnp.array([0.3, -0.2]))
    u = LSTM(2).project(params, jnp.array([1.0, -2.0, 0.5]))
    state, _ = LSTM(2).step(params, state, u)
    np.testing.assert_allclose(state.h, [0.08546950, -0.01826160], rtol=1e-5)
    np.testing.assert_allclose(state.c, [0.15178787, -0.03067664], rtol=1e-5)


def test_the_two_grus_differ():
    with jax.enable_x64(True):
        params, state, x = example(GRU(H), D)
        params = params._replace(b_hn=jnp.zeros(H))
        after = GRU(H).step(params, state, GRU(H).project(params, x))[1]
        from jaxrnn import GRUResetBeforeParams

        other = GRUResetBeforeParams(params.w_x, params.w_h, params.b)
        before = GRUResetBefore(H).step(other, state, GRUResetBefore(H).project(other, x))[1]
        assert float(abs(after - before).max()) > 1e-3


def test_zoneout_keeps_old_entries_and_its_expectation_is_the_mean():
    with jax.enable_x64(True):
        cell, plain = Zoneout(LSTM(400), 0.3, 0.6), LSTM(400)
        params, state, x = example(cell, D, ())
        u = plain.project(params, x)
        new, _ = plain.step(params, state.cell, u)
        drawn, y = cell.step(params, state, u)
        kept = np.asarray(drawn.cell.h == state.cell.h)
        np.testing.assert_array_equal(drawn.cell.h, np.where(kept, state.cell.h, new.h))
        np.testing.assert_array_equal(y, drawn.cell.h)
        assert 0.2 < kept.mean() < 0.4
        assert 0.5 < np.asarray(drawn.cell.c == state.cell.c).mean() < 0.7
        quiet, _ = cell.step(params, cell.init_state(params)._replace(cell=state.cell), u)
        np.testing.assert_allclose(quiet.cell.h, 0.3 * state.cell.h + 0.7 * new.h, rtol=1e-12)
        draws = [
            cell.step(params, with_key(state, jax.random.key(i)), u)[0].cell.h for i in range(200)
        ]
        np.testing.assert_allclose(np.mean(draws, 0).mean(), quiet.cell.h.mean(), atol=2e-3)


@pytest.mark.parametrize("name", ["linear", "softmax", "sigmoid"])
def test_the_output_layer_is_its_equation(name):
    with jax.enable_x64(True):
        output = Output(4, activation=name)
        params = output.init(jax.random.key(0), 3)
        params = params._replace(b_y=jnp.arange(4.0))
        h = jnp.linspace(-1, 1, 6).reshape(2, 3)
        z = np.asarray(h @ params.w_hy + params.b_y)
        e = np.exp(z)
        want = {"linear": z, "softmax": e / e.sum(-1, keepdims=True), "sigmoid": sigmoid(z)}[name]
        np.testing.assert_allclose(output.apply(params, h), want, rtol=1e-12)
    with pytest.raises(ValueError, match="Output.apply: h has 2 features.*input_size=3"):
        output.apply(params, jnp.ones((4, 2)))
