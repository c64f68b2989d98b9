"""The kernels against `jaxrnn.scan`: outputs, final state, every gradient, on every machine."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import native
from jaxrnn.native import library
from jaxrnn.native.plain import scan as plain_scan
from tests.native.sequences import (
    KINDS,
    by_engine,
    by_scan,
    distance,
    draw,
    in_double,
    with_gradients,
)

# no width of a vector divides these, and the tiles of rows get every height
# T, B, D, H; the last two need several chunks of 512 rows on the way back
SHAPES = [(5, 3, 4, 17), (1, 1, 1, 1), (5, 7, 3, 64), (3, 33, 9, 70), (6, 2, 33, 5)]
SHAPES += [(600, 2, 3, 5), (2, 600, 3, 5)]
CLOSE = 1e-5  # rounding of float32 over so few steps


def runs_here(name):
    chosen = native.machine()
    try:
        native.choose_machine(name)
    except ValueError:
        return False
    finally:
        native.choose_machine(chosen)
    return True


MACHINES = [name for name in ("portable", "avx2", "avx512") if runs_here(name)]


def on_every_machine(run, *args):
    """Yield the result of one compiled program with each of the kernels."""
    widest = native.machine()
    try:
        for name in MACHINES:
            native.choose_machine(name)
            yield jax.block_until_ready(run(*args))
    finally:
        native.choose_machine(widest)


def masks(steps, batch):
    source = np.random.default_rng(2)
    return source.random((steps, batch)) < 0.7, source.random((steps, batch)) < 0.3


def test_a_machine_is_always_there():
    assert "portable" in MACHINES and native.machine() in MACHINES
    with pytest.raises(ValueError, match="this processor has no 'abacus'"):
        native.choose_machine("abacus")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_outputs_and_gradients_are_the_scans(kind, shape):
    args = draw(kind, *shape)
    expected = with_gradients(by_scan(kind), *args)
    engine = jax.jit(lambda *args: with_gradients(by_engine(kind), *args))
    for got in on_every_machine(engine, *args):
        assert distance(got, expected) < CLOSE * max(1, max(shape[:2]) / 40)  # more is summed up


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_masks_and_resets_are_the_scans(kind, reverse):
    shape = (7, 5, 3, 19)
    args, (mask, resets) = draw(kind, *shape, bias=False), masks(*shape[:2])
    expected = with_gradients(by_scan(kind, mask, resets, reverse), *args)
    engine = jax.jit(lambda *args: with_gradients(by_engine(kind, mask, resets, reverse), *args))
    for got in on_every_machine(engine, *args):
        assert distance(got, expected) < CLOSE


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_state_becomes_anew_has_a_gradient(kind):
    from jaxrnn.native.call import ELMAN, GRU, LSTM, Call, Flags, Floats
    from jaxrnn.native.sequence import sequence

    shape = (6, 4, 3, 18)
    params, state, xs = draw(kind, *shape)
    _, anew, _ = draw(kind, *shape, seed=3)
    mask, starts = (jnp.asarray(a) for a in masks(*shape[:2]))
    floats = Floats(
        params.w_x, params.w_h, params.b, getattr(params, "b_hn", None), state.h,
        getattr(state, "c", None), xs, anew.h, getattr(anew, "c", None),
    )  # fmt: skip
    call = Call({"lstm": LSTM, "gru": GRU, "elman": ELMAN}[kind], False)
    flags = Flags(mask, starts)
    expected = with_gradients(lambda floats: plain_scan(call, floats, flags), floats)
    got = with_gradients(lambda floats: sequence(call, floats, flags), floats)
    assert float(jnp.abs(got[1][0].anew_h).max()) > 0
    assert distance(got, expected) < CLOSE


@pytest.mark.parametrize("kind", KINDS)
def test_rounding_is_no_worse_than_the_scans(kind):
    args = draw(kind, 40, 4, 8, 24)
    exact = in_double(by_scan(kind), *args)
    ours = distance(with_gradients(by_engine(kind), *args), exact)
    theirs = distance(with_gradients(by_scan(kind), *args), exact)
    assert ours < 4 * theirs


@pytest.mark.parametrize("kind", KINDS)
def test_without_steps_the_state_stays(kind):
    params, state, xs = draw(kind, 0, 2, 3, 4)
    (last, ys), (d_params, d_state, d_xs) = with_gradients(by_engine(kind), params, state, xs)
    assert ys.shape == (0, 2, 4) and d_xs.shape == xs.shape
    assert distance(last, state) == 0
    assert all(not np.asarray(a).any() for a in jax.tree.leaves(d_params))
    assert all(np.asarray(a).all() for a in jax.tree.leaves(d_state))


@pytest.mark.parametrize("kind", KINDS)
def test_nan_in_padding_reaches_nothing(kind):
    params, state, xs = draw(kind, 4, 3, 2, 5)
    mask = jnp.arange(4)[:, None] < jnp.array([4, 2, 0])
    dirty = jnp.where(mask[..., None], xs, jnp.nan)
    clean = with_gradients(by_engine(kind, mask), params, state, xs)
    got = with_gradients(by_engine(kind, mask), params, state, dirty)
    assert distance(got, clean) == 0
    assert not np.asarray(got[1][2])[~np.asarray(mask)].any()


def test_a_nan_in_a_valid_step_comes_out_as_nan():
    for kind in KINDS:
        params, state, xs = draw(kind, 3, 2, 2, 5)
        for _, ys in on_every_machine(by_engine(kind), params, state, xs.at[1, 0, 0].set(jnp.nan)):
            assert np.isnan(ys[1:, 0]).all() and np.isfinite(ys[:, 1]).all()


@pytest.mark.parametrize("far", [9.0, 30.0, 100.0, 1e4, np.inf])
def test_gates_saturate(far):
    params, state, xs = draw("elman", 1, 1, 1, 40)
    params = params._replace(w_x=jnp.linspace(-far, far, 40)[None], w_h=params.w_h * 0, b=None)
    if far == np.inf:
        params = params._replace(w_x=jnp.where(jnp.arange(40) < 20, -jnp.inf, jnp.inf)[None])
    expected = np.tanh(np.asarray(params.w_x, np.float64))[0]
    for _, ys in on_every_machine(by_engine("elman"), params, state, jnp.ones_like(xs)):
        assert np.abs(ys[0, 0] - expected).max() < 2e-7


def test_tanh_keeps_its_digits_near_zero():
    params, state, xs = draw("elman", 1, 1, 1, 64)
    w = jnp.logspace(-30, 0, 64).astype(jnp.float32)[None]
    params = params._replace(w_x=w, w_h=params.w_h * 0, b=None)
    expected = np.tanh(np.asarray(w, np.float64))[0]
    for _, ys in on_every_machine(by_engine("elman"), params, state, jnp.ones_like(xs)):
        assert (np.abs(ys[0, 0] / expected - 1) < 4e-7).all()


def test_kept_arrays_are_few():
    limits = {"lstm": 6, "gru": 5, "elman": 1}  # arrays [T, B, H], ys among them
    for kind in KINDS:
        args = draw(kind, 8, 4, 3, 16)

        kept = partial(jax.vjp, by_engine(kind))
        leaves = jax.tree.leaves(jax.eval_shape(kept, *args)[1])
        inputs = sum(a.size for a in jax.tree.leaves(args))
        assert sum(a.size for a in leaves) - inputs <= limits[kind] * 8 * 4 * 16


def test_the_library_is_loaded_once():
    assert library._load() is library._load()
