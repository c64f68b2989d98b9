"""The encoder that reads both ways: equal to the drivers by hand, blind to padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.cells import GRU, LSTM
from jaxrnn.drivers import bidirectional
from jaxrnn.models.bidirectional_encoder import (
    BidirectionalEncoder,
    both_ends,
    mean_of_steps,
    most_of_steps,
)

KEY = jax.random.key(0)
LENGTHS = jnp.array([5, 2, 1])


def _xs(steps=5):
    return jax.random.normal(jax.random.key(1), (steps, 3, 4))


@pytest.mark.parametrize("cell", [GRU(3), LSTM(3)], ids=repr)
def test_it_is_two_drivers_by_hand(cell):
    encoder = BidirectionalEncoder(cell, layers=2, dropout=0.5)
    params = encoder.init(KEY, 4)
    ys = encoder.apply(params, _xs(), lengths=LENGTHS)
    by_hand = bidirectional(cell, params.first, None, _xs(), lengths=LENGTHS)[1]
    above = jax.tree.map(lambda leaf: leaf[0], params.rest)
    by_hand = bidirectional(cell, above, None, by_hand, lengths=LENGTHS)[1]
    np.testing.assert_allclose(ys, by_hand, rtol=1e-5, atol=1e-6)


def test_padding_changes_nothing_whatever_stands_there():
    encoder = BidirectionalEncoder(GRU(3))
    params = encoder.init(KEY, 4)
    longer = jnp.concatenate([_xs(), jnp.full((2, 3, 4), jnp.nan)])
    real = jnp.arange(5)[:, None] < LENGTHS
    xs = jnp.where(real[..., None], longer[:5], jnp.nan)

    def loss(params, xs):
        return (encoder.apply(params, xs, lengths=LENGTHS)[:5] ** 2).sum()

    value, grads = jax.value_and_grad(loss)(params, _xs())
    padded, padded_grads = jax.value_and_grad(loss)(params, jnp.concatenate([xs, longer[5:]]))
    np.testing.assert_allclose(value, padded, rtol=1e-6)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), grads, padded_grads
    )


def test_a_sequence_behind_a_reset_is_read_as_if_alone():
    encoder = BidirectionalEncoder(GRU(3))
    params = encoder.init(KEY, 4)
    resets = jnp.zeros((5, 3), bool).at[jnp.array([0, 2])].set(True)
    both = encoder.apply(params, _xs(), resets=resets)
    np.testing.assert_allclose(both[:2], encoder.apply(params, _xs()[:2]), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(both[2:], encoder.apply(params, _xs()[2:]), rtol=1e-6, atol=1e-6)


def test_a_key_drops_and_the_same_key_drops_the_same():
    encoder = BidirectionalEncoder(GRU(8), layers=2, dropout=0.5)
    params = encoder.init(KEY, 4)
    one, same, other = (encoder.apply(params, _xs(), key=jax.random.key(i)) for i in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert 0.35 < float((one == 0).mean()) < 0.65
    assert not np.array_equal(one, other)
    assert not (encoder.apply(params, _xs()) == 0).any()


def test_its_errors_name_it():
    with pytest.raises(ValueError, match="BidirectionalEncoder: dropout"):
        BidirectionalEncoder(GRU(3), dropout=1.5)
    with pytest.raises(ValueError, match="num_layers"):
        BidirectionalEncoder(GRU(3), layers=0)


def test_what_is_kept_of_the_steps_looks_at_real_ones_alone():
    ys = jax.random.normal(KEY, (5, 3, 4)) - 3
    lengths = jnp.array([5, 2, 0])
    mask = jnp.arange(5)[:, None] < lengths
    dirty = jnp.where(mask[..., None], ys, jnp.nan)
    for kept, numpy in ((mean_of_steps, np.mean), (most_of_steps, np.max)):
        found = kept(dirty, mask)
        np.testing.assert_allclose(found[0], numpy(ys[:, 0], axis=0), rtol=1e-6)
        np.testing.assert_allclose(found[1], numpy(ys[:2, 1], axis=0), rtol=1e-6)
        np.testing.assert_array_equal(found[2], 0)
        grads = jax.grad(lambda ys, kept=kept: (kept(ys, mask) ** 2).sum())(dirty)
        assert np.isfinite(grads).all() and not grads[2:, 1].any()
    ends = both_ends(ys, jnp.array([5, 2, 1]))
    np.testing.assert_array_equal(ends[1], jnp.concatenate([ys[1, 1, :2], ys[0, 1, 2:]]))
