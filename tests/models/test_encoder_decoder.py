"""Reading and writing: blind to padding and to the future, greedy the same as a beam of one."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.cells import GRU, LSTM, Stack
from jaxrnn.models import Additive, BidirectionalEncoder, Lookup, Multiplicative
from jaxrnn.models.encoder_decoder import AttendFirst, AttendLater, EncoderDecoder

FIRST = AttendFirst(GRU(5), Additive(3), size=4)
LATER = AttendLater(Stack((LSTM(5), LSTM(5))), Multiplicative(), size=4)
SOURCE = jnp.array([[2, 3, 4], [5, 6, 0], [3, 0, 0]])  # S = 3, B = 3
GIVEN = jnp.array([[0, 0, 0], [2, 3, 4], [4, 2, 2], [3, 3, 2]])
END = 5


def network(decoder, dropout=0.0):
    encoder = BidirectionalEncoder(GRU(4), dropout=dropout)
    return EncoderDecoder(Lookup(7, 3), Lookup(6, 4), encoder, decoder, dropout)


def started(decoder, dropout=0.0):
    """Return a network and params whose answers differ from token to token."""
    model = network(decoder, dropout)
    return model, jax.tree.map(lambda leaf: 2 * leaf, jax.jit(model.init)(jax.random.key(0)))


@pytest.fixture(scope="module", params=[FIRST, LATER], ids=["first", "later"])
def both(request):
    return started(request.param)


@partial(jax.jit, static_argnums=0)
def _logits(model, params, source, given):
    return model.decode(params, model.encode(params, source), given).logits


def test_the_steps_are_those_by_hand(both):
    model, params = both
    encoded = model.encode(params, SOURCE)
    written = model.decode(params, encoded, GIVEN)
    state, step = model.decoder.start(params.decoder, 3), jax.jit(model.decoder.step)
    for t, tokens in enumerate(GIVEN):
        x = encoded.first if t == 0 else params.target.table[tokens]
        state, read = step(params.decoder, state, x, encoded.memory)
        by_hand = read.readout @ params.target.table.T + params.b_y
        np.testing.assert_allclose(written.logits[t], by_hand, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(written.weights[t], read.weights, rtol=1e-5, atol=1e-6)


def test_the_two_decoders_look_before_and_after_they_step():
    x, y = jnp.ones((1, 4)), jnp.full((1, 5), 0.5)
    for decoder in (FIRST, LATER):
        params = decoder.init(jax.random.key(0), 4, 2)
        memory = decoder.attention.prepare(params.attention, jnp.eye(2)[:, None])
        start = decoder.start(params, 1)
        moved = start._replace(last=y if decoder is FIRST else start.last)
        asked = decoder.attention.apply(params.attention, y, memory)
        state, read = decoder.step(params, moved, x, memory)
        if decoder is FIRST:
            np.testing.assert_allclose(read.weights, asked.weights, rtol=1e-6)
        else:
            np.testing.assert_array_equal(state.last, read.readout)


def test_padding_changes_nothing_neither_values_nor_gradients(both):
    model, params = both
    more = jnp.zeros((2, 3), int)

    def loss(params, source, given):
        return (_logits(model, params, source, given)[:4] ** 2).sum()

    both_of = jax.jit(jax.value_and_grad(loss))
    value, grads = both_of(params, SOURCE, GIVEN)
    longer = [jnp.concatenate([ids, more]) for ids in (SOURCE, GIVEN)]
    padded, padded_grads = both_of(params, *longer)
    np.testing.assert_allclose(value, padded, rtol=1e-6)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), grads, padded_grads
    )
    alone = _logits(model, params, SOURCE[:1, 2:], GIVEN[:, 2:])  # a row of one token, without
    np.testing.assert_allclose(
        alone[:, 0], _logits(model, params, SOURCE, GIVEN)[:, 2], rtol=1e-4, atol=1e-5
    )


def test_attention_is_exactly_0_at_padding_and_sums_to_1(both):
    model, params = both
    weights = model.decode(params, model.encode(params, SOURCE), GIVEN).weights
    assert not weights[:, SOURCE == 0].any()
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-6)


def test_the_decoder_never_reads_its_own_future(both):
    model, params = both
    changed = GIVEN.at[2:].set(2)
    before, after = (_logits(model, params, SOURCE, given) for given in (GIVEN, changed))
    np.testing.assert_array_equal(before[:2], after[:2])
    assert not np.allclose(before[2:], after[2:])


def _greedy(model, params, length):
    """The likeliest token, again and again, every time from the beginning."""
    given = jnp.zeros((1, 3), int)
    for _ in range(length):
        logits = _logits(model, params, SOURCE, given)[-1].at[:, 0].set(-jnp.inf)
        ended = (given == END).any(0)
        given = jnp.concatenate([given, jnp.where(ended, END, logits.argmax(-1))[None]])
    return given[1:].T


def test_a_beam_of_one_is_greedy(both):
    model, params = both
    beams = model.write(params, model.encode(params, SOURCE), end=END, width=1, length=5)
    np.testing.assert_array_equal(beams.tokens[:, 0], _greedy(model, params, 5))


def test_a_beam_of_full_width_finds_the_likeliest_of_all():
    model, params = started(FIRST)
    encoded = model.encode(params, SOURCE[:, :1])
    beams = model.write(params, encoded, end=END, width=25, length=2)
    first = jax.nn.log_softmax(_logits(model, params, SOURCE[:, :1], GIVEN[:1, :1])[0, 0, 1:])
    best = float(first[END - 1])
    for token in range(1, END):
        given = jnp.array([[0], [token]])
        second = jax.nn.log_softmax(_logits(model, params, SOURCE[:, :1], given)[1, 0, 1:])
        best = max(best, float(first[token - 1] + second.max()))
    np.testing.assert_allclose(beams.scores[0, 0], best, rtol=1e-5)


def test_what_is_never_to_be_written_is_not():
    model, params = started(LATER)
    params = params._replace(b_y=params.b_y.at[1].set(50.0))
    encoded = model.encode(params, SOURCE)
    assert (model.write(params, encoded, end=END, width=1, length=3).tokens == 1).any()
    beams = model.write(params, encoded, end=END, width=2, length=3, never=(0, 1))
    assert not (beams.tokens <= 1).any()
    with pytest.raises(ValueError, match=r"write: never should be from 0 to 5"):
        model.write(params, encoded, end=END, width=1, length=3, never=(6,))


def test_its_own_tokens_are_mixed_in_where_asked(both):
    model, params = both
    encoded = model.encode(params, SOURCE)
    none = jnp.zeros(GIVEN.shape, bool)
    np.testing.assert_array_equal(model.mixed(params, encoded, GIVEN, none), GIVEN)
    mixed = model.mixed(params, encoded, GIVEN, ~none)
    said = model.decode(params, encoded, mixed).logits.argmax(-1)
    np.testing.assert_array_equal(mixed[1:], said[:-1])
    np.testing.assert_array_equal(mixed[0], 0)
    some = model.mixed(params, encoded, GIVEN, none.at[2].set(True))
    np.testing.assert_array_equal(np.delete(some, 2, 0), np.delete(GIVEN, 2, 0))


def test_a_key_drops_and_none_does_not():
    model, params = started(FIRST, dropout=0.5)
    encoded = model.encode(params, SOURCE)
    plain = dataclasses.replace(model, dropout=0.0).decode(params, encoded, GIVEN)
    np.testing.assert_array_equal(model.decode(params, encoded, GIVEN).logits, plain.logits)
    one, same, other = (
        model.decode(params, encoded, GIVEN, jax.random.key(i)).logits for i in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other) and not np.allclose(one, plain.logits)


def test_its_errors_name_it():
    with pytest.raises(ValueError, match=r"decoder\.size should be target\.features.*got 4 and 3"):
        dataclasses.replace(network(FIRST), target=Lookup(6, 3))
    with pytest.raises(ValueError, match="both tables should have padding"):
        dataclasses.replace(network(FIRST), source=Lookup(6, 3, padding=False))
    with pytest.raises(ValueError, match="AttendFirst: size must be greater than zero"):
        AttendFirst(GRU(3), Additive(3), size=0)
