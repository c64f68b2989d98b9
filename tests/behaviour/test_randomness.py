"""Behaviour at the edges, E52-E56: random masks."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    Dropout,
    Elman,
    InputDropout,
    RecurrentDropout,
    Residual,
    VariationalDropout,
    WeightDrop,
    Zoneout,
    scan,
    with_key,
)  # fmt: skip
from jaxrnn.testing.cells import randomise

KEY = jax.random.key(7)
XS = randomise(jnp.zeros((8, 2, 6)), 2)
RANDOM = (
    RNN(LSTM(6), 3, dropout=0.4),
    RNN(LSTM(6), 3, dropout=0.4, bidirectional=True),
    RNN(Dropout(GRU(6), 0.4), 2),
    RNN(VariationalDropout(GRU(6), 0.4), 2),
    RNN(InputDropout(GRU(6), 0.4), 2),
    RNN(RecurrentDropout(LSTM(6), 0.4), 2),
    RNN(WeightDrop(LSTM(6), 0.4), 2),
    RNN(Zoneout(LSTM(6), 0.3, 0.5), 2),
    RNN(Dropout(Residual(Zoneout(LSTM(6), 0.3)), 0.4), 3, dropout=0.2),
)


def prepared(rnn):
    return randomise(rnn.init(jax.random.key(0), 6), 1)


@pytest.mark.parametrize("rnn", RANDOM, ids=repr)
def test_e52_keys_decide(rnn):
    params = prepared(rnn)
    run = lambda key: rnn.apply(params, XS, train=True, key=key)[1]  # noqa: E731
    chex.assert_trees_all_equal(run(KEY), run(KEY))
    assert not bool((run(KEY) == run(jax.random.key(8))).all())


@pytest.mark.parametrize("rnn", [rnn for rnn in RANDOM if not rnn.bidirectional], ids=repr)
@pytest.mark.parametrize("cut", [1, 3])
def test_chunks_draw_the_masks_of_the_whole_run(rnn, cut):
    with jax.enable_x64(True):
        params, xs = prepared(rnn), randomise(jnp.zeros((8, 2, 6)), 2)
        whole_state, whole = rnn.apply(params, xs, train=True, key=KEY)
        state, parts = None, []
        for chunk in (xs[:cut], xs[cut:4], xs[4:]):
            state, ys = rnn.apply(params, chunk, state, train=True, key=KEY)
            parts.append(ys)
        ys = jnp.concatenate(parts)
        chex.assert_trees_all_close((state, ys), (whole_state, whole), atol=1e-12)
        np.testing.assert_array_equal(ys == 0, whole == 0)  # the masks, to the bit


def test_chunks_carry_time_through_resets_and_padding():
    rnn = RNN(Dropout(GRU(6), 0.5), 2, dropout=0.5)
    params = prepared(rnn)
    lengths = np.array([8, 3])
    resets = jnp.zeros((8, 2), bool).at[5, 0].set(True)
    _, whole = rnn.apply(params, XS, lengths=lengths, resets=resets, train=True, key=KEY)
    state, first = rnn.apply(params, XS[:4], lengths=[4, 3], resets=resets[:4], train=True, key=KEY)
    _, second = rnn.apply(
        params, XS[4:], state, lengths=[4, 0], resets=resets[4:], train=True, key=KEY
    )
    chex.assert_trees_all_close(jnp.concatenate([first, second]), whole, atol=1e-6)


def masks_of(wrapper):
    """Return which outputs are dropped, `[T, B, H]`, for an input without zeros."""
    cell = wrapper(Elman(64, activation="softplus"), 0.5)
    params = cell.init(jax.random.key(0), 6)
    state = with_key(cell.init_state(params, 2), KEY)
    return np.asarray(scan(cell, params, state, XS)[1] == 0)


def test_e53_per_step_masks_differ_from_step_to_step():
    dropped = masks_of(Dropout)
    assert all((dropped[t] != dropped[t + 1]).any() for t in range(7))
    assert 0.4 < dropped.mean() < 0.6


def test_e53_variational_masks_are_one_for_all_steps():
    dropped = masks_of(VariationalDropout)
    assert (dropped == dropped[0]).all() and 0.3 < dropped[0].mean() < 0.7
    assert (dropped[0, 0] != dropped[0, 1]).any()  # rows have their own


@pytest.mark.parametrize("rnn", RANDOM, ids=repr)
def test_e54_a_training_step_reuses_no_key(rnn):
    params = prepared(rnn)
    optimizer = optax.sgd(1e-2, momentum=0.9)

    @jax.jit
    def step(params, opt_state, key):
        key, own = jax.random.split(key)
        loss = lambda p: (rnn.apply(p, XS, train=True, key=own)[1] ** 2).mean()  # noqa: E731
        value, grads = jax.value_and_grad(loss)(params)
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, key, value

    with jax.debug_key_reuse(True):
        carry = (params, optimizer.init(params), jax.random.key(3))
        values = []
        for _ in range(2):
            *carry, value = step(*carry)
            values.append(float(value))
    assert np.isfinite(values).all() and values[0] != values[1]


def test_e55_layers_and_directions_share_no_mask():
    cell = Dropout(Elman(64, activation="softplus"), 0.5)
    rnn = RNN(cell, 3, bidirectional=True)
    state = with_key(rnn.init_state(rnn.init(jax.random.key(0), 6), 2), KEY)
    keys = jax.random.key_data(state.clock.key).reshape(6, -1)
    assert len({tuple(k) for k in np.asarray(keys)}) == 6
    _, ys = rnn.apply(rnn.init(jax.random.key(0), 6), XS, train=True, key=KEY)
    dropped = np.asarray(ys == 0)
    assert (dropped[..., :64] != dropped[..., 64:]).any()


def test_e55_between_layers_each_layer_has_its_own_masks():
    from jaxrnn.drivers.stack import _dropout_between
    from jaxrnn.randomness import Clock

    clock = Clock(KEY, jnp.int32(0))
    ones = jnp.ones((4, 2, 8))
    masks = [np.asarray(_dropout_between(ones, 0.5, clock, jnp.int32(i)) == 0) for i in range(3)]
    assert (masks[0] != masks[1]).any() and (masks[1] != masks[2]).any()


@pytest.mark.parametrize("rnn", RANDOM, ids=repr)
def test_e56_evaluation_ignores_the_key(rnn):
    params = prepared(rnn)
    plain = rnn.apply(params, XS)
    chex.assert_trees_all_equal(rnn.apply(params, XS, key=KEY), plain)


WRAPPERS = (Dropout, VariationalDropout, InputDropout, RecurrentDropout, WeightDrop, Zoneout)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_e56_rate_0_is_no_dropout_to_the_bit(wrapper):
    params = prepared(RNN(GRU(6), 2))
    plain = RNN(GRU(6), 2).apply(params, XS)[1]
    wrapped = RNN(wrapper(GRU(6), 0.0), 2, dropout=0.0).apply(params, XS, train=True, key=KEY)[1]
    np.testing.assert_array_equal(wrapped, plain)


@pytest.mark.parametrize("wrapper", [Dropout, VariationalDropout])
def test_e56_rate_1_gives_zeros(wrapper):
    cell = wrapper(GRU(6), 1.0)
    params = prepared(RNN(cell))
    loss = lambda p: RNN(cell).apply(p, XS, train=True, key=KEY)[1]  # noqa: E731
    assert not loss(params).any()
    grads = jax.grad(lambda p: loss(p).sum())(params)
    assert not any(leaf.any() for leaf in jax.tree.leaves(grads))


def test_e56_rate_1_between_layers_feeds_zeros():
    rnn = RNN(GRU(6), 2, dropout=1.0)
    params = prepared(rnn)
    dropped = rnn.apply(params, XS, train=True, key=KEY)[1]
    other = rnn.apply(params, XS * 2, train=True, key=KEY)[1]
    assert bool(jnp.isfinite(dropped).all())
    np.testing.assert_array_equal(dropped, other)


def test_dropout_keeps_the_mean():
    cell = Dropout(Elman(512, activation="softplus"), 0.3)
    params = cell.init(jax.random.key(0), 6)
    plain = scan(cell, params, None, XS)[1]
    state = with_key(cell.init_state(params, 2), KEY)
    np.testing.assert_allclose(scan(cell, params, state, XS)[1].mean(), plain.mean(), rtol=0.03)


def test_a_key_in_a_state_of_scan_draws_in_reverse_by_position():
    cell = Dropout(Elman(64, activation="softplus"), 0.5)
    params = cell.init(jax.random.key(0), 6)
    state = with_key(cell.init_state(params, 2), KEY)
    forward, _ = scan(cell, params, state, XS)
    backward, ys = scan(cell, params, state, XS, reverse=True)
    assert int(forward.clock.t) == int(backward.clock.t) == 8
    # the mask belongs to the position, not to the order of travel
    np.testing.assert_array_equal(ys == 0, scan(cell, params, state, XS)[1] == 0)
