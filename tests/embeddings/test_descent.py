"""The compiled step against a loop in NumPy; training goes on where it stopped (F18, E52)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.embeddings import (
    Chunk,
    Chunks,
    Corpus,
    HierarchicalSoftmax,
    LinearRate,
    NegativeSampling,
    Word2Vec,
    Word2VecParams,
    WordVectors,
    WordVocabulary,
    cbow,
    cbow_undivided,
    corpus_of,
    keep_rates,
    make_step,
    nearest,
    sentences_of,
    skip_gram,
    train,
)
from tests.embeddings.oracles import descend

WORDS = WordVocabulary(tuple("abcdefg"), (40, 17, 9, 9, 4, 2, 1))
OBJECTIVES = (NegativeSampling(3), HierarchicalSoftmax())
RATE = 0.3


def random_params(objective, size=3):
    rng = np.random.default_rng(0)
    return Word2VecParams(*(rng.normal(size=(n, size)) for n in (7, objective.rows(7))))


def random_chunk(contexts, real=11):
    rng = np.random.default_rng(1)
    valid = rng.random((13, contexts)) < (0.6 if contexts > 1 else 2)
    valid[real:] = False
    centres, around = rng.integers(0, 7, 13), rng.integers(0, 7, (13, contexts))
    return Chunk(
        centres.astype(np.int32), np.where(valid, around, 0).astype(np.int32), valid,
        np.array(real, np.int32),
    )  # fmt: skip


def windows_of(chunk, objective, key):
    targets = objective.targets(objective.tables(WORDS.counts), jnp.asarray(chunk.centres), key)
    rows = zip(chunk.contexts, chunk.valid, *map(np.asarray, targets), strict=True)
    windows = [(ctx[ok].tolist(), r.tolist(), y, a) for ctx, ok, r, y, a in rows]
    return windows[: int(chunk.real)]


def compare(model, chunk):
    key = jax.random.key(5)
    with jax.enable_x64(True):
        start = random_params(model.objective)
        step = make_step(model, WORDS)
        params, loss = step(Word2VecParams(*map(jnp.asarray, start)), chunk, RATE, key)
        windows = windows_of(chunk, model.objective, key)
        *expected, mean = descend(*start, windows, model.hidden.__name__, RATE, model.batch)
        for found, table, before in zip(params, expected, start, strict=True):
            assert found.dtype == jnp.float64
            np.testing.assert_allclose(found, table, rtol=1e-12, atol=1e-13)
            assert abs(table - before).max() > 0.1
        assert float(loss) == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
def test_a_batch_of_one_pair_is_the_descent_of_the_paper(objective):
    compare(Word2Vec(3, skip_gram, objective, batch=1), random_chunk(contexts=1))


@pytest.mark.parametrize(
    ("hidden", "objective"),
    [
        (skip_gram, OBJECTIVES[0]),
        (skip_gram, OBJECTIVES[1]),
        (cbow, OBJECTIVES[1]),
        (cbow_undivided, OBJECTIVES[0]),
    ],
)
def test_a_batch_of_windows_is_a_sum_over_them(hidden, objective):
    # 11 windows: the last batch has 3, and the chunk of 13 is filled up to 16
    compare(Word2Vec(3, hidden, objective, batch=4), random_chunk(contexts=4))


def test_nothing_is_learned_from_an_empty_chunk():
    chunk = Chunk(*(np.zeros_like(part) for part in random_chunk(contexts=4)))
    model = Word2Vec(3)
    params = model.init(jax.random.key(0), 7)
    for real in (0, 13):
        new, loss = make_step(model, WORDS)(
            params, chunk._replace(real=np.array(real, np.int32)), RATE, jax.random.key(1)
        )
        assert (new.inputs == params.inputs).all() and not new.outputs.any() and loss == 0


def test_e52_same_key_same_params():
    model, chunk = Word2Vec(3), random_chunk(contexts=4)
    params, step = model.init(jax.random.key(0), 7), make_step(model, WORDS)
    one, again, other = (step(params, chunk, RATE, jax.random.key(k))[0] for k in (1, 1, 2))
    assert (one.outputs == again.outputs).all() and (one.outputs != other.outputs).any()


def test_e43_one_trace_for_all_chunks_and_rates():
    traces = 0

    def counted(rows, valid):
        nonlocal traces
        traces += 1
        return skip_gram(rows, valid)

    model = Word2Vec(3, counted)
    params, step = model.init(jax.random.key(0), 7), make_step(model, WORDS)
    for real, rate in ((11, 0.1), (5, 0.2)):
        params, _ = step(params, random_chunk(4, real), rate, jax.random.key(real))
    assert traces == 1


def test_params_start_as_in_the_paper():
    params = Word2Vec(size=50).init(jax.random.key(0), 40)
    assert abs(params.inputs).max() <= 0.01 and abs(params.inputs).max() > 0.0099
    assert not params.outputs.any()
    softmax = Word2Vec(size=2, objective=HierarchicalSoftmax()).init(jax.random.key(0), 40)
    assert softmax.outputs.shape == (39, 2)


def test_the_rate_falls_in_a_line():
    assert [LinearRate(0.5, 0.1)(n, 4) for n in range(4)] == pytest.approx([0.5, 0.4, 0.3, 0.2])


def small_training():
    rng = np.random.default_rng(2)
    corpus = Corpus(rng.integers(0, 7, 60).astype(np.int32), np.arange(0, 60, 10))
    chunks = Chunks(corpus, keep_rates(WORDS.counts, 0.1), window=2, words=20)
    model = Word2Vec(3, batch=4)
    return make_step(model, WORDS), chunks, model.init(jax.random.key(0), 7)


def test_f18_training_goes_on_at_every_chunk():
    step, chunks, params = small_training()
    whole = list(train(step, chunks, params, jax.random.key(3), epochs=2))
    assert [state.number for state in whole] == [1, 2, 3, 4, 5, 6]
    for saved in whole:
        rest = train(step, chunks, saved.params, jax.random.key(3), epochs=2, start=saved.number)
        for state, expected in zip(rest, whole[saved.number :], strict=True):
            assert all((a == b).all() for a, b in zip(state.params, expected.params, strict=True))
            assert state.loss == expected.loss


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"start": 7}, "start should be at most 6"),
        ({"start": -1}, "start should be at least 0"),
        ({"epochs": 0}, "epochs must be greater than zero"),
        ({"rate": lambda number, count: -0.1}, "rate must be greater than zero"),
    ],
)
def test_wrong_settings_of_training_are_named(wrong, message):
    with pytest.raises(ValueError, match=f"train: {message}"):
        list(train(*small_training(), jax.random.key(0), **{"epochs": 2, **wrong}))


@pytest.mark.parametrize(
    ("hidden", "objective"), [(skip_gram, OBJECTIVES[0]), (cbow_undivided, OBJECTIVES[1])]
)
def test_words_of_one_topic_come_near_each_other(hidden, objective):
    rng = np.random.default_rng(0)
    topics = ("cat dog cow hen".split(), "red blue pink grey".split())
    lines = [" ".join(rng.choice(topics[i % 2], 6)) for i in range(400)]
    sentences = sentences_of("\n".join(lines))
    vocabulary = WordVocabulary.of(sentences)
    chunks = Chunks(corpus_of(vocabulary, sentences), np.ones(8), window=3, words=600)
    model = Word2Vec(8, hidden, objective, batch=2)
    states = train(
        make_step(model, vocabulary), chunks, model.init(jax.random.key(0), 8), jax.random.key(1),
        epochs=6, rate=LinearRate(0.1),
    )  # fmt: skip
    losses, params = [], None
    for state in states:
        losses.append(float(state.loss))
        params = state.params
    assert losses[-1] < 0.9 * losses[0]
    vectors = WordVectors(vocabulary.words, params.inputs)
    for topic in topics:
        for word in topic:
            assert {near.word for near in nearest(vectors, word, 3)} == set(topic) - {word}


@pytest.mark.parametrize("wrong", [{"size": 0}, {"batch": 0}])
def test_e1_wrong_sizes_are_named(wrong):
    with pytest.raises(ValueError, match=f"Word2Vec: {next(iter(wrong))} must be greater than"):
        Word2Vec(**wrong)
