"""The class of a text: batches by length, a network that padding does not move, a whole run."""

import dataclasses
import io
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.runs.digest import run_digest
from jaxrnn.runs.settings import default_settings
from jaxrnn.tasks.language.sentiment import SentimentSettings, sentiment
from jaxrnn.tasks.language.text_classifier import ClassifierSettings, TextClassifier, Texts
from tests.data.samples import SHARED

MADE = SentimentSettings(corpus="made-reviews", batch=8)
SMALL = ClassifierSettings(hidden=4, embedding=3, dropout=0.5, word_dropout=0.3)
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def task():
    return sentiment(MADE)


@pytest.fixture(scope="module")
def model(task):
    return TextClassifier(SMALL, task.codec)


@pytest.fixture(scope="module")
def params(model):
    return model.init(KEY)


def test_a_batch_is_a_function_of_its_number_and_an_epoch_has_each_text_once(task):
    first, again = task.train(3), sentiment(MADE).train(3)
    jax.tree.map(np.testing.assert_array_equal, first, again)
    seen = [task.train(number) for number in range(task.epoch)]
    assert sum(chunk.weights.sum() for chunk in seen) == 308
    assert len({chunk.ids.shape for chunk in seen}) <= 4
    assert all(chunk.ids.shape[1] == 8 for chunk in seen)


def test_padding_and_rows_that_are_not_real_change_nothing(task, model, params):
    chunk = task.train(0)
    longer = Texts(
        np.pad(chunk.ids, ((0, 3), (0, 2))), np.pad(chunk.lengths, (0, 2)),
        np.pad(chunk.labels, (0, 2)), np.pad(chunk.weights, (0, 2)),
    )  # fmt: skip
    grad = jax.value_and_grad(lambda params, chunk: model.loss(params, chunk, None)[0])
    (one, grads), (other, others) = grad(params, chunk), grad(params, longer)
    np.testing.assert_allclose(one, other, rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), grads, others)
    assert model.score(params, chunk)[0] == model.score(params, longer)[0]


def test_a_key_drops_words_and_units_and_none_draws_nothing(task, model, params):
    chunk = task.train(0)
    one, same, other, plain = (
        float(model.loss(params, chunk, key)[0])
        for key in (KEY, KEY, jax.random.key(1), None)
    )  # fmt: skip
    assert one == same != other and plain not in (one, other)
    words = TextClassifier(dataclasses.replace(SMALL, dropout=0.0, word_dropout=0.99), model.codec)
    ids, lengths = jnp.asarray(chunk.ids), jnp.asarray(chunk.lengths)
    gone = words.logits(params, ids, lengths, jax.random.key(2))
    unknown = words.logits(params, jnp.where(ids > 0, 1, 0), lengths, None)
    assert np.isclose(gone, unknown, atol=1e-6).all(1).mean() > 0.5


def test_many_answers_are_those_of_one_text_alone(task, model, params):
    ids = [task.codec.inputs(text)[0][:, 0] for text in ("the film is not good", "bad", "a b c")]
    many = model.answers(params, ids)
    for place, one in enumerate(ids):
        alone = model.logits(params, one[:, None], np.array([len(one)]), None)
        np.testing.assert_allclose(many[place], alone[0], rtol=1e-4, atol=1e-5)
    told = list(model.predict(params, "the film is not good\nbad\n"))
    assert len(told) == 2
    assert told[1].split()[0] == task.codec.names[int(many[1].argmax())]


def test_what_an_untrained_model_is_examined_at(task, model, params):
    found = task.examine(model, params)
    accuracy = found.findings[0]
    assert accuracy.name == "test accuracy" and accuracy.goal is None
    assert accuracy.baselines["logistic regression on n-grams"] < 1  # negation beats it
    assert {"the commonest class", "logistic regression on n-grams"} == set(accuracy.baselines)
    assert "wrong" in found.files["predictions.txt"] and "<svg" in found.files["confusion.svg"]


def test_e69_settings_that_are_wrong_are_named(task):
    with pytest.raises(ValueError, match=r"data\.corpus: expected one of sst2, nsmc, made-reviews"):
        SentimentSettings(corpus="sst")
    with pytest.raises(ValueError, match=r"model\.embedding: tokens need vectors"):
        TextClassifier(ClassifierSettings(), task.codec)
    with pytest.raises(ValueError, match=r"model\.word_dropout: expected"):
        ClassifierSettings(word_dropout=1.0)


def test_its_settings_keep_their_classes():
    settings = default_settings("sentiment", "quick")
    assert isinstance(settings.data, SentimentSettings)
    assert isinstance(settings.model, ClassifierSettings)


def test_f18_quick_learns_negation_and_goes_on_to_the_same_bits(tmp_path, capsys, monkeypatch):
    words = ["train", "sentiment", "--preset", "quick"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    assert "test accuracy" in capsys.readouterr().out
    result = json.loads((tmp_path / "whole" / "result.json").read_text())
    assert result["findings"][0]["value"] > 0.9
    assert main([*words, "--steps", "30", "--out", str(tmp_path / "parts")]) == 0
    assert main(["resume", "--run", str(tmp_path / "parts"), "--steps", "60"]) == 0
    assert run_digest(tmp_path / "parts") == run_digest(tmp_path / "whole")
    capsys.readouterr()
    typed = io.TextIOWrapper(io.BytesIO(b"the plot is not bad\nthe plot is bad\n"))
    monkeypatch.setattr("sys.stdin", typed)
    assert main(["predict", "--run", str(tmp_path / "whole")]) == 0
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert told == ["positive", "negative"]


def test_a_file_of_your_own(tmp_path, capsys):
    path = tmp_path / "my.tsv"
    rows = (f"{('no', 'yes', 'maybe')[i % 3]}\tword{i % 3} and {i}\n" for i in range(60))
    path.write_text("".join(rows))
    words = ["train", "sentiment", "--preset", "quick", "--text", str(path), "--steps", "2"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 0
    assert "3 classes" in capsys.readouterr().out


@pytest.mark.skipif(not (SHARED / "sentiment_en").is_dir(), reason="no real data")
def test_sst2_has_its_own_parts_and_nothing_else(monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
    task = sentiment(SentimentSettings(batch=64))
    assert "6,920 texts to train on, 2 classes" in task.source
    assert sum(int(chunk.weights.sum()) for chunk in task.evaluation) == 872
