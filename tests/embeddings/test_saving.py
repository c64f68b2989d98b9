"""One file for words and vectors (F6, F7, F10, F15, F21)."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.embeddings import Word2VecParams, WordVocabulary, load_words, save_words
from jaxrnn.tensor_file import to_bytes

WORDS = WordVocabulary(("the", 'qu"ote', "\u00e9t\u00e9"), (7, 2, 2))


def some_params(nodes=3, size=4):
    rng = np.random.default_rng(0)
    return Word2VecParams(*(jnp.asarray(rng.normal(size=(n, size)), "float32") for n in (3, nodes)))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "words.safetensors"
    save_words(path, WORDS, some_params())
    return path


@pytest.mark.parametrize("nodes", [2, 3])
def test_words_come_back_bit_for_bit(tmp_path, nodes):
    save_words(tmp_path / "new" / "w.safetensors", WORDS, some_params(nodes))
    vocabulary, params = load_words(tmp_path / "new" / "w.safetensors")
    assert vocabulary == WORDS
    for found, expected in zip(params, some_params(nodes), strict=True):
        assert found.dtype == expected.dtype and (found == expected).all()


def test_f6_a_cut_file_is_named(saved):
    content = saved.read_bytes()
    for part in (0, 1, len(content) // 2, len(content) - 1):
        saved.write_bytes(content[:part])
        with pytest.raises(ValueError, match="load_words: .*words.safetensors: "):
            load_words(saved)


def test_f7_a_changed_byte_is_noticed(saved):
    content = saved.read_bytes()
    for place in np.random.default_rng(0).choice(len(content), 60, replace=False):
        changed = bytearray(content)
        changed[place] ^= 1
        saved.write_bytes(changed)
        with pytest.raises(ValueError, match="load_words: "):
            load_words(saved)


def test_f10_params_of_other_words_are_refused(tmp_path):
    for params in (some_params(nodes=5), some_params()._replace(inputs=jnp.ones((2, 4)))):
        with pytest.raises(ValueError, match=r"save_words: expected inputs \[3, D\]"):
            save_words(tmp_path / "w.safetensors", WORDS, params)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"jaxrnn": "{}"}, "not written by save_words"),
        ({"jaxrnn words": '{"version": 2}'}, "format version 2, this jaxrnn reads version 1"),
        ({"jaxrnn words": '{"version": 1}'}, "damaged: no SHA-256"),
        ({"jaxrnn words": "[1]"}, "no JSON object"),
        (None, "not written by save_words"),
    ],
)
def test_f15_files_of_others_and_newer_ones_are_refused(tmp_path, metadata, message):
    path = tmp_path / "w.safetensors"
    path.write_bytes(to_bytes({"inputs": np.ones((3, 4), "float32")}, metadata))
    with pytest.raises(ValueError, match=message):
        load_words(path)


def test_f21_a_pickle_is_no_file_of_words(tmp_path):
    (tmp_path / "w").write_bytes(b"\x80\x04\x95cposix\nsystem\n")
    with pytest.raises(ValueError, match="no safetensors file"):
        load_words(tmp_path / "w")
    with pytest.raises(OSError, match="load_words: not a file"):
        load_words(tmp_path)
