"""Names end to end in rows: a loss where one ends, the state anew where the next begins."""

import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.drivers import scan
from jaxrnn.runs.digest import run_digest
from jaxrnn.tasks.language.surnames import NameSettings, surnames
from jaxrnn.tasks.model import ModelSettings, make_model
from tests.data.samples import SHARED

MADE = NameSettings(corpus="made-names", steps=16, batch=4)


@pytest.fixture(scope="module")
def task():
    return surnames(MADE)


@pytest.fixture(scope="module")
def model(task):
    settings = ModelSettings("gru", 5, embedding=3)
    return make_model(settings, input_size=task.input_size, output_size=task.output_size)


def test_each_name_counts_once_an_epoch_at_its_last_letter(task):
    seen = []
    for number in range(task.epoch):
        chunk = jax.tree.map(np.asarray, task.train(number))
        ids, ends, begins = chunk.xs[..., 0].T, chunk.weights.T > 0, chunk.resets.T
        assert (begins.sum() == ends.sum()) and not (ends & ~chunk.mask.T).any()
        for row, column in zip(*np.nonzero(ends), strict=True):
            start = np.flatnonzero(begins[row, : column + 1])[-1]
            name = task.codec.tokens.decode(ids[row, start : column + 1])
            seen.append((name, task.codec.names[chunk.targets[column, row]]))
    assert len(set(seen)) == len(seen) == 692
    endings = {"Elvish": ("iel", "wen"), "Dwarvish": ("ur", "in"), "Orcish": ("ash", "og")}
    assert all(name.endswith(endings[language]) for name, language in seen)


def test_a_batch_is_a_function_of_its_number(task):
    jax.tree.map(np.testing.assert_array_equal, task.train(7), surnames(MADE).train(7))
    other = surnames(MADE, seed=1).train(7)
    assert not np.array_equal(other.xs, task.train(7).xs)


def test_balanced_classes_weigh_alike_in_training_and_not_in_judging(tmp_path):
    path = tmp_path / "my.tsv"
    rows = [f"{'rare' if i % 10 == 0 else 'common'}\tname{i}\n" for i in range(200)]
    path.write_text("".join(rows))
    task = surnames(NameSettings(text=str(path), steps=16, batch=4, balance=1.0))
    total = np.zeros(2)
    for number in range(task.epoch):
        chunk = task.train(number)
        np.add.at(total, np.asarray(chunk.targets).ravel(), np.asarray(chunk.weights).ravel())
    np.testing.assert_allclose(total, 80, rtol=1e-5)  # of 160 names in all
    assert set(np.unique(task.evaluation[0].weights)) == {0, 1}
    with pytest.raises(ValueError, match=r"data\.balance: expected a number from 0 to 1, got 2"):
        NameSettings(balance=2.0)


def test_a_packed_name_is_answered_as_if_alone(task, model):
    params = model.init(jax.random.key(0))
    chunk = task.evaluation[0]
    ys = scan(model.cell, params.cell, None, chunk.xs, mask=chunk.mask, resets=chunk.resets)[1]
    begins = np.flatnonzero(np.asarray(chunk.resets)[:, 0])
    assert len(begins) > 1
    alone = scan(model.cell, params.cell, None, chunk.xs[begins[1] :, :1])[1]
    length = np.flatnonzero(np.asarray(chunk.weights)[begins[1] :, 0])[0] + 1
    np.testing.assert_allclose(
        ys[begins[1] : begins[1] + length, 0], alone[:length, 0], rtol=1e-5, atol=1e-6
    )


def test_what_an_untrained_model_is_examined_at(task, model):
    found = task.examine(model, model.init(jax.random.key(0)))
    names = [finding.name for finding in found.findings]
    assert names == ["test accuracy", "test macro F1", "test macro recall"]
    assert all(len(finding.baselines) == 4 for finding in found.findings)
    assert found.findings[1].baselines["logistic regression on n-grams"] == 1.0
    assert "Elvish" in found.files["predictions.txt"] and "<svg" in found.files["confusion.svg"]


def test_e69_a_row_that_is_too_short_is_named():
    with pytest.raises(ValueError, match=r"data\.steps=3: the longest name has 7 characters"):
        surnames(NameSettings(corpus="made-names", steps=3))
    with pytest.raises(ValueError, match=r"data\.corpus: expected one of surnames, made-names"):
        NameSettings(corpus="names")


def test_f18_quick_beats_the_frequencies_and_goes_on_to_the_same_bits(tmp_path):
    words = ["train", "surnames", "--preset", "quick"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    assert main([*words, "--steps", "20", "--out", str(tmp_path / "parts")]) == 0
    assert main(["resume", "--run", str(tmp_path / "parts"), "--steps", "40"]) == 0
    assert run_digest(tmp_path / "parts") == run_digest(tmp_path / "whole")
    result = json.loads((tmp_path / "whole" / "result.json").read_text())
    assert result["findings"][1]["value"] > 0.8


@pytest.mark.skipif(not (SHARED / "surnames").is_dir(), reason="no real data")
def test_the_real_names_are_split_by_spelling(monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
    task = surnames(NameSettings())
    assert "16,041 names to train on, 18 classes" in task.source
