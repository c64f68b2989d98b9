"""The noisy sine of a run: its parts, its examination, and going on alone."""

import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.drivers import scan
from jaxrnn.runs.settings import default_settings
from jaxrnn.tasks import sine
from jaxrnn.tasks.kinds import KINDS
from jaxrnn.tasks.model import ModelSettings, make_model
from jaxrnn.tasks.series.sine import SineSettings, free_run

MODEL = make_model(ModelSettings("gru", 3), input_size=1, output_size=1)


def build(**settings):
    return KINDS["sine"].build(SineSettings(**settings), 0, None)


def test_the_settings_of_a_comparison_are_the_defaults():
    one, other = sine(), build()
    np.testing.assert_array_equal(one.train(3).xs, other.train(3).xs)
    assert one.content == other.content
    first = default_settings("sine")
    assert (first.model.cell, first.model.hidden, first.model.layers) == ("elman", 64, 2)


def test_more_points_go_on_and_other_noise_is_other_noise():
    long = build(points=200, steps=10)
    np.testing.assert_array_equal(
        np.asarray(long.evaluation[0].xs)[0, 0], build(points=170).evaluation[0].xs[4, 20]
    )
    assert build(draw=1).content != build().content
    assert long.evaluation[0].xs.shape == (10, 40, 1)


def test_alone_it_reads_what_it_said():
    params = MODEL.init(jax.random.key(0))
    window = np.array([0.1, 0.5, -0.2], np.float32)
    said, read = free_run(MODEL, params, window, 4), list(window)
    for value in said:
        ys = scan(MODEL.cell, params.cell, None, np.array(read[-3:], np.float32)[:, None, None])[1]
        (wanted,) = np.asarray(MODEL.output.apply(params.head, ys[-1, 0]))
        np.testing.assert_allclose(value, wanted, rtol=1e-5)
        read.append(np.float32(value))


def test_examination_of_a_model_that_says_0():
    task = build(steps=7)
    params = jax.tree.map(lambda leaf: leaf * 0, MODEL.init(jax.random.key(0)))
    found = task.examine(MODEL, params)
    noisy, clean, alone = found.findings
    assert noisy.goal == pytest.approx(0.015) and clean.goal == pytest.approx(0.005)
    assert clean.value == pytest.approx(0.5, abs=0.01)  # the mean of sin^2
    assert noisy.value == pytest.approx(0.51, abs=0.02)
    assert alone.value == pytest.approx(alone.baselines["0 at each step"], rel=0.05)
    # persistence: two draws of the noise and a step of the sine
    assert noisy.baselines["persistence"] == pytest.approx(
        0.02 + (4 * np.pi / 99) ** 2 / 2, abs=0.003
    )
    rows = found.files["predictions.csv"].splitlines()
    assert len(rows) == 1 + 1000 - 7
    x, noisy_y, clean_y, said, _ = map(float, rows[1].split(","))
    assert said == 0 and clean_y == pytest.approx(np.sin(x), abs=1e-5)
    assert x == pytest.approx(2 * np.pi + (1 + 7) * 4 * np.pi / 99, abs=1e-4)
    assert abs(noisy_y - clean_y) < 0.5 and rows[-1].endswith(",")
    assert found.files["picture.svg"].startswith("<?xml")


@pytest.mark.parametrize(("field", "value"), [("points", 9), ("draw", -1)])
def test_e68_settings_out_of_range_are_named(field, value):
    with pytest.raises(ValueError, match=rf"data\.{field}: expected .*got {value}"):
        SineSettings(**{field: value})


def test_the_command_leaves_a_picture(tmp_path):
    run = tmp_path / "run"
    words = ["train", "sine", "--preset", "quick", "--steps", "60", "--out", str(run)]
    assert main(words) == 0
    findings = json.loads((run / "result.json").read_text())["findings"]
    assert findings[0]["value"] < 0.3 and (run / "picture.svg").is_file()
    assert "data:image/svg+xml" in (run / "report.html").read_text()
