"""Beam search against all sequences there are, and against greedy steps."""

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, Dropout
from jaxrnn.models.attention import ScaledDot, ScaledDotParams
from jaxrnn.models.beam import beam_search, repeat_beams

B, V, L, H, END = 3, 3, 4, 5, 1
FIRST = jnp.array([0, 2, 0])


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


class Decoder(NamedTuple):
    params: object
    w_hy: jax.Array
    state: object

    def step(self, state, tokens):
        cell = GRU(H)
        x = jax.nn.one_hot(tokens, V)
        state, y = cell.step(self.params, state, cell.project(self.params, x))
        return state, jax.nn.log_softmax(y @ self.w_hy)


def decoder(seed=0):
    """A GRU with large weights, so that what came before matters, and a state for each row."""
    rng = np.random.default_rng(seed)
    params = jax.tree.map(
        lambda a: jnp.asarray(rng.normal(size=a.shape) * 2), GRU(H).init(jax.random.key(0), V)
    )
    state = jax.tree.map(
        lambda a: jnp.asarray(rng.normal(size=a.shape)), GRU(H).init_state(params, B)
    )
    return Decoder(params, jnp.asarray(rng.normal(size=(H, V)) * 2), state)


def score_all(model, hypotheses, row):
    """Return the sums of log probabilities of hypotheses of at most L tokens, for one row.

    Each is read from the first token on, without any beam.
    """
    room = V**L - len(hypotheses)  # always as many, so that all calls share one program
    sequences = np.array([padded(h) for h in [*hypotheses, *[()] * room]])
    lengths = np.array([len(h) for h in hypotheses] + [0] * room)
    return np.asarray(_score(model, sequences, lengths, row))[: len(hypotheses)]


@jax.jit
def _score(model, sequences, lengths, row):
    state = jax.tree.map(lambda a: jnp.tile(a[row], (len(sequences), 1)), model.state)
    tokens, total = jnp.full(len(sequences), FIRST[row]), jnp.zeros(len(sequences))
    for t in range(L):
        state, log_probs = model.step(state, tokens)
        tokens = sequences[:, t]
        own = log_probs[jnp.arange(len(tokens)), tokens]
        total += jnp.where(t < lengths, own, 0)
    return total


def cut(sequence):
    """Return the sequence up to its end, the end included."""
    return sequence[: sequence.index(END) + 1] if END in sequence else sequence


def every():
    """Return all hypotheses of at most L tokens: what ended, and what was cut."""
    return sorted({cut(s) for s in itertools.product(range(V), repeat=L)})


def padded(sequence):
    return (*sequence, *[END] * (L - len(sequence)))


def search(model, **settings):
    settings = {"end": END, "width": 4, "length": L} | settings
    return jax.jit(lambda: beam_search(model.step, model.state, FIRST, **settings))()


@pytest.mark.parametrize("length_penalty", [0.0, 1.3])
def test_a_beam_as_wide_as_all_sequences_is_the_exhaustive_search(length_penalty):
    model, hypotheses = decoder(), every()
    beams = search(model, width=V**L, length_penalty=length_penalty)
    sequences = np.array([padded(h) for h in hypotheses])
    lengths = np.array([len(h) for h in hypotheses])
    for b in range(B):
        scores = score_all(model, hypotheses, b) / ((5 + lengths) / 6) ** length_penalty
        order = np.argsort(-scores)
        n = len(order)
        np.testing.assert_allclose(beams.scores[b, :n], scores[order], rtol=1e-12)
        np.testing.assert_array_equal(beams.tokens[b, :n], sequences[order])
        np.testing.assert_array_equal(beams.lengths[b, :n], lengths[order])
        assert (beams.scores[b, n:] == -np.inf).all() and not beams.lengths[b, n:].any()
        assert (beams.tokens[b, n:] == END).all()
    if not length_penalty:
        np.testing.assert_allclose(np.exp(beams.scores).sum(1), 1, rtol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_width_of_1_is_greedy(seed):
    model = decoder(seed)
    beams = search(model, width=1, length_penalty=0.7)
    state, tokens, done = model.state, FIRST, np.zeros(B, bool)
    for t in range(L):
        state, log_probs = model.step(state, tokens)
        tokens = jnp.where(done, END, log_probs.argmax(-1))
        np.testing.assert_array_equal(beams.tokens[:, 0, t], tokens)
        done |= np.asarray(tokens) == END


@pytest.mark.parametrize(("width", "length_penalty"), [(2, 0.0), (3, 0.0), (5, 0.9)])
def test_scores_are_those_of_the_tokens_returned(width, length_penalty):
    model = decoder(3)
    beams = search(model, width=width, length_penalty=length_penalty)
    tokens, lengths = np.asarray(beams.tokens), np.asarray(beams.lengths)
    assert (np.diff(beams.scores, axis=1) <= 0).all()
    for b in range(B):
        rows = [tuple(row.tolist()) for row in tokens[b]]
        assert len(set(rows)) == width
        assert [len(cut(row)) for row in rows] == lengths[b].tolist()
        scores = score_all(model, [cut(row) for row in rows], b)
        scores = scores / ((5 + lengths[b]) / 6) ** length_penalty
        np.testing.assert_allclose(beams.scores[b], scores, rtol=1e-12)


def by_lists(model, row, width):
    """Beam search over Python lists, every hypothesis read anew at every step."""
    kept = [()]
    for _ in range(L):
        longer = [(*h, v) for h in kept if END not in h for v in range(V)]
        longer += [h for h in kept if END in h]
        order = np.argsort(-score_all(model, longer, row))
        kept = [longer[i] for i in order[:width]]
    return kept


def test_a_narrow_beam_keeps_what_a_list_of_hypotheses_keeps():
    model = decoder(4)
    tokens = np.asarray(search(model, width=3).tokens)
    for b in range(B):
        wanted = [padded(h) for h in by_lists(model, b, 3)]
        assert [tuple(row.tolist()) for row in tokens[b]] == wanted


def test_rows_do_not_depend_on_each_other_and_what_is_read_is_laid_out_beside_the_beams():
    rng = np.random.default_rng(0)
    encoded = jnp.asarray(rng.normal(size=(4, B, H)))
    w = jnp.asarray(rng.normal(size=(H, V)) * 3)
    embedding = jnp.asarray(rng.normal(size=(V, H)))

    attention, params = ScaledDot(), ScaledDotParams()

    @jax.jit
    def run(encoded, first):
        memory = repeat_beams(attention.prepare(params, encoded), 2, axis=1)

        def step(h, tokens):
            h = jnp.tanh(h + embedding[tokens] + attention.apply(params, h, memory).context)
            return h, jax.nn.log_softmax(h @ w)

        state = jnp.zeros((len(first), H))
        return beam_search(step, state, first, end=END, width=2, length=L)

    whole = run(encoded, FIRST)
    for b in range(B):
        alone = run(encoded[:, b : b + 1], FIRST[b : b + 1])
        np.testing.assert_array_equal(alone.tokens[0], whole.tokens[b])
        np.testing.assert_allclose(alone.scores[0], whole.scores[b], rtol=1e-12)


def test_it_stops_when_all_have_ended():
    seen = []
    ends = jnp.log(jnp.array([[0.5, 0.3, 0.2], [0.0, 1.0, 0.0]]))

    def step(t, tokens):
        jax.debug.callback(lambda: seen.append("a step"))
        return t + 1, jnp.where((t == 0)[:, None], ends[0], ends[1])

    state = jnp.zeros(1, jnp.int32)
    beams = beam_search(step, state, FIRST[:1], end=END, width=3, length=50)
    assert beams.lengths.tolist() == [[2, 1, 2]]
    np.testing.assert_allclose(np.exp(beams.scores), [[0.5, 0.3, 0.2]])
    jax.effects_barrier()
    assert len(seen) == 2


def test_clocks_of_a_state_have_no_batch_and_go_on():
    cell = Dropout(GRU(H), rate=0.5)
    params = cell.init(jax.random.key(0), V)

    def step(state, tokens):
        state, y = cell.step(params, state, cell.project(params, jax.nn.one_hot(tokens, V)))
        return state, jax.nn.log_softmax(y[:, :V])

    beams = beam_search(step, cell.init_state(params, B), FIRST, end=END, width=2, length=3)
    assert np.isfinite(beams.scores).all()


def test_no_rows_have_no_beams():
    beams = beam_search(
        lambda state, tokens: (state, jnp.zeros((len(tokens), V))),
        jnp.zeros((0, H)), FIRST[:0], end=END, width=2, length=L,
    )  # fmt: skip
    assert [a.shape for a in beams] == [(0, 2, L), (0, 2), (0, 2)]


def test_small_dtypes_are_summed_in_float32():
    def step(state, tokens):
        return state, jnp.full((len(tokens), V), -1, jnp.bfloat16)

    beams = beam_search(step, (), FIRST, end=END, width=2, length=3)
    assert beams.scores.dtype == jnp.float32
    assert beams.tokens[0].tolist() == [[1, 1, 1], [0, 0, 0]]  # equals: lowest first


def test_errors_say_what_was_expected():
    model = decoder()

    def run(step=model.step, state=model.state, first=FIRST, **settings):
        settings = {"end": END, "width": 2, "length": L} | settings
        return beam_search(step, state, first, **settings)

    with pytest.raises(ValueError, match="end should be from 0 to 2, .* got 3"):
        run(end=3)
    with pytest.raises(ValueError, match="width must be greater than zero, got 0"):
        run(width=0)
    with pytest.raises(ValueError, match="length_penalty must be at least 0, got -1"):
        run(length_penalty=-1)
    with pytest.raises(ValueError, match=r"first_tokens should be \[B\]"):
        run(first=FIRST[None])
    with pytest.raises(TypeError, match=r"first_tokens should be integers \[B\], got float64"):
        run(first=jnp.ones(B))
    with pytest.raises(ValueError, match=r"state.h should be \[B=2, .* got \[3, 5\].*as_cell"):
        run(first=FIRST[:2])
    with pytest.raises(TypeError, match=r"return the pair \(state, log_probs\), got one array"):
        run(lambda state, tokens: tokens)
    with pytest.raises(TypeError, match="of the structure it received"):
        run(lambda state, tokens: (state.h, jnp.zeros((len(tokens), V))))
    with pytest.raises(TypeError, match=r"state.h: expected float64, got float32"):
        run(lambda s, tokens: (jax.tree.map(jnp.float32, s), jnp.zeros((len(tokens), V))))
    with pytest.raises(TypeError, match=r"log_probs .* floats \[B\*W=6, V\], got float64\[6\]"):
        run(lambda state, tokens: (state, jnp.zeros(len(tokens))))
