"""Forecasts of a table: which rows are seen, scaled by what, judged on which."""

import jax
import numpy as np
import pytest

from jaxrnn.tasks.forecast import forecast
from jaxrnn.tasks.kinds import KINDS, CharacterSettings, ForecastSettings

ROWS = 50


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "load.csv"
    random = np.random.default_rng(0)
    lines = [f"day {i},{20 + random.normal():.3f},{i * 10}" for i in range(ROWS)]
    file.write_text("date,temperature,load\n" + "\n".join(lines) + "\n")
    return file


def test_windows_targets_and_scale_are_those_of_a_slow_loop(table):
    task = forecast(csv=table, target="temperature", steps=4, batch=3, horizon=2)
    values = np.loadtxt(table, delimiter=",", skiprows=1, usecols=(1, 2))
    trained = values[: int(0.8 * ROWS)]
    scaled = (values - trained.mean(0)) / trained.std(0)
    chunk = task.train(0)
    for b in range(3):
        (i,) = [
            i for i in range(ROWS - 4) if np.allclose(scaled[i : i + 4], chunk.xs[:, b], atol=1e-4)
        ]
        for t in range(4):
            assert i + t + 2 < len(trained), "a target outside the training part"
            np.testing.assert_allclose(chunk.targets[t, b, 0], scaled[i + t + 2, 0], atol=1e-4)


def test_every_row_of_the_judged_part_is_judged_once(table):
    task = forecast(csv=table, steps=4, batch=3)
    (judged,) = task.evaluation
    loads = np.arange(ROWS) * 10
    trained = loads[: int(0.8 * ROWS)]
    targets = np.asarray(judged.targets)[-1, :, 0] * trained.std() + trained.mean()
    np.testing.assert_allclose(targets, loads[int(0.8 * ROWS) : int(0.9 * ROWS)], atol=1e-3)
    assert np.asarray(judged.weights).sum() == len(targets)
    step = 10 / trained.std()  # persistence is always one step behind
    np.testing.assert_allclose(task.baseline, step**2, rtol=1e-4)


def test_content_tells_changed_data(table):
    before = forecast(csv=table, steps=4, batch=3).content
    assert before == forecast(csv=table, steps=4, batch=3).content
    table.write_text(table.read_text().replace("490", "491"))
    assert before != forecast(csv=table, steps=4, batch=3).content


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "laod"}, "no numeric column of .*load.* Did you mean 'load'"),
        ({"target": "date"}, "no numeric column"),
        ({"steps": 49}, "expected at least 63 for windows"),
        ({"horizon": 0}, "horizon should be at least 1"),
        ({"horizon": 5000}, r"and horizon=5000. Use horizon=\d+ or less.$"),
        ({"steps": 5000}, r"steps=5000 rows and horizon=1. Use steps=\d+ or less.$"),
        ({"batch": 1000}, "batch should be between"),
    ],
)
def test_e69_what_does_not_fit_the_table_is_named(table, options, words):
    with pytest.raises(ValueError, match=words):
        forecast(csv=table, **{"steps": 4, "batch": 3, **options})


def test_every_kind_builds_and_names_its_settings():
    for name, kind in KINDS.items():
        assert kind.first()["training"]["updates"] > 0, name
        try:
            task = kind.build(kind.settings(), 1, None)
        except FileNotFoundError as error:  # of real data alone
            assert "not at hand" in str(error), name
            continue
        assert task.evaluation, name
        assert jax.tree.leaves(task.train(3))


def test_own_files_go_through_the_same_door(table, tmp_path):
    text = tmp_path / "my.txt"
    text.write_text("abcd" * 50)
    task = KINDS["charlm"].build(CharacterSettings(steps=5, batch=2, text=str(text)), 0, None)
    assert task.input_size == 4 and task.source == "my.txt"
    task = KINDS["forecast"].build(ForecastSettings(4, 3, csv=str(table), target="load"), 0, None)
    assert task.input_size == 2 and "load.csv" in task.source


@pytest.mark.parametrize("text", ["a", "ab" * 9])
def test_e69_a_text_too_short_is_refused(tmp_path, text):
    file = tmp_path / "short.txt"
    file.write_text(text)
    with pytest.raises(ValueError, match="short|at least|empty"):
        KINDS["charlm"].build(CharacterSettings(steps=64, text=str(file)), 0, None)
