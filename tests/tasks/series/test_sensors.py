"""Series with a test part of their own: who trains, judges and is examined, and beside what."""

import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.data.sensor_series import LabelledSeries, SplitSeries
from jaxrnn.tasks.kind import DataSettings
from jaxrnn.tasks.kinds import KINDS
from jaxrnn.tasks.model import ModelSettings, make_model
from jaxrnn.tasks.series.sensors import split_series, summaries
from tests.data import tiny_series
from tests.data.samples import SHARED

NAMES = ("low", "high")
MODEL = make_model(ModelSettings("gru", 3), input_size=2, output_size=2)


def some(count, seed):
    """Return series of 3 or 8 steps, whose first column tells the class."""
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % 2
    series = tuple(
        random.normal(size=(random.choice([3, 8]), 2)) + np.array([4.0 * label, 0])
        for label in labels
    )
    return LabelledSeries(series, labels, NAMES)


def build(seed=0, codec=None, test=6, **settings):
    data = SplitSeries(some(20, 1), some(test, 2))
    return data, split_series(
        "tones", "?", data, ("a", "b"), "tones", DataSettings(**settings), seed, codec
    )


def test_a_fifth_of_each_class_judges_and_the_scale_is_that_of_the_others():
    data, task = build(batch=4)
    (judged,) = task.evaluation
    assert sorted(np.asarray(judged.targets)[0].tolist()) == [0, 0, 1, 1]
    mean, scale = np.array(task.codec.mean), np.array(task.codec.scale)
    known = {np.round((x - mean) / scale, 3).astype(np.float32).tobytes(): i
             for i, x in enumerate(data.train.series)}  # fmt: skip

    def places(chunk):
        for b in np.flatnonzero(np.asarray(chunk.weights).any(0)):
            length = int(chunk.mask[:, b].sum())
            row = np.round(np.asarray(chunk.xs[:length, b], np.float64), 3).astype(np.float32)
            place = known[row.tobytes()]
            assert chunk.targets[0, b] == data.train.labels[place]
            assert np.flatnonzero(chunk.weights[:, b]).tolist() == [length - 1]
            yield place

    apart = list(places(judged))
    trained = [p for n in range(task.epoch) for p in places(task.train(n))]
    assert sorted(apart + trained) == list(range(20))
    rows = np.concatenate([data.train.series[i] for i in trained])
    np.testing.assert_allclose(rows.mean(0), mean)


def test_f18_a_chunk_is_a_function_of_its_number():
    one, same, other = (build(seed=seed, batch=4)[1] for seed in (3, 3, 4))
    for place in (0, 5, 100):
        np.testing.assert_array_equal(one.train(place).xs, same.train(place).xs)
    numbers = range(one.epoch)
    assert any(
        one.train(n).xs.shape != other.train(n).xs.shape
        or (one.train(n).xs != other.train(n).xs).any()
        for n in numbers
    )


def test_examination_does_not_see_padding_and_has_a_rival():
    data, task = build(test=6)
    params = MODEL.init(jax.random.key(0))
    found = task.examine(MODEL, params)
    (finding,) = found.findings
    assert finding.goal == 0.97
    assert finding.baselines["logistic regression on summaries"] == 1.0
    right = 0
    for x, label in zip(data.test.series, data.test.labels, strict=True):
        alone = split_series(
            "tones", "?", SplitSeries(data.train, LabelledSeries((x,), np.array([label]), NAMES)),
            ("a", "b"), "tones", DataSettings(), 0, task.codec,
        )  # fmt: skip
        right += alone.examine(MODEL, params).findings[0].value
    assert finding.value == pytest.approx(right / 6)
    lines = found.files["predictions.txt"].splitlines()
    assert len(lines) == 6 and sum(line.endswith("WRONG") for line in lines) == 6 - right
    assert found.files["picture.svg"].startswith("<?xml")


def test_a_codec_is_kept_and_must_be_of_the_same_classes():
    _, task = build()
    assert build(codec=task.codec)[1].codec is task.codec
    other = task.codec.__class__(
        task.codec.columns, task.codec.mean, task.codec.scale, ("x", "y"), classes=True
    )
    with pytest.raises(ValueError, match="tones: the classes are low, high, but .* with x, y"):
        build(codec=other)


def test_the_summary_is_that_of_each_column():
    first = np.array([[1.0, 5.0], [3.0, 5.0]])
    np.testing.assert_array_equal(summaries([first])[0], [2, 5, 1, 0, 1, 5, 3, 5])


def ts(labels, columns, seed):
    random = np.random.default_rng(seed)
    lines = [f"@dimensions {columns}", "@classLabel true 1 2", "@data"]
    for label in labels:
        x = random.normal(size=(columns, 4)) + 3 * label
        lines.append(":".join(",".join(f"{v:.4f}" for v in row) for row in x) + f":{label}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("name", "columns"), [("motions", 6), ("vowels", 12)])
def test_the_command_tells_them_apart(name, columns, tmp_path, monkeypatch):
    files = tiny_series.sensor_series()
    title = {"motions": "BasicMotions", "vowels": "JapaneseVowels"}[name]
    files[f"{title}_TRAIN.ts"] = ts([1, 2] * 10, columns, 0)
    files[f"{title}_TEST.ts"] = ts([1, 2] * 4, columns, 1)
    tiny_series.write(tmp_path / "sensor_classification", files)
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path))
    run = tmp_path / "run"
    words = ["train", name, "--preset", "quick", "--hidden", "4", "--learning-rate", "0.05"]
    assert main([*words, "--out", str(run)]) == 0
    (found,) = json.loads((run / "result.json").read_text())["findings"]
    assert found["value"] == 1.0


@pytest.mark.skipif(
    not (SHARED / "sensor_classification").is_dir(), reason="the series are not at hand"
)
@pytest.mark.parametrize(
    ("name", "trained", "judged", "width"), [("motions", 32, 8, 6), ("vowels", 216, 54, 12)]
)
def test_the_real_parts(name, trained, judged, width, monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
    task = KINDS[name].build(DataSettings(), 0, None)
    assert f"{trained} series to train on, {judged} judge" in task.source
    assert task.input_size == width and task.evaluation[0].xs.shape[1] == judged
