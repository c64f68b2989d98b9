"""Corpora, vocabulary and streams."""

import numpy as np
import pytest

from jaxrnn.data import Vocabulary, load_tinyshakespeare, python_documentation, streams
from tests.data.samples import FIRST, shared_data, written_here


def test_tinyshakespeare_from_a_folder(tmp_path):
    (tmp_path / "input.txt").write_text(FIRST, encoding="utf-8")
    assert load_tinyshakespeare(tmp_path) == FIRST


def test_tinyshakespeare_that_is_nowhere():
    with pytest.raises(FileNotFoundError, match=r"load_tinyshakespeare: input\.txt"):
        load_tinyshakespeare()


def test_tinyshakespeare_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(shared_data(tmp_path)))
    text = load_tinyshakespeare()
    assert text.startswith(FIRST)
    if not written_here(tmp_path):
        assert len(text) == 1115394 and len(Vocabulary.of(text)) == 65


def test_python_documentation_has_a_fixed_alphabet():
    text = python_documentation()
    assert len(text) > 300_000
    assert set(text) <= {"\n", *map(chr, range(32, 127))}
    assert "lambda" in text and text.count("?") < 2000
    assert text == python_documentation()


def test_vocabulary_is_sorted_and_round_trips():
    text = "na\u00efve caf\u00e9 \U0001f600\n"
    vocabulary = Vocabulary.of(text)
    assert list(vocabulary.characters) == sorted(set(text))
    ids = vocabulary.encode(text)
    assert ids.dtype == np.int32
    assert ids.tolist() == [vocabulary.characters.index(c) for c in text]
    assert vocabulary.decode(ids) == text
    assert vocabulary.encode("").shape == (0,) and vocabulary.decode([]) == ""


@pytest.mark.parametrize(
    ("text", "place", "character"),
    [("abx", 2, "'x'"), ("zab", 0, "'z'"), ("a\u00e9", 1, "'\u00e9'")],
)
def test_unknown_character_is_named(text, place, character):
    with pytest.raises(ValueError, match=rf"text\[{place}\] is {character}, .* 3 characters 'abc'"):
        Vocabulary("abc").encode(text)


def test_bad_vocabularies_and_numbers():
    for characters in ("ba", "aab"):
        with pytest.raises(ValueError, match="sorted and each only once"):
            Vocabulary(characters)
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match=f"numbers from 0 to 2, got {wrong}"):
            Vocabulary("abc").decode([0, wrong])


@pytest.mark.parametrize(
    ("length", "batch", "steps"), [(10, 2, 3), (11, 3, 2), (7, 7, 7), (5, 1, 1)]
)
def test_streams_against_a_slow_loop(length, batch, steps):
    ids = np.arange(100, 100 + length)
    reading = streams(ids, batch, steps)
    part = length // batch
    for number in (0, 1, 2, 3, 40):
        inputs, targets = reading.chunk(number)
        assert inputs.dtype == targets.dtype == np.int32
        for b in range(batch):
            for t in range(steps):
                place = b * part + number * steps + t
                assert inputs[t, b] == ids[place % length]
                assert targets[t, b] == ids[(place + 1) % length]
        for got, again in zip((inputs, targets), reading.chunk(number), strict=True):
            np.testing.assert_array_equal(got, again)


def test_an_epoch_reads_everything_once_and_chunks_continue():
    reading = streams(np.arange(24), batch=3, steps=4)
    assert reading.chunks == 2
    chunks = [reading.chunk(i) for i in range(reading.chunks)]
    assert sorted(np.concatenate([c[0] for c in chunks]).ravel()) == list(range(24))
    np.testing.assert_array_equal(chunks[0][1][-1], chunks[1][0][0])


@pytest.mark.parametrize(
    ("ids", "batch", "steps", "name"),
    [(np.arange(5), 6, 1, "batch"), (np.arange(5), 0, 1, "batch"), (np.arange(5), 1, 6, "steps"),
     (np.ones((2, 2)), 1, 1, "batch")],
)  # fmt: skip
def test_bad_streams(ids, batch, steps, name):
    with pytest.raises(ValueError, match=f"streams: {name} should be between 1 and the length"):
        streams(ids, batch, steps)
