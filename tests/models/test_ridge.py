"""Readouts: in closed form against `lstsq`, in chunks and step by step against closed form."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import Output, ridge, rls
from jaxrnn.models import add_moments, solve_ridge, start_moments, start_rls, update_rls

T, H, Y = 60, 7, 2


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def data(steps=T, seed=0, offset=3.0):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(H, H)) * 10.0 ** -(np.arange(H)[:, None] ** 0.5)
    hs = rng.normal(size=(steps, H)) @ mix + offset
    return jnp.asarray(hs), jnp.asarray(hs @ rng.normal(size=(H, Y)) + rng.normal(size=(steps, Y)))


def least_squares(hs, ys, penalty, weights=None):
    """Solve the augmented system: a row of data each, a row sqrt(penalty) for each weight."""
    root = np.sqrt(np.ones(len(hs)) if weights is None else weights)[:, None]
    rows = np.hstack([np.asarray(hs), np.ones((len(hs), 1))]) * root
    shrinking = np.hstack([np.sqrt(penalty) * np.eye(H), np.zeros((H, 1))])  # not the intercept
    right = np.vstack([ys * root, np.zeros((H, Y))])
    w = np.linalg.lstsq(np.vstack([rows, shrinking]), right, rcond=None)[0]
    return w[:-1], w[-1]


@pytest.mark.parametrize("penalty", [0.0, 1e-6, 1.0, 1e4])
def test_ridge_is_least_squares_of_the_augmented_system(penalty):
    hs, ys = data()
    params = ridge(hs, ys, penalty)
    chex.assert_trees_all_close(tuple(params), least_squares(hs, ys, penalty), atol=1e-10)
    # batches are more rows
    batch = ridge(hs.reshape(12, 5, H), ys.reshape(12, 5, Y), penalty)
    chex.assert_trees_all_close(batch, params, atol=1e-12)


def test_units_that_always_agree_share_the_weight():
    hs, ys = data()
    twice = jnp.concatenate([hs, hs[:, :1]], -1)
    fitted = ridge(twice, ys, 0.0)
    centred = np.linalg.lstsq(twice - twice.mean(0), ys - ys.mean(0), rcond=None)[0]
    np.testing.assert_allclose(fitted.w_hy, centred, atol=1e-10)
    np.testing.assert_allclose(fitted.w_hy[0], fitted.w_hy[-1], atol=1e-10)
    still = solve_ridge(add_moments(start_moments(H + 1, Y), twice, ys), 0.0)
    np.testing.assert_allclose(still.w_hy, centred, atol=1e-9)


def test_the_intercept_is_not_penalised():
    hs, ys = data()
    params = ridge(hs, ys + 1000, 1e12)
    np.testing.assert_allclose(Output(Y).apply(params, hs), jnp.tile(ys.mean(0) + 1000, (T, 1)))


def test_several_penalties_at_once():
    hs, ys = data()
    penalties = jnp.array([1e-3, 1.0])
    many = jax.vmap(ridge, (None, None, 0))(hs, ys, penalties)
    for i, penalty in enumerate(penalties):
        one = ridge(hs, ys, penalty)
        chex.assert_trees_all_close(jax.tree.map(lambda a, i=i: a[i], many), one, atol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_chunks_give_the_whole(offset):
    hs, ys = data(offset=offset)
    moments = start_moments(H, Y)
    for start, end in ((0, 1), (1, 20), (20, 20), (20, 60)):
        moments = add_moments(moments, hs[start:end], ys[start:end])
    assert int(moments.steps) == T
    whole = ridge(hs, ys, 1e-3)
    chex.assert_trees_all_close(solve_ridge(moments, 1e-3).w_hy, whole.w_hy, atol=1e-10)
    np.testing.assert_allclose(moments.hh, np.cov(hs.T) * (T - 1), atol=1e-8)


def test_recursive_least_squares_is_ridge_after_every_step():
    hs, ys = data()
    state, errors, update = start_rls(H, Y, 1e-2), [], jax.jit(update_rls)
    for t in range(T):
        before = state.output
        state, error = update(state, hs[t], ys[t])
        errors.append(error)
        np.testing.assert_allclose(error, ys[t] - Output(Y).apply(before, hs[t]), atol=1e-10)
        if t in (0, 3, T - 1):
            chex.assert_trees_all_close(
                state.output, ridge(hs[: t + 1], ys[: t + 1], 1e-2), atol=1e-10
            )
    run, all_errors = rls(hs, ys, penalty=1e-2)
    chex.assert_trees_all_close(run, state, atol=1e-10)
    np.testing.assert_allclose(all_errors, jnp.stack(errors), atol=1e-10)


def test_forgetting_weighs_old_steps_less():
    hs, ys = data()
    half, _ = rls(hs[:25], ys[:25], penalty=0.5, forgetting=0.9)
    state, _ = rls(hs[25:], ys[25:], forgetting=0.9, state=half)
    weights = 0.9 ** np.arange(T)[::-1]
    want = least_squares(hs, ys, 0.5 * 0.9**T, weights)
    chex.assert_trees_all_close(tuple(state.output), want, atol=1e-9)
    assert float(state.steps) == pytest.approx(weights.sum())


def test_small_dtypes_are_summed_in_float32():
    hs, ys = (a.astype(jnp.bfloat16) for a in data(offset=0.5))
    want = ridge(hs.astype("float64"), ys.astype("float64"), 1.0)
    with jax.enable_x64(False):
        moments = add_moments(start_moments(H, Y), hs, ys)
        for params in (ridge(hs, ys, 1.0), solve_ridge(moments, 1.0)):
            assert params.w_hy.dtype == jnp.float32
            chex.assert_trees_all_close(
                jax.tree.map(np.float64, params), jax.tree.map(np.float64, want), rtol=5e-3
            )


@pytest.mark.parametrize("fit", [ridge, rls])
def test_wrong_data(fit):
    hs, ys = data()
    name = fit.__name__
    with pytest.raises(ValueError, match=rf"{name}: .* got \(60, 7\) and \(59, 2\).*washout"):
        fit(hs, ys[1:])
    with pytest.raises(ValueError, match=rf"{name}: .* got \(60, 7\) and \(60,\).*ys\[..., None\]"):
        fit(hs, ys[:, 0])
    with pytest.raises(TypeError, match=f"{name}: .* got float64 and float32"):
        fit(hs, ys.astype("float32"))
    with pytest.raises(ValueError, match="penalty must be"):
        fit(hs, ys, penalty=-1.0)


def test_other_wrong_input():
    hs, ys = data()
    with pytest.raises(ValueError, match="penalty must be above 0, got 0"):
        rls(hs, ys, penalty=0.0)
    with pytest.raises(ValueError, match="forgetting must be above 0 and at most 1, got 1.5"):
        rls(hs, ys, forgetting=1.5)
    with pytest.raises(ValueError, match=r"one stream, hs \[T, H\], got \(60, 1, 7\).*vmap"):
        rls(hs[:, None], ys[:, None])
    with pytest.raises(ValueError, match=r"moments are for H=7 and O=1, got .*ys float64\[60, 2\]"):
        add_moments(start_moments(H, 1), hs, ys)
    with pytest.raises(TypeError, match="rls: the state is float64, got hs float32"):
        rls(hs.astype("float32"), ys.astype("float32"), state=start_rls(H, Y))
