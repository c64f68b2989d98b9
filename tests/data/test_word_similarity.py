"""Rated pairs and analogies (F17)."""

import pytest

from jaxrnn.data.word_similarity import WORD_SIMILARITY, load_word_similarity, read_analogies
from tests.data.samples import SHARED

ANALOGIES = b": family\nboy girl king queen\n: currency\nKorea won Japan yen\n"


@pytest.fixture
def small(tmp_path):
    for file in WORD_SIMILARITY[:-1]:
        (tmp_path / file.name).write_bytes(b"love\tsex\t6.77\r\ntiger cat 7.35\r\n")
    (tmp_path / "questions-words.txt").write_bytes(ANALOGIES)
    return tmp_path


def test_word_similarity_from_a_folder(small):
    got = load_word_similarity(small)
    assert len(got.pairs) == 13
    assert got.pairs["WS-353-ALL"] == (("love", "sex", 6.77), ("tiger", "cat", 7.35))
    assert list(got.analogies) == ["family", "currency"]
    assert got.analogies["family"] == (("boy", "girl", "king", "queen"),)
    assert got.analogies["currency"] == (("Korea", "won", "Japan", "yen"),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"love\tsex\n", "line 1: expected 3 columns separated by white space, got 2"),
        (b"a b 1\nlove sex high\n", "line 2, column 3: expected a number, got 'high'"),
        (b"a b nan\n", "line 1, column 3: expected a number, got 'nan'"),
        (b"a \xe9 1\n", "line 1, column 3: expected utf-8"),
    ],
)
def test_f17_wrong_pairs_are_named(small, content, message):
    (small / "EN-MC-30.txt").write_bytes(content)
    with pytest.raises(ValueError, match=f"load_word_similarity: EN-MC-30.txt, {message}"):
        load_word_similarity(small)


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"boy girl king queen\n", 1), (b": a\nboy girl king\n", 2), (b": a\n\n", 2)],
)
def test_f17_wrong_analogies_are_named(content, line):
    with pytest.raises(ValueError, match=rf"q\.txt, line {line}: expected ': section' first"):
        read_analogies(content, "q.txt")


def test_word_similarity_that_is_nowhere():
    with pytest.raises(FileNotFoundError, match=r"load_word_similarity: EN-WS-353-ALL\.txt"):
        load_word_similarity()


if (SHARED / "word_similarity").is_dir():

    def test_word_similarity_as_published(monkeypatch):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        got = load_word_similarity()
        counts = {name: len(pairs) for name, pairs in got.pairs.items()}
        assert sum(counts.values()) == 11768
        assert counts["WS-353-ALL"] == 353 and counts["SIMLEX-999"] == 999
        assert counts["SimVerb-3500"] == 3500 and counts["MEN-TR-3k"] == 3000
        assert len(got.analogies) == 14 and sum(map(len, got.analogies.values())) == 19544
