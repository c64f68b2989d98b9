"""A lookup against the product of one-hot rows with its table."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.models.lookup import Lookup, LookupParams, as_id

V, E = 5, 3
IDS = np.array([[4, 0, 2, 1], [0, 3, 2, 2], [1, 1, 0, 4]])


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def table():
    return jnp.asarray(np.random.default_rng(0).normal(size=(V, E)))


@pytest.mark.parametrize("padding", [False, True])
def test_values_and_gradients_are_those_of_one_hot_rows(padding):
    lookup = Lookup(V, E, padding=padding)
    mix = jnp.asarray(np.random.default_rng(1).normal(size=(*IDS.shape, E)))
    rows = np.eye(V)[IDS] * ((IDS != 0) | (not padding))[..., None]

    def loss(table):
        return (mix * jnp.sin(lookup.apply(LookupParams(table), jnp.asarray(IDS)))).sum()

    def oracle(table):
        return (mix * jnp.sin(jnp.asarray(rows) @ table)).sum()

    got = lookup.apply(LookupParams(table()), IDS)
    np.testing.assert_allclose(got, rows @ table(), rtol=1e-14)
    grads = jax.grad(loss)(table())
    np.testing.assert_allclose(grads, jax.grad(oracle)(table()), rtol=1e-12)
    assert bool((grads[0] == 0).all()) == padding


def test_padding_is_zero_whatever_the_table_holds():
    bad = table().at[0].set(jnp.nan)
    x = Lookup(V, E).apply(LookupParams(bad), jnp.array([0, 1]))
    np.testing.assert_array_equal(x, jnp.stack([jnp.zeros(E), bad[1]]))
    grads = jax.grad(lambda t: Lookup(V, E).apply(LookupParams(t), jnp.array([0, 1])).sum())(bad)
    assert float(abs(grads[0]).max()) == 0


@pytest.mark.parametrize("padding", [False, True])
@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
def test_an_id_outside_is_nan_and_its_neighbours_are_not(padding, dtype):
    ids = np.array([-1, 1, V, -V, V - 1, 100], dtype)
    x = Lookup(V, E, padding=padding).apply(LookupParams(table()), ids)
    inside = (ids >= 0) & (ids < V)
    np.testing.assert_array_equal(np.isfinite(x).all(-1), inside)
    np.testing.assert_array_equal(np.isnan(x).all(-1), ~inside)


def test_an_id_outside_does_not_train_another_row():
    ids = jnp.array([-1, 2, V])
    grads = jax.grad(lambda t: Lookup(V, E).apply(LookupParams(t), ids)[1].sum())(table())
    np.testing.assert_array_equal(grads, np.eye(V)[2][:, None] * np.ones(E))


def test_the_table_starts_about_as_long_as_one_hot_rows():
    drawn = Lookup(400, 50).init(jax.random.key(0)).table
    assert float(abs(drawn[0]).max()) == 0
    np.testing.assert_allclose((drawn[1:] ** 2).sum(-1).mean(), 1, rtol=0.05)
    assert float(abs(Lookup(2, 50, padding=False).init(jax.random.key(0)).table[0]).max()) > 0


def test_small_tables_give_their_own_dtype():
    params = LookupParams(table().astype(jnp.bfloat16))
    assert Lookup(V, E).apply(params, jnp.array(3)).dtype == jnp.bfloat16


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match="Lookup: features must be greater than zero, got 0"):
        Lookup(3, 0)
    with pytest.raises(TypeError, match=r"ids should be integers, got float64\[2\]. For one-hot"):
        Lookup(V, E).apply(LookupParams(table()), jnp.ones(2))
    with pytest.raises(ValueError, match=r"should be \[V=4, E=3\], got \[5, 3\]"):
        Lookup(4, E).apply(LookupParams(table()), jnp.array([0]))
    with pytest.raises(ValueError, match="end should be from 0 to 4, .* got -1"):
        as_id("beam_search", "end", -1, 5)
    with pytest.raises(TypeError, match="end should be of type int, got: bool"):
        as_id("beam_search", "end", True, 5)
