"""Alarms and their measures, against cases that are computed by hand."""

import math

import numpy as np
import pytest

from jaxrnn.tasks.anomaly.alarms import alarms, surprise
from jaxrnn.tasks.anomaly.measures import Judged, measures, timeliness

NONE = np.zeros((0, 2), int)


def one(rows, *windows):
    return Judged(np.array(rows, int), np.array(windows, int).reshape(-1, 2))


def test_surprise_is_that_of_a_slow_loop_and_looks_at_nothing_later():
    signal = np.random.default_rng(0).normal(size=60)
    least = 0.1 * signal[:10].std()
    found = surprise(signal, 10, 3, 12)
    for t in range(60):
        recent, before = signal[max(t - 2, 0) : t + 1], signal[max(t - 14, 0) : max(t - 2, 0)]
        wanted = (recent.mean() - before.mean()) / max(before.std(), least) if len(before) else 0
        assert found[t] == pytest.approx(wanted)
    np.testing.assert_allclose(surprise(signal[:40], 10, 3, 12), found[:40])


def test_a_signal_that_stood_still_gives_a_finite_score():
    assert np.isfinite(surprise(np.array([0.0] * 9 + [1.0]), 5, 1, 100)).all()


@pytest.mark.parametrize(
    ("scores", "quiet", "raised"),
    [
        ([9, 9, 9, 9], 1, [0]),  # one that goes on and on
        ([9, 0, 9, 0], 1, [0, 2]),
        ([9, 0, 9, 0], 2, [0]),
        ([0, 0, 0, 0], 1, []),
        ([5, 5, 5, 5], 1, []),  # the threshold itself is not above it
    ],
)
def test_an_alarm_is_raised_once(scores, quiet, raised):
    assert alarms(np.array(scores), 5, 0, quiet).tolist() == raised


def test_no_alarm_is_raised_at_the_beginning():
    assert alarms(np.full(6, 9), 5, 4, 1).tolist() == [4]


def test_recall_precision_and_f1_by_hand():
    # 2 of 3 windows have an alarm; 3 of 5 alarms lie in a window
    found = measures([one([5, 12, 15], (10, 20), (30, 40)), one([1, 2], (2, 3))])
    assert found.recall == pytest.approx(2 / 3) and found.precision == pytest.approx(3 / 5)
    assert found.f1 == pytest.approx(2 * (2 / 3) * (3 / 5) / (2 / 3 + 3 / 5))


def test_first_and_last_row_of_a_window_belong_to_it():
    assert measures([one([10], (10, 20))]).recall == measures([one([20], (10, 20))]).recall == 1
    assert measures([one([9, 21], (10, 20))]).recall == 0


def test_without_alarms_none_is_wrong_and_without_windows_nothing_can_be_found():
    nobody = measures([one([], (1, 2))])
    assert (nobody.recall, nobody.precision, nobody.f1, nobody.early) == (0, 1, 0, 0)
    assert math.isnan(measures([one([3])]).recall) and math.isnan(measures([one([3])]).early)


def test_timeliness_is_the_curve_of_nab():
    np.testing.assert_allclose(
        timeliness(np.array([-1, -0.5, 0, 1, 4])),
        [
            2 / (1 + np.exp(-5)) - 1, 2 / (1 + np.exp(-2.5)) - 1, 0, 2 / (1 + np.exp(5)) - 1, -1,
        ],
    )  # fmt: skip


BEST = 2 / (1 + math.exp(-5)) - 1


@pytest.mark.parametrize(
    ("rows", "raw"),
    [
        ([10], BEST),
        ([20], 0),
        ([15], 2 / (1 + math.exp(-2.5)) - 1),
        ([15, 16, 17], 2 / (1 + math.exp(-2.5)) - 1),  # the first counts, others are not false
        ([], -1),
        ([5], -1 - 0.11),  # before any window: wholly false
        ([10, 25], BEST + 0.11 * (2 / (1 + math.exp(2.5)) - 1)),  # a little late: half false
        ([10, 90], BEST - 0.11),
    ],
)
def test_the_early_score_by_hand(rows, raw):
    assert measures([one(rows, (10, 20))]).early == pytest.approx(100 * (raw + 1) / (BEST + 1))


def test_false_alarms_in_series_without_windows_cost():
    assert measures([one([10], (10, 20)), Judged(np.array([3]), NONE)]).early == pytest.approx(
        100 * (BEST - 0.11 + 1) / (BEST + 1)
    )


def test_a_false_alarm_is_measured_from_the_last_window_before_it():
    late = 2 / (1 + math.exp(2.5)) - 1
    score = measures([one([10, 50, 65], (10, 20), (50, 60))]).early
    assert score == pytest.approx(100 * (2 * BEST + 0.11 * late + 2) / (2 * BEST + 2))


def test_a_window_of_one_row_can_be_found():
    assert measures([one([7], (7, 7))]).early == pytest.approx(100 / (BEST + 1))
