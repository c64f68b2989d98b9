"""Neighbours, analogies and rank correlation, on tables where the answer is known."""

import numpy as np
import pytest
from scipy.stats import rankdata

from jaxrnn.data import Rated, load_word_similarity
from jaxrnn.embeddings import WordVectors, agreement, analogy, answers, nearest
from tests.data.samples import SHARED

ROWS, COLUMNS = ("man", "woman", "boy", "girl"), ("", "king", "poor", "old")
GRID = tuple(f"{row}{column}" for column in COLUMNS for row in ROWS)
# a word is the sum of what its row and its column mean: every analogy holds exactly
TABLE = WordVectors(
    GRID, np.concatenate([np.tile(np.eye(4), (4, 1)), np.repeat(np.eye(4), 4, axis=0)], 1)
)


def all_questions():
    return [
        (r + c, r + d, s + c, s + d)
        for r in ROWS for s in ROWS if r != s for c in COLUMNS for d in COLUMNS if c != d
    ]  # fmt: skip


def test_analogies_of_a_constructed_table_are_all_right():
    questions = all_questions()
    assert answers(TABLE, questions) == (len(questions), len(questions), 0)
    for a, b, c, d in questions[::17]:
        assert analogy(TABLE, a, b, c)[0].word == d


def test_many_analogies_at_once_are_single_ones():
    rng = np.random.default_rng(0)
    words = tuple(f"w{i}" for i in range(30))
    vectors = WordVectors(words, rng.normal(size=(30, 4)))
    questions = [tuple(rng.choice(words, 4, replace=False).tolist()) for _ in range(600)]
    right = sum(analogy(vectors, a, b, c)[0].word == d for a, b, c, d in questions)
    assert 0 < right < 600
    assert answers(vectors, [*questions, ("w1", "w2", "w3", "x")]) == (right, 600, 1)
    assert answers(vectors, []) == (0, 0, 0)


def test_words_of_the_question_are_no_answer():
    # b - a + c is nearest to c itself
    vectors = WordVectors(("a", "b", "c", "d"), np.array([[1, 0.1], [1, 0], [0, 1], [1, 1.0]]))
    assert [near.word for near in analogy(vectors, "a", "b", "c", 5)] == ["d"]


def test_nearest_is_a_loop_over_cosines():
    rng = np.random.default_rng(3)
    table = rng.normal(size=(20, 3)) * rng.uniform(0.1, 9, (20, 1))
    vectors = WordVectors(tuple(map(str, range(20))), table)
    cosines = {
        str(i): table[i] @ table[4] / np.linalg.norm(table[i]) / np.linalg.norm(table[4])
        for i in range(20) if i != 4
    }  # fmt: skip
    found = nearest(vectors, "4", 6)
    assert [near.word for near in found] == sorted(cosines, key=lambda w: -cosines[w])[:6]
    np.testing.assert_allclose([n.cosine for n in found], sorted(cosines.values())[:-7:-1])
    assert len(nearest(vectors, "4", 100)) == 19


def test_agreement_is_the_correlation_of_ranks_with_ties():
    rng = np.random.default_rng(5)
    words = tuple(f"w{i}" for i in range(12))
    vectors = WordVectors(words, rng.normal(size=(12, 3)))
    rated = [Rated(words[i], words[i + 1], float(i // 2)) for i in range(11)]
    cosines = [vectors.directions[i] @ vectors.directions[i + 1] for i in range(11)]
    expected = np.corrcoef(rankdata(cosines), rankdata([r.score for r in rated]))[0, 1]
    found = agreement(vectors, [*rated, Rated("w1", "unknown", 3.0)])
    assert found.spearman == pytest.approx(expected) and found[1:] == (11, 1)


def test_unknown_words_are_named():
    with pytest.raises(ValueError, match="id_of: 'womam' is none of the 16 words.*'woman'"):
        nearest(TABLE, "womam")
    with pytest.raises(ValueError, match="of 1 pairs 0 have two known words"):
        agreement(TABLE, [Rated("x", "y", 1.0)])
    with pytest.raises(ValueError, match="count must be greater than zero"):
        nearest(TABLE, "man", 0)


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        (("a", "b"), np.ones((3, 2)), r"floats \[V=2, D\], a row for each word, got float64\[3, 2"),
        (("a", "b"), np.ones((2, 2), int), r"got int64\[2, 2"),
        (("a", "a"), np.ones((2, 2)), "'a' comes twice"),
        (("a", "b"), np.array([[1.0], [np.nan]]), "1 of 2 vectors are not finite.*'b'.*diverged"),
    ],
)
def test_wrong_vectors_are_refused(words, vectors, message):
    with pytest.raises(ValueError, match=message):
        WordVectors(words, vectors)


def test_a_vector_of_zeros_is_near_to_nothing():
    vectors = WordVectors(("a", "b"), np.array([[0.0, 0.0], [1.0, 0.0]]))
    assert nearest(vectors, "a") == [("b", 0.0)]


@pytest.mark.skipif(not (SHARED / "word_similarity").is_dir(), reason="no shared data here")
def test_the_real_questions_are_read_as_they_are():
    found = load_word_similarity(SHARED / "word_similarity")
    family = found.analogies["family"]
    words = sorted({word for question in family for word in question})
    vectors = WordVectors(tuple(words), np.random.default_rng(0).normal(size=(len(words), 5)))
    assert answers(vectors, family)[1:] == (506, 0)
    assert answers(vectors, found.analogies["currency"]).left_out == 866
