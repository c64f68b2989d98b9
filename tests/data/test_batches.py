"""Shuffled batches, buckets of lengths, and the noisy sine."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, scan
from jaxrnn.data import bucket_for, noisy_sine, pad_to_bucket, shuffled, sliding_windows


def test_an_epoch_sees_each_example_once_and_the_next_in_another_order():
    epochs = [[shuffled(3 * epoch + i, 12, 4).tolist() for i in range(3)] for epoch in range(2)]
    for epoch in epochs:
        assert sorted(n for batch in epoch for n in batch) == list(range(12))
    assert epochs[0] != epochs[1]
    assert shuffled(0, 12, 4).tolist() == epochs[0][0] != shuffled(0, 12, 4, seed=1).tolist()


def test_a_rest_is_left_out():
    seen = np.concatenate([shuffled(i, 10, 4) for i in range(2)])
    assert len(set(seen.tolist())) == 8


@pytest.mark.parametrize("batch", [0, 13])
def test_bad_batches(batch):
    with pytest.raises(ValueError, match=f"between 1 and .* got batch={batch} and count=12"):
        shuffled(0, 12, batch)


def test_noisy_sine():
    series = noisy_sine()
    assert series.x.dtype == series.y.dtype == np.float32 and len(series.y) == 100
    np.testing.assert_allclose(series.x[[0, -1]], [-2 * np.pi, 2 * np.pi], rtol=1e-6)
    noise = series.y - np.sin(series.x)
    assert 0.08 < noise.std() < 0.12 and abs(noise.mean()) < 0.03
    # the legacy generator's stream: the same numbers on every machine
    np.testing.assert_allclose(series.y[:3], [0.17641, 0.16661, 0.34902], atol=1e-5)
    np.testing.assert_array_equal(series.y, noisy_sine().y)
    assert (series.y != noisy_sine(seed=1).y).any()
    with pytest.raises(ValueError, match="points should be at least 2, got 1"):
        noisy_sine(1)


def test_sliding_windows_against_a_slow_loop():
    series = np.random.RandomState(0).randn(9, 2)
    inputs, targets = sliding_windows(series, 4)
    assert inputs.shape == targets.shape == (4, 5, 2)
    for i in range(5):
        for t in range(4):
            np.testing.assert_array_equal(inputs[t, i], series[i + t])
            np.testing.assert_array_equal(targets[t, i], series[i + t + 1])
    for steps in (0, 9):
        with pytest.raises(ValueError, match=f"got steps={steps} and 9 points"):
            sliding_windows(series, steps)


def test_buckets_give_the_results_of_the_sequences_alone():
    random = np.random.RandomState(0)
    sequences = [random.randn(length, 3).astype(np.float32) for length in (2, 5, 1)]
    xs, lengths = pad_to_bucket(sequences, [4, 8, 16])
    assert xs.shape == (8, 3, 3) and xs.dtype == np.float32
    assert lengths.tolist() == [2, 5, 1] and lengths.dtype == np.int32
    cell = GRU(2)
    with jax.enable_x64(False):  # the sequences are float32
        params = cell.init(jax.random.key(0), 3)
    state, ys = scan(cell, params, None, xs, lengths=lengths)
    for row, sequence in enumerate(sequences):
        alone, outputs = scan(cell, params, None, jnp.asarray(sequence))
        np.testing.assert_allclose(state.h[row], alone.h, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(ys[: len(sequence), row], outputs, rtol=1e-5, atol=1e-6)


def test_buckets_of_numbers_and_of_nothing():
    xs, lengths = pad_to_bucket([np.array([3, 4]), np.array([], int), np.array([5])], [2])
    assert xs.tolist() == [[3, 0, 5], [4, 0, 0]] and lengths.tolist() == [2, 0, 1]


def test_bucket_for_needs_no_order():
    assert [bucket_for(n, [64, 16, 32]) for n in (0, 16, 17, 64)] == [16, 16, 32, 64]


@pytest.mark.parametrize(
    ("sequences", "buckets", "message"),
    [
        ([], [4], "sequences is empty"),
        ([np.ones((9, 1))], [4, 8], "9 steps is longer than the largest bucket, 8"),
        ([np.ones((2, 1))], [], "at least 1 step"),
        ([np.ones((2, 1))], [0, 4], "at least 1 step"),
        ([np.ones((2, 1)), np.ones((2, 3))], [4], r"float64\[2, 1\] at index 0 and .*index 1"),
        ([np.ones((2, 1)), np.ones((2, 1), int)], [4], r"and int64\[2, 1\] at index 1"),
        ([np.ones(())], [4], r"float64\[\] at index 0"),
    ],
)
def test_bad_buckets(sequences, buckets, message):
    with pytest.raises(ValueError, match=message):
        pad_to_bucket(sequences, buckets)
