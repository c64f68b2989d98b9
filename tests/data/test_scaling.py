"""Scaling by the training part alone."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxrnn.data.scaling import Scaler
from jaxrnn.data.sine import sliding_windows
from tests.data.samples import SHARED


def test_the_training_part_decides_alone():
    random = np.random.default_rng(0)
    series = random.normal([3.0, -50.0], [0.1, 20.0], (100, 2))
    train = series[:70]
    scaler = Scaler.fit(train)
    np.testing.assert_allclose(scaler.mean, train.mean(0))
    np.testing.assert_allclose(scaler.scale, train.std(0))
    changed = series.copy()
    changed[70:] = 1e6
    assert Scaler.fit(changed[:70]) == scaler != Scaler.fit(changed)
    scaled = scaler.apply(series)
    np.testing.assert_allclose(scaled[:70].mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[:70].std(0), 1)
    np.testing.assert_allclose(scaler.undo(scaled), series)


def test_windows_are_scaled_as_the_series_is():
    series = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)
    scaler = Scaler.fit(series[:15])
    inputs, targets = sliding_windows(scaler.apply(series), 4)
    raw_inputs, raw_targets = sliding_windows(series, 4)
    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs, scaler.apply(raw_inputs))
    np.testing.assert_allclose(scaler.undo(targets), raw_targets, rtol=1e-5, atol=1e-6)


def test_constant_columns_are_safe():
    # the deviation of three 0.1 is 1e-17, not 0
    train = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]])
    scaler = Scaler.fit(train)
    assert scaler.scale[0] == 1 and scaler.mean[0] == 0.1
    assert scaler.apply(train)[:, 0].tolist() == [0, 0, 0]
    assert scaler.apply([[1.1, 2.0]])[0, 0] == 1.0


def test_one_variable_of_any_shape_and_dtypes():
    scaler = Scaler.fit([1, 2, 3])
    assert scaler.apply([2, 3]).dtype == np.float64
    for dtype in (np.float16, np.float32, np.float64):
        assert scaler.apply(np.ones((2, 3), dtype)).dtype == dtype
        assert scaler.undo(np.ones((2, 3), dtype)).dtype == dtype


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=8))
def test_json_round_trip_and_undo(values):
    scaler = Scaler.fit(values)
    assert Scaler.from_json(json.loads(json.dumps(scaler.to_json(), allow_nan=False))) == scaler
    undone = scaler.undo(scaler.apply(values))
    np.testing.assert_allclose(undone, values, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ([[1.0, 2.0], [3.0, np.nan]], r"train\[1, 1\] is nan, expected a finite number \(1 are"),
        ([np.inf, 1.0], r"train\[0, 0\] is inf"),
        ([], "not empty, got shape"),
        (np.ones((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        ([[1.0, -1e300], [2.0, 1e300]], r"column 1 goes from -1e\+300 to 1e\+300"),
        ([0.0, 1e-320], "whose deviation no float can hold"),
    ],
)
def test_bad_training_parts(train, message):
    with pytest.raises(ValueError, match=message):
        Scaler.fit(train)


def test_another_width():
    scaler = Scaler((0.0, 0.0), (1.0, 1.0))
    for method in (scaler.apply, scaler.undo):
        with pytest.raises(ValueError, match=r"expected values \[..., D=2\], got shape \(4, 3\)"):
            method(np.ones((4, 3)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "a mapping with mean and scale, got None"),
        ({"mean": [0.0]}, "a mapping with mean and scale"),
        ({"mean": [0.0], "scale": [0.0]}, r"scale should be above 0, got 0\.0"),
        ({"mean": [0.0], "scale": [1.0, 1.0]}, "got 1 and 2"),
        ({"mean": [], "scale": []}, "got 0 and 0"),
        ({"mean": ["0"], "scale": [1.0]}, "mean should be a list of finite numbers"),
        ({"mean": [0.0], "scale": [float("nan")]}, "scale should be a list of finite numbers"),
        ({"mean": "ab", "scale": [1.0]}, "mean should be a list"),
    ],
)
def test_bad_json(data, message):
    with pytest.raises(ValueError, match=message):
        Scaler.from_json(data)


def test_a_series_that_grows():
    path = SHARED / "timeseries_small" / "airline-passengers.csv"
    values = np.arange(100.0, 244.0)  # where the real one is not at hand
    if path.is_file():
        values = np.array([float(row.split(",")[1]) for row in path.read_text().split()[1:]])
    scaled = Scaler.fit(values[:100]).apply(values)
    assert len(values) == 144 and scaled[100:].mean() > 1  # the future is not at 0
