"""Counts, and the rates that follow from them."""

import numpy as np
import pytest

from jaxrnn.embeddings import WordVocabulary, keep_rates, noise_rates, sentences_of

SENTENCES = [["b", "a", "c"], ["a", "b", "d"], ["a"]]


def test_the_most_frequent_word_comes_first_and_ties_are_alphabetic():
    vocabulary = WordVocabulary.of(SENTENCES, min_count=1)
    assert vocabulary.words == ("a", "b", "c", "d")
    assert vocabulary.counts == (3, 2, 1, 1)
    assert WordVocabulary.of(SENTENCES, min_count=2).words == ("a", "b")
    assert vocabulary == WordVocabulary.of(SENTENCES[::-1], min_count=1)


def test_ids_leave_unknown_words_out():
    vocabulary = WordVocabulary.of(SENTENCES, min_count=2)
    assert vocabulary.ids_of(["b", "x", "a", "c"]) == [1, 0]
    with pytest.raises(ValueError, match="id_of: 'aa' is none of the 2 words.*mean 'a'"):
        vocabulary.id_of("aa")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: WordVocabulary.of([["a"]], 2), ValueError, "none of the 1 words comes 2 times"),
        (lambda: WordVocabulary.of(["a text"]), TypeError, "got the text 'a text'. Split it"),
        (lambda: WordVocabulary.of([["a"]], 0), ValueError, "min_count must be greater than zero"),
        (lambda: WordVocabulary((), ()), ValueError, "at least one word"),
        (lambda: WordVocabulary(("a", "a"), (1, 1)), ValueError, "'a' comes twice"),
        (lambda: WordVocabulary(("a", "b"), (1, 2)), ValueError, "counts should fall"),
        (lambda: WordVocabulary(("a", "b"), (2,)), ValueError, "a count for each of the 2 words"),
        (lambda: WordVocabulary(("a", "b"), (2, 0)), ValueError, "counts must be greater than"),
        (lambda: WordVocabulary(("a", 3), (2, 1)), TypeError, "tuple of strings"),
        (lambda: keep_rates([3, 1], sample=0), ValueError, "sample must be greater than zero"),
    ],
)
def test_wrong_vocabularies_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_keep_rates_are_the_formula_of_the_authors_program():
    counts = [50_000, 10_000, 3000, 20, 5]
    total = sum(counts)
    expected = [
        min(1.0, (np.sqrt(n / (1e-3 * total)) + 1) * (1e-3 * total) / n) for n in counts
    ]  # word2vec.c: ran = (sqrt(cn / (sample * train_words)) + 1) * (sample * train_words) / cn
    np.testing.assert_allclose(keep_rates(counts, 1e-3), expected, rtol=1e-14)
    assert (keep_rates(counts, 1.0) == 1).all()


def test_noise_rates_go_with_the_power_of_the_counts():
    rates = noise_rates([81, 16, 1])
    np.testing.assert_allclose(rates, np.array([27.0, 8.0, 1.0]) / 36, rtol=1e-14)
    np.testing.assert_allclose(noise_rates([3, 1], power=0), [0.5, 0.5])


def test_sentences_are_lines_cut_at_the_longest():
    assert sentences_of("a b  c\nd\n\n", longest=2) == [["a", "b"], ["c"], ["d"]]
    assert sentences_of(" \n") == []
