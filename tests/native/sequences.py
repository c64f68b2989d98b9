"""Random sequences for the kernels, and the same by `jaxrnn.scan`, the definition of correct."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn import GRU, LSTM, Elman, native, scan
from jaxrnn.cells import ElmanParams, ElmanState, GRUParams, GRUState, LSTMParams, LSTMState
from jaxrnn.drivers.ragged import reset_steps, valid_steps

KINDS = ("lstm", "gru", "elman")
GATES = {"lstm": 4, "gru": 3, "elman": 1}


def draw(kind, steps, batch, width, hidden, *, bias=True, seed=0):
    """Return (params, state, xs), asymmetric and far from zero."""
    source, gates = np.random.default_rng(seed), GATES[kind]

    def normal(*shape, scale=1.0):
        return jnp.asarray((source.normal(size=shape) * scale).astype(np.float32))

    w_x = normal(width, gates * hidden, scale=width**-0.5)
    w_h = normal(hidden, gates * hidden, scale=hidden**-0.5)
    b = normal(gates * hidden) if bias else None
    h, xs = normal(batch, hidden), normal(steps, batch, width)
    if kind == "lstm":
        return LSTMParams(w_x, w_h, b), LSTMState(h, normal(batch, hidden)), xs
    if kind == "gru":
        return GRUParams(w_x, w_h, b, normal(hidden) if bias else None), GRUState(h), xs
    return ElmanParams(w_x, w_h, b), ElmanState(h), xs


def by_scan(kind, mask=None, resets=None, reverse=False):
    """Return a function (params, state, xs) -> (state, ys) of the scan."""

    def run(params, state, xs):
        hidden, bias = state.h.shape[-1], params.b is not None
        cell = {"lstm": LSTM, "gru": GRU, "elman": Elman}[kind](hidden, bias=bias)
        return scan(cell, params, state, xs, mask=mask, resets=resets, reverse=reverse)

    return run


def by_engine(kind, mask=None, resets=None, reverse=False, anew=None):
    """Return the same function of the compiled engine; `anew` is zeros if not given."""

    def run(params, state, xs):
        steps, batch = xs.shape[:2]
        valid = valid_steps("test", None, mask, steps, (batch,))
        starts = reset_steps("test", resets, valid, steps, (batch,), reverse)
        new = jax.tree.map(jnp.zeros_like, state) if anew is None else anew
        options = {"valid": valid, "starts": starts, "reverse": reverse}
        if kind == "lstm":
            if starts is not None:
                options["anew"] = tuple(new)
            (h, c), ys = native.lstm(
                params.w_x, params.w_h, params.b, state.h, state.c, xs, **options
            )
            return LSTMState(h, c), ys
        if starts is not None:
            options["anew"] = new.h
        if kind == "gru":
            h, ys = native.gru(
                params.w_x, params.w_h, params.b, params.b_hn, state.h, xs, **options
            )
            return GRUState(h), ys
        h, ys = native.elman(params.w_x, params.w_h, params.b, state.h, xs, **options)
        return ElmanState(h), ys

    return run


def cotangents_of(out, seed=1):
    """Return random cotangents of the outputs, drawn alike for every run."""
    source = np.random.default_rng(seed)
    return jax.tree.map(lambda a: jnp.asarray(source.normal(size=a.shape), a.dtype), out)


def with_gradients(run, *args):
    """Return (outputs, gradients of params, state and xs), in one compiled program."""

    def both(*args):
        out, transpose = jax.vjp(run, *args)
        return out, transpose(cotangents_of(out))

    return jax.jit(both)(*args)


def in_double(run, *args):
    """Return the same as NumPy arrays in float64, computed in float64."""
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda a: jnp.asarray(np.asarray(a, np.float64)), args)
        return jax.tree.map(np.asarray, with_gradients(run, *wide))


def distance(got, expected):
    """Return the largest difference of two trees, each leaf measured by its own largest number."""
    worst = 0.0
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        assert a.shape == b.shape
        if a.size:
            scale = max(np.abs(b).max(), 1e-3)
            worst = max(worst, float(np.abs(a - b).max() / scale))
            assert np.isfinite(a).all()
    return worst
