"""Forecasts of a table: which rows are seen, scaled by what, judged on which."""

import jax
import numpy as np
import pytest

from jaxrnn.data.csv_table import Table
from jaxrnn.tasks.codecs import ForecastCodec, codec_from_json, codec_to_json
from jaxrnn.tasks.kinds import KINDS
from jaxrnn.tasks.language.charlm import CharacterSettings
from jaxrnn.tasks.model import ModelSettings, make_model
from jaxrnn.tasks.series import tables
from jaxrnn.tasks.series.forecast import ForecastSettings, forecast
from jaxrnn.tasks.series.forecast_report import margins, seasonal

ROWS = 50


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "load.csv"
    random = np.random.default_rng(0)
    lines = [f"day {i},{20 + random.normal():.3f},{i * 10}" for i in range(ROWS)]
    file.write_text("date,temperature,load\n" + "\n".join(lines) + "\n")
    return file


def built(table, **options):
    return forecast(ForecastSettings(csv=str(table), **{"steps": 4, "batch": 3, **options}))


def test_windows_targets_and_scale_are_those_of_a_slow_loop(table):
    task = built(table, target="temperature", horizon=2)
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
            for ahead in (1, 2):
                difference = scaled[i + t + ahead, 0] - scaled[i + t, 0]
                np.testing.assert_allclose(chunk.targets[t, b, ahead - 1], difference, atol=1e-4)


def test_every_row_of_the_judged_part_is_judged_once(table):
    task = built(table)
    (judged,) = task.evaluation
    loads = np.arange(ROWS) * 10
    trained = loads[: int(0.8 * ROWS)]
    levels = np.asarray(judged.targets)[-1, :, 0] + np.asarray(judged.xs)[-1, :, 1]
    targets = levels * trained.std() + trained.mean()
    np.testing.assert_allclose(targets, loads[int(0.8 * ROWS) : int(0.9 * ROWS)], atol=1e-3)
    assert np.asarray(judged.weights).sum() == len(targets)
    step = 10 / trained.std()  # persistence is always one step behind
    np.testing.assert_allclose(task.baseline, step**2, rtol=1e-4)


def test_to_say_nothing_is_persistence_and_the_interval_is_that_of_the_judged_rows(table):
    task = built(table, horizon=2, season=3)
    model = make_model(ModelSettings("gru", 3), input_size=2, output_size=2)
    params = jax.tree.map(lambda leaf: leaf * 0, model.init(jax.random.key(0)))
    mae, rmse, held = task.examine(model, params).findings
    assert mae.value == pytest.approx(15) and mae.baselines["persistence"] == pytest.approx(15)
    assert rmse.value == pytest.approx(np.sqrt(250))  # 10 behind, then 20
    assert mae.baselines["seasonal naive"] == pytest.approx(30)
    assert held.value == 1


def test_the_predictions_are_lines_with_their_times(table):
    task = built(table, horizon=2)
    model = make_model(ModelSettings("gru", 3), input_size=2, output_size=2)
    files = task.examine(model, model.init(jax.random.key(0))).files
    head, first, *rest = files["predictions.csv"].splitlines()
    assert head == "time,truth,forecast 2 ahead,low,high"
    assert first.startswith("day 46,460,") and len(rest) == 3
    assert files["picture.svg"].startswith("<?xml")


def test_margins_are_those_of_a_sorted_list():
    errors = np.random.default_rng(0).normal(size=(200, 2))
    for column, found in enumerate(margins(errors)):
        inside = (np.abs(errors[:, column]) <= found).sum()
        assert inside == np.ceil(0.9 * 201)
    assert margins(errors[:3]).tolist() == np.abs(errors[:3]).max(0).tolist()


@pytest.mark.parametrize("horizon", [1, 3, 7])
def test_the_seasonal_rival_says_only_what_is_known(horizon):
    values, season = np.random.default_rng(0).normal(size=40), 3
    for origin in (10, 25):
        (said,) = seasonal(values, np.array([origin]), horizon, season)
        for ahead in range(1, horizon + 1):
            row = origin + ahead
            while row > origin:
                row -= season
            assert said[ahead - 1] == values[row]


def test_a_codec_adds_the_level_and_comes_back_from_json():
    codec = ForecastCodec(("a", "b"), (1.0, 0.0), (2.0, 1.0), "a", 2)
    assert codec_from_json(codec_to_json(codec)) == codec
    (xs,) = codec.inputs("3 4\n5 6")
    assert codec.answer(np.zeros((2, 2)) + codec.level(xs)) == "a +1 5  +2 5"
    with pytest.raises(ValueError, match="expected a target among a"):
        ForecastCodec(("a",), (1.0,), (2.0,), "b", 2)


def test_known_series_by_name_with_their_own_parts(monkeypatch):
    made = Table(("x", "y"), np.arange(80.0).reshape(40, 2), (), {})
    known = tables.Known("made", lambda: made, "x", 4, (20, 30, 38))
    monkeypatch.setitem(tables.SERIES, "made", known)
    task = forecast(ForecastSettings(4, 3, series="made"))
    assert task.title == "What is x in the next row?" and task.input_size == 2
    assert sum(np.asarray(chunk.weights).sum() for chunk in task.evaluation) == 10
    one = forecast(ForecastSettings(4, 3, series="made", columns=("y",), target="y"))
    assert one.input_size == 1


def test_content_tells_changed_data(table):
    before = built(table).content
    assert before == built(table).content
    table.write_text(table.read_text().replace("490", "491"))
    assert before != built(table).content


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
        ({"series": "etth3"}, r"data\.series: expected one of .*Did you mean 'etth"),
        ({"series": "vix"}, r"data\.series and data\.csv: give one"),
        ({"season": -1}, r"data\.season: expected 0 or more"),
    ],
)
def test_e69_what_does_not_fit_the_table_is_named(table, options, words):
    with pytest.raises(ValueError, match=words):
        built(table, **options)


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
