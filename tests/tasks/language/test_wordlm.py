"""The words of a text: cut, numbered, read in lanes, judged by their perplexity."""

import math

import jax
import numpy as np
import pytest

from jaxrnn.data.tokenisers import UNKNOWN, Subwords, Words
from jaxrnn.runs.settings import default_settings
from jaxrnn.tasks.language.wordlm import WordSettings, _chunks, wordlm
from jaxrnn.tasks.model import ModelSettings, make_model

LINE = "the quick brown fox jumps over the lazy dog, again and again.\n"


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "my.txt"
    path.write_text(LINE * 40 + "a strange end, unseen before.\n", encoding="utf-8")
    return str(path)


def test_words_and_their_targets(text):
    task = wordlm(WordSettings(steps=7, batch=3, text=text))
    tokens = task.codec.tokens
    assert isinstance(tokens, Words) and "\n" in tokens.symbols
    first, second = task.train(0), task.train(1)
    assert first.xs.shape == (7, 3, 1) and first.xs.dtype == np.int32
    np.testing.assert_array_equal(first.xs[1:, :, 0], first.targets[:-1])
    np.testing.assert_array_equal(first.targets[-1], second.xs[0, :, 0])  # goes on
    assert tokens.decode(first.xs[:3, 0, 0]) == "the quick brown"


def test_the_vocabulary_is_that_of_the_training_part(text):
    task = wordlm(WordSettings(steps=7, batch=3, text=text))
    assert "strange" not in task.codec.tokens.symbols
    assert task.codec.tokens.encode("strange").tolist() == [UNKNOWN]


@pytest.mark.parametrize("count", [2, 3, 100, 129, 1000, 1030])
def test_held_out_ids_are_judged_once_each(count):
    ids = np.arange(count)
    targets = np.concatenate([np.ravel(chunk.targets) for chunk in _chunks(ids)])
    assert len(set(targets.tolist())) == len(targets) > count - 9
    for chunk in _chunks(ids):
        np.testing.assert_array_equal(chunk.xs[..., 0] + 1, chunk.targets)


def test_subwords_are_kept_and_not_fitted_again(text):
    settings = WordSettings(steps=7, batch=3, text=text, tokens="subwords", size=300)
    task = wordlm(settings)
    assert isinstance(task.codec.tokens, Subwords)
    again = wordlm(settings, codec=task.codec)
    assert again.codec is task.codec
    np.testing.assert_array_equal(again.train(5).xs, task.train(5).xs)


def test_a_folder_in_ptb_format_keeps_its_parts(tmp_path):
    for name, words in (("train", " a <unk> b \n" * 30), ("valid", " b a \n"), ("test", " a \n a")):
        (tmp_path / f"ptb.{name}.txt").write_text(words)
    task = wordlm(WordSettings(steps=4, batch=2, text=str(tmp_path)))
    assert set(task.codec.tokens.symbols) == {"a", "b", "<unk>", "\n"}
    assert task.evaluation[0].targets.size == 2
    (tmp_path / "ptb.valid.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"no ptb\.valid\.txt and no valid\.txt"):
        wordlm(WordSettings(text=str(tmp_path)))


def test_what_an_untrained_model_is_examined_at(text):
    task = wordlm(WordSettings(steps=7, batch=3, text=text))
    model = make_model(
        ModelSettings("gru", 4, embedding=3), input_size=task.input_size,
        output_size=task.output_size,
    )  # fmt: skip
    params = jax.tree.map(lambda leaf: leaf * 0, model.init(jax.random.key(0)))
    (found,) = task.examine(model, params).findings
    assert math.isclose(found.value, task.output_size, rel_tol=1e-4)  # all tokens are alike to it
    assert found.baselines["a unigram model"] > 1


def test_e69_a_short_text_and_wrong_settings_are_named(tmp_path):
    short = tmp_path / "short.txt"
    short.write_text("only a few words")
    with pytest.raises(ValueError, match=r"short\.txt has .* Give a longer text"):
        wordlm(WordSettings(text=str(short)))
    with pytest.raises(ValueError, match=r"data\.tokens: expected one of words, subwords"):
        WordSettings(tokens="word")
    with pytest.raises(ValueError, match=r"data\.size: expected 300"):
        WordSettings(size=10)


def test_zarembas_small_configuration_by_name():
    settings = default_settings("wordlm", "zaremba-small")
    assert (settings.model.hidden, settings.model.layers, settings.data.steps) == (200, 2, 20)
    assert settings.optimizer.schedule == "late_exponential"
    with pytest.raises(ValueError, match=r"quick, zaremba-small, got 'zaremba'\. Did you mean"):
        default_settings("wordlm", "zaremba")
