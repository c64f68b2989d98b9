"""`BatchMajor` is `RNN` with the first two axes of its data exchanged, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, RNN, AllStates, LearnedState
from jaxrnn.models.batch_major import BatchMajor

D, T, B = 3, 5, 4
XS = jax.random.normal(jax.random.key(1), (T, B, D))
DEEP = RNN(LSTM(2), num_layers=2, bidirectional=True)
RANDOM = RNN(GRU(2), num_layers=2, dropout=0.5)


def params_of(rnn, width=D):
    return rnn.init(jax.random.key(0), width)


def swap(a):
    return jnp.swapaxes(a, 0, 1)


def assert_same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


@pytest.mark.parametrize("rnn", [RNN(LearnedState(GRU(3))), DEEP, RANDOM], ids=repr)
def test_equals_time_major(rnn):
    params = params_of(rnn)
    state, ys = rnn.apply(params, XS)
    batch_state, batch_ys = BatchMajor(rnn).apply(params, swap(XS))
    assert_same(batch_state, state)
    assert_same(batch_ys, swap(ys))


def test_init_and_init_state_are_those_of_the_network():
    assert_same(BatchMajor(DEEP).init(jax.random.key(0), D), params_of(DEEP))
    start = BatchMajor(DEEP).init_state(params_of(DEEP), B)
    assert_same(start, DEEP.init_state(params_of(DEEP), B))
    assert start.h.shape == (4, B, 2)
    with pytest.raises(ValueError, match=r"one axis or none, got \(2, 3\)"):
        BatchMajor(DEEP).init_state(params_of(DEEP), (2, 3))


@pytest.mark.parametrize("padding", ["zero", "hold"])
def test_lengths_masks_and_resets(padding):
    params = params_of(DEEP)
    rng = np.random.default_rng(0)
    lengths = np.array([5, 0, 3, 1])
    mask, resets = rng.random((T, B)) < 0.7, rng.random((T, B)) < 0.3
    state = jax.tree.map(lambda a: a + 0.5, DEEP.init_state(params, B))
    options = {"lengths": lengths, "padding": padding}
    expected, ys = DEEP.apply(params, XS, state, mask=mask, resets=resets, **options)
    got, batch_ys = BatchMajor(DEEP).apply(
        params, swap(XS), state, mask=mask.T, resets=resets.T, **options
    )
    assert_same(got, expected)
    assert_same(batch_ys, swap(ys))
    from_lists, _ = BatchMajor(DEEP).apply(
        params, swap(XS), state, mask=mask.T.tolist(), resets=resets.T.tolist(), **options
    )
    assert_same(from_lists, expected)


def test_training_draws_the_same_masks():
    params, key = params_of(RANDOM), jax.random.key(7)
    state, ys = RANDOM.apply(params, XS, train=True, key=key)
    got, batch_ys = BatchMajor(RANDOM).apply(params, swap(XS), train=True, key=key)
    assert_same((got, batch_ys), (state, swap(ys)))
    with pytest.raises(ValueError, match="needs a key"):
        BatchMajor(RANDOM).apply(params, swap(XS), train=True)


def test_unbatched_is_unchanged():
    params, mask = params_of(DEEP), np.array([True, True, False, True, False])
    expected = DEEP.apply(params, XS[:, 0], mask=mask)
    assert_same(BatchMajor(DEEP).apply(params, XS[:, 0], mask=mask), expected)


def test_outputs_that_are_trees():
    rnn = RNN(AllStates(LSTM(2)))
    params = params_of(rnn)
    _, (ys, states) = rnn.apply(params, XS)
    _, (batch_ys, batch_states) = BatchMajor(rnn).apply(params, swap(XS))
    assert_same((batch_ys, batch_states.c), (swap(ys), swap(states.c)))


def test_under_jit_and_grad():
    network, params = BatchMajor(DEEP), params_of(DEEP)

    def loss(apply, xs):
        return lambda p: jnp.square(apply(p, xs)[1]).sum()

    expected = jax.grad(loss(DEEP.apply, XS))(params)
    got = jax.jit(jax.grad(loss(network.apply, swap(XS))))(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, expected)
    assert hash(network) == hash(BatchMajor(RNN(LSTM(2), num_layers=2, bidirectional=True)))


def test_e12_ranks():
    network, params = BatchMajor(DEEP), params_of(DEEP)
    with pytest.raises(ValueError, match="Expected input to be 2D or 3D, got 4D"):
        network.apply(params, jnp.ones((2, 3, 4, D)))
    with pytest.raises(ValueError, match=r"xs has rank 1 .* \[B, T, D\], or \[T, D\]"):
        network.apply(params, jnp.ones(D))
    with pytest.raises(TypeError, match=r"an array \[B, T, D\], got list"):
        network.apply(params, [[[1.0] * D] * T] * B)


def test_e11_wrong_width_and_e34_wrong_dtype():
    network, params = BatchMajor(DEEP), params_of(DEEP)
    with pytest.raises(ValueError, match=r"7 features .* input_size=3"):
        network.apply(params, jnp.ones((B, T, 7)))
    with pytest.raises(TypeError, match=r"int32.*does not match weight dtype.*float"):
        network.apply(params, jnp.ones((B, T, D), jnp.int32))


@pytest.mark.parametrize("name", ["mask", "resets"])
def test_e20_flags_of_the_wrong_layout(name):
    network, params = BatchMajor(DEEP), params_of(DEEP)
    with pytest.raises(ValueError, match=rf"{name} has shape \(5, 4\), expected \[B=4, T=5\]"):
        network.apply(params, swap(XS), **{name: jnp.ones((T, B), bool)})
    with pytest.raises(TypeError, match=f"{name} should be bool"):
        network.apply(params, swap(XS), **{name: jnp.ones((B, T), jnp.int32)})


def test_e22_time_major_data():
    params = params_of(DEEP)
    state = DEEP.init_state(params, B)
    with pytest.raises(ValueError, match=r"batch-major.*did you pass time-major data"):
        BatchMajor(DEEP).apply(params, XS, state)


@pytest.mark.parametrize(
    "change, error",
    [
        ({"lengths": np.array([1, 2])}, ValueError),
        ({"mask": np.ones((B, T))}, TypeError),
        ({"padding": "last"}, ValueError),
        ({"train": 1}, TypeError),
        ({"state": 0}, TypeError),
        ({"xs": np.ones((B, T, D))}, TypeError),  # float64, which would be rounded
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else "",
)
def test_errors_of_the_core_name_what_was_called(change, error):
    network, params = BatchMajor(DEEP), params_of(DEEP)
    with jax.enable_x64(False), pytest.raises(error) as caught:
        network.apply(params, **{"xs": swap(XS), **change})
    text = str(caught.value)
    assert text.startswith("BatchMajor.apply: ")
    assert next(iter(change)) in text and "[T, B" not in text
    with pytest.raises(ValueError, match="^BatchMajor.init: input_size must be greater"):
        network.init(jax.random.key(0), 0)


def test_takes_an_rnn_only():
    with pytest.raises(TypeError, match=r"should be a jaxrnn.RNN.*RNN\(cell\)"):
        BatchMajor(LSTM(3))
