"""Windows against a loop; chunks are functions of their number (F18, E70)."""

import numpy as np
import pytest

from jaxrnn.embeddings import Chunks, Corpus, WordVocabulary, corpus_of, keep_rates

IDS = np.random.default_rng(1).integers(0, 9, 53).astype(np.int32)
CORPUS = Corpus(IDS, np.array([0, 7, 8, 20, 41]))
KEEP = np.linspace(0.3, 1, 9)


def by_hand(corpus, keep, window, words, seed, number):
    """Return [(centre, contexts)] of a chunk, with the same draws, a word at a time."""
    ends = [*corpus.starts[1:], len(corpus.ids)]
    sentences = [corpus.ids[a:b] for a, b in zip(corpus.starts, ends, strict=True)]
    chunks = [[]]
    for sentence in sentences:
        if sum(map(len, chunks[-1])) + len(sentence) > words:
            chunks.append([])
        chunks[-1].append(sentence)
    epoch, place = divmod(number, len(chunks))
    rng = np.random.default_rng((seed, epoch, place))
    coins = rng.random(sum(map(len, chunks[place]))).tolist()
    kept = [[int(w) for w in s if coins.pop(0) < keep[w]] for s in chunks[place]]
    reaches = rng.integers(1, window + 1, sum(map(len, kept))).tolist()
    found = []
    for sentence in kept:
        for i, centre in enumerate(sentence):
            reach = reaches.pop(0)
            found.append((centre, sentence[max(0, i - reach) : i] + sentence[i + 1 :][:reach]))
    return found


def listed(chunk):
    assert (np.diff(chunk.valid.any(1).astype(int)) >= -1).all()
    assert not chunk.valid[chunk.real :].any() and not chunk.contexts[~chunk.valid].any()
    rows = zip(chunk.centres, chunk.contexts, chunk.valid, strict=True)
    return [(int(c), ctx[ok].tolist()) for c, ctx, ok in rows][: int(chunk.real)]


@pytest.mark.parametrize("window", [1, 3, 5])
@pytest.mark.parametrize("number", range(6))
def test_windows_are_those_of_a_loop(window, number):
    chunks = Chunks(CORPUS, KEEP, window, words=30, seed=4)
    assert chunks.per_epoch == 3
    assert listed(chunks.chunk_of(number)) == by_hand(CORPUS, KEEP, window, 30, 4, number)


def test_f18_a_chunk_depends_on_its_number_alone():
    def fresh(seed=0):
        return Chunks(CORPUS, KEEP, 2, words=30, seed=seed)

    stream = [listed(chunk) for chunk in map(fresh().chunk_of, range(7))]
    for start in range(7):
        again = fresh()
        assert [listed(again.chunk_of(n)) for n in range(start, 7)] == stream[start:]
    assert stream[0] != stream[3] != stream[6]  # each epoch draws anew
    assert listed(fresh(1).chunk_of(0)) != stream[0]


def test_a_sentence_longer_than_a_chunk_is_cut():
    chunks = Chunks(Corpus(IDS, np.array([0, 5])), np.ones(9), words=20)
    assert chunks.bounds.tolist() == [0, 5, 25, 45, 53]
    centres = [listed(chunks.chunk_of(n)) for n in range(4)]
    assert [c for part in centres for c, _ in part] == IDS.tolist()


def test_all_chunks_have_one_shape():
    chunks = Chunks(CORPUS, np.full(9, 1e-9), 2, words=30)
    chunk = chunks.chunk_of(0)  # nothing is kept
    assert chunk.real == 0 and chunk.contexts.shape == (30, 4) and chunk.contexts.dtype == np.int32
    assert {a.shape for a in Chunks(CORPUS, KEEP, 2, words=30).chunk_of(1)[1:3]} == {(30, 4)}


def test_subsampling_keeps_the_share_it_promises():
    ids = np.repeat(np.arange(3), [9000, 900, 100]).astype(np.int32)
    keep = keep_rates([9000, 900, 100], sample=0.05)
    chunks = Chunks(Corpus(ids, np.array([0])), keep, words=len(ids))
    chunk = chunks.chunk_of(0)
    seen = np.bincount(chunk.centres[: chunk.real], minlength=3)
    expected = keep * [9000, 900, 100]
    assert keep[0] < 0.3 and keep[2] == 1
    assert (abs(seen - expected) <= 5 * np.sqrt(expected * (1 - keep))).all()


def test_corpora_leave_unknown_words_and_empty_sentences_out():
    vocabulary = WordVocabulary(("a", "b"), (2, 1))
    corpus = corpus_of(vocabulary, [["x"], ["b", "x", "a"], [], ["a"]])
    assert corpus.ids.tolist() == [1, 0, 0] and corpus.starts.tolist() == [0, 2]
    with pytest.raises(ValueError, match="corpus_of: no sentence has one of the 2 words"):
        corpus_of(vocabulary, iter(()))


@pytest.mark.parametrize("ids", [[0, 9], [-1, 0], [0, 2**33], []])
def test_e70_ids_without_a_rate_are_refused(ids):
    with pytest.raises(ValueError, match="Chunks: corpus.ids should be from 0 to 8"):
        Chunks(Corpus(np.array(ids, np.int64), np.array([0])), KEEP)


@pytest.mark.parametrize("starts", [[1, 2], [0, 0], [0, 53]])
def test_wrong_starts_are_refused(starts):
    with pytest.raises(ValueError, match="corpus.starts should rise"):
        Chunks(Corpus(IDS, np.array(starts)), KEEP)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"window": 0}, ValueError), ({"words": 2.0}, TypeError), ({"seed": -1}, ValueError)],
)
def test_wrong_sizes_are_named(wrong, error):
    with pytest.raises(error, match=f"Chunks: {next(iter(wrong))} should|{next(iter(wrong))} must"):
        Chunks(CORPUS, KEEP, **wrong)
    with pytest.raises(ValueError, match="number should be at least 0"):
        Chunks(CORPUS, KEEP).chunk_of(-1)
