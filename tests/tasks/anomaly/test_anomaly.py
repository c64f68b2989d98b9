"""Anomalies: what is seen and what is not, the measures of detectors, and a run."""

from pathlib import Path

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.tasks.anomaly.alarms import Detector
from jaxrnn.tasks.anomaly.anomaly import AnomalySettings, anomaly, known_error
from jaxrnn.tasks.anomaly.errors import forecast_errors, said
from jaxrnn.tasks.anomaly.series import (
    Sensor,
    halves,
    inputs,
    made_sensors,
    nab_sensors,
    scaled,
)
from jaxrnn.tasks.anomaly.tuning import Way, halved, try_all
from jaxrnn.tasks.model import ModelSettings, make_model

DATA = Path(__file__).parents[3] / "../shared/data"
MODEL = make_model(ModelSettings("gru", 3), input_size=3, output_size=3)
HORIZONS = (1, 3, 10)


def built(**options):
    settings = {"steps": 12, "batch": 5, "corpus": "made", "ahead": 10, **options}
    return anomaly(AnomalySettings(**settings))


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "boiler.csv"
    values = np.sin(np.arange(400) * 2 * np.pi / 20)
    values[300:310] = 9.0
    lines = [f"t{i},{i},{value:.4f}" for i, value in enumerate(values)]
    file.write_text("time,number,pressure\n" + "\n".join(lines) + "\n")
    return file


def test_windows_and_targets_are_those_of_a_slow_loop_and_nothing_later_is_seen():
    chunk, sensors = built().train(3), made_sensors()
    xs, targets = np.asarray(chunk.xs), np.asarray(chunk.targets)
    for b in range(5):
        found = []
        for sensor in sensors:
            end = int(0.8 * sensor.begin)
            normal = sensor.values[: sensor.begin]
            x = np.arcsinh((sensor.values - normal.mean()) / normal.std())[:end]
            found += [
                (x, i)
                for i in range(end - 11)
                if np.allclose(x[i : i + 12], xs[:, b, 0], atol=1e-5)
            ]
        ((x, i),) = found
        for t in range(12):
            for place, ahead in enumerate(HORIZONS):
                if i + t + ahead < len(x):
                    wanted = x[i + t + ahead] - x[i + t]
                    assert targets[t, b, place] == pytest.approx(wanted, abs=1e-5)
                else:
                    assert np.isnan(targets[t, b, place])


def test_training_is_a_function_of_the_number():
    one, other = built(), built()
    for leaf, same in zip(one.train(7)[:2], other.train(7)[:2], strict=True):
        np.testing.assert_array_equal(leaf, same)
    assert (np.asarray(one.train(7).xs) != np.asarray(one.train(8).xs)).any()
    assert one.content == other.content != built(ahead=9).content


def test_what_judges_is_the_end_of_what_is_normal():
    (chunk,) = built().evaluation
    weights, targets = np.asarray(chunk.weights), np.asarray(chunk.targets)
    assert weights.sum(0).tolist() == [36.0] * 8  # a fifth of 180 rows, from a row before
    counted = weights[..., None].astype(bool)
    assert np.isfinite(np.where(counted, targets, 0)[..., 0]).all()
    # ten ahead, the last nine are beyond
    assert np.isnan(targets[..., 2]).sum(0).tolist() == [9] * 8


def test_unknown_targets_change_neither_loss_nor_gradient():
    targets = np.array([[1.0, np.nan], [np.nan, np.nan]], np.float32)
    outputs = np.array([[3.0, 5.0], [1.0, 1.0]], np.float32)
    assert known_error(outputs, targets).tolist() == [4.0, 0.0]
    slope = jax.grad(lambda o: known_error(o, targets).sum())(outputs)
    assert slope.tolist() == [[4.0, 0.0], [0.0, 0.0]]


def test_inputs_hold_the_next_row_of_the_season_before_and_no_later_row():
    x = np.random.default_rng(0).normal(size=30)
    found = inputs(x, 7)
    for t in range(30):
        known = t + 1 - 7 >= 0
        wanted = [x[t], x[t + 1 - 7] - x[t] if known else 0, float(known)]
        np.testing.assert_allclose(found[t], wanted, rtol=1e-5)
    assert (inputs(x, 0)[:, 1:] == 0).all() and (inputs(x, 31)[:, 1:] == 0).all()


def test_a_series_is_watched_alike_alone_and_among_longer_ones():
    params = MODEL.init(jax.random.key(0))
    short, long = np.random.default_rng(0).normal(size=(2, 700, 3)).astype(np.float32)
    both = said(MODEL, params, [short[:40], long])
    np.testing.assert_allclose(both[0], said(MODEL, params, [short[:40]])[0], rtol=1e-4, atol=1e-6)
    assert both[1].shape == (700, 3)


def test_errors_of_who_says_nothing_are_those_of_persistence():
    params = jax.tree.map(lambda leaf: leaf * 0, MODEL.init(jax.random.key(0)))
    sensor = made_sensors()[0]
    z = scaled(sensor)
    (errors,) = forecast_errors(MODEL, params, [sensor], HORIZONS)
    for place, ahead in enumerate(HORIZONS):
        np.testing.assert_allclose(errors[ahead:, place], np.abs(z[ahead:] - z[:-ahead]), atol=1e-5)
        assert (errors[:ahead, place] == 0).all()


def test_the_halves_are_disjoint_whole_and_have_all_groups():
    sensors = tuple(
        Sensor(f"{group}/{i}", (), np.zeros(2), np.zeros((0, 2), int), 1, 0)
        for group in "ab"
        for i in range(5)
    )
    chosen, tested = halves(sensors)
    assert sorted(chosen + tested) == list(range(10)) and (len(chosen), len(tested)) == (6, 4)
    assert {sensors[i].name[0] for i in tested} == {"a", "b"}
    assert halves(sensors) == (chosen, tested)


def test_a_signal_that_knows_finds_everything_on_series_it_was_not_chosen_by():
    sensors = made_sensors()[:4]
    signals = []
    for sensor in sensors:
        signal = np.zeros((len(sensor.values), 1))
        for first, _ in sensor.windows:
            signal[first : first + 3] = 1
        signals.append(signal)
    found, early = halved(try_all(sensors, Way(signals, False)))
    assert found.recall == found.precision == found.f1 == 1
    assert found.early == pytest.approx(early) and early > 95


def test_a_detector_is_measured_on_the_series_that_are_asked_for():
    sensors = made_sensors()[:2]
    signals = [np.zeros((1200, 1)) for _ in sensors]
    signals[0][sensors[0].windows[:, 0]] = 1
    trials = try_all(sensors, Way(signals, False))
    best = trials.best([0])[0]
    assert isinstance(trials.detectors[best], Detector)
    assert float(trials.measured([0], best).recall) == 1
    assert float(trials.measured([1], best).recall) == 0
    assert float(trials.measured([0, 1], best).recall) == 0.5


def test_own_table_lists_the_rows_that_stand_out(table):
    task = built(csv=str(table), target="pressure", season=20)
    assert "boiler.csv, 1 series, 400 rows" in task.source
    found = task.examine(MODEL, MODEL.init(jax.random.key(0)))
    (finding,) = found.findings
    head, *rows = found.files["alarms.csv"].splitlines()
    assert head == "series,time,value,score,alarm,window" and len(rows) == finding.value > 0
    assert any(row.startswith(f"own/pressure,t{i},9,") for i in range(300, 310) for row in rows)
    assert len(found.files["predictions.csv"].splitlines()) == 401


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "presure"}, "no numeric column of boiler.csv.*Did you mean 'pressure'"),
        ({"steps": 48}, "of which 48 train, expected at least 49 for windows of steps=48"),
        ({"ahead": 50}, "expected at least 51 .* ahead=50"),
        ({"ahead": 0}, r"data\.ahead: expected 1"),
        ({"threshold": 0.0}, r"data\.threshold: expected a number above 0"),
        ({"season": -1}, r"data\.season: expected 0 or more"),
        ({"corpus": "nob"}, r"data\.corpus: .*Did you mean 'nab'"),
        ({"csv": None, "target": "x"}, r"data\.target: names a column"),
        ({"batch": 1000}, "batch should be between"),
    ],
)
def test_e69_what_does_not_fit_is_named(table, options, words):
    with pytest.raises(ValueError, match=words):
        built(**{"csv": str(table), **options})


def test_a_quick_run_leaves_measures_rows_and_a_picture(tmp_path, capsys):
    folder = tmp_path / "run"
    assert main(["train", "anomaly", "--preset", "quick", "--out", str(folder)]) == 0
    said_ = capsys.readouterr().out
    assert "F1 of both, 50 halvings" in said_ and "rolling z-score" in said_
    assert (folder / "picture.svg").read_text().startswith("<?xml")
    rows = (folder / "predictions.csv").read_text().splitlines()
    assert rows[0] == "series,time,value,score,alarm,window" and len(rows) == 1 + 4 * 1200
    (line,) = [one for one in said_.splitlines() if one.startswith("F1 of both, 50 halvings")]
    assert line.count(": better") == 4  # than each of its rivals


@pytest.mark.skipif(not (DATA / "nab").is_dir(), reason="the real data are not at hand")
def test_no_window_of_nab_lies_in_what_is_taken_for_normal(monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(DATA))
    sensors = nab_sensors()
    assert len(sensors) == 58 and sum(len(one.windows) for one in sensors) == 116
    assert all((one.windows >= one.begin).all() for one in sensors)
    chosen, tested = halves(sensors)
    assert (len(chosen), len(tested)) == (31, 27)
    assert sum(len(sensors[i].windows) for i in tested) == 51
