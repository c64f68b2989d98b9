"""Counting: which sequences train, on which scale, and what a trained model answers."""

import io
import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.tasks.drawn.counting import counting
from jaxrnn.tasks.kind import DataSettings
from jaxrnn.tasks.model import ModelSettings, make_model


def numbers(task, chunk):
    """Return inputs [T, B] and the numbers that are asked for [B], not scaled."""
    codec = task.codec
    xs, last = np.asarray(chunk.xs)[..., 0], np.asarray(chunk.targets)[-1, :, 0]
    return (values * codec.scale + codec.mean for values in (xs, last))


def test_a_tenth_is_held_out_and_another_judges():
    task = counting(DataSettings(batch=38))
    seen = []
    for place in range(task.epoch):
        xs, next_ = numbers(task, task.train(place))
        np.testing.assert_allclose(xs[1], xs[0] + 1, atol=1e-3)
        np.testing.assert_allclose(next_, xs[0] + 2, atol=1e-3)
        seen.extend(np.round(xs[0]).astype(int).tolist())
    judged = np.round(next(numbers(task, task.evaluation[0]))[0]).astype(int)
    assert set(judged % 10) == {6} and len(judged) == 100
    assert sorted(seen) == [i for i in range(1, 999) if i % 10 not in (1, 6)]
    assert task.codec.mean == 501.0 and task.codec.scale == 998.0  # of 2 ... 1000


def test_f18_a_chunk_is_a_function_of_its_number():
    one, same, other = (counting(DataSettings(), seed) for seed in (3, 3, 4))
    for place in (0, 24, 1000):
        np.testing.assert_array_equal(one.train(place).xs, same.train(place).xs)
    assert (one.train(0).xs != other.train(0).xs).any()


def test_longer_sequences_and_a_scale_that_is_kept():
    task = counting(DataSettings(steps=3, batch=5))
    assert task.train(0).xs.shape == (3, 5, 1)
    again = counting(DataSettings(steps=2), codec=task.codec)
    assert again.codec is task.codec


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (DataSettings(steps=0), "steps should be between 1 and 900, got steps=0"),
        (DataSettings(batch=1000), "batch=1000 and count=798"),
    ],
)
def test_e69_what_does_not_fit_is_named(settings, words):
    with pytest.raises(ValueError, match=words):
        counting(settings)


def test_examination_of_a_model_that_says_one_number():
    task = counting(DataSettings())
    model = make_model(ModelSettings("gru", 3), input_size=1, output_size=1)
    params = jax.tree.map(lambda leaf: leaf * 0, model.init(jax.random.key(0)))
    found = task.examine(model, params)
    asked, largest = found.findings
    assert asked.value == pytest.approx(501 - 13) and asked.goal == 0.1
    assert largest.value == pytest.approx(501 - 3)  # 991 + 2 is 8 nearer
    assert largest.baselines["the last number again"] == 1.0
    lines = found.files["predictions.txt"].splitlines()
    assert len(lines) == 100 and lines[1] == "11 12 -> 501.000 (13)"
    assert found.files["picture.svg"].startswith("<?xml")


def test_the_command_counts(tmp_path, capsys, monkeypatch):
    run = tmp_path / "run"
    words = ["train", "counting", "--preset", "quick", "--out", str(run)]
    assert main([*words, "--steps", "60"]) == 0
    found = {
        f["name"]: f["value"] for f in json.loads((run / "result.json").read_text())["findings"]
    }
    assert found["largest error of the sequences held out"] < 250
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"11 12\n500, 501\n")))
    assert main(["predict", "--run", str(run)]) == 0
    answers = [float(line) for line in capsys.readouterr().out.split()]
    assert len(answers) == 2 and answers[0] < answers[1]
