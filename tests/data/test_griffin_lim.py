"""Magnitudes of sound, and sound from magnitudes."""

import numpy as np
import pytest

from jaxrnn.data.griffin_lim import griffin_lim, spectrogram


def sweep(seconds=0.5, rate=8000):
    times = np.arange(int(seconds * rate)) / rate
    return 0.5 * np.sin(2 * np.pi * (300 * times + 900 * times**2)) * np.exp(-3 * times)


def distance(one, other):
    """The share of the magnitudes that is wrong, by its norm."""
    return np.linalg.norm(one - other) / np.linalg.norm(one)


def test_a_spectrogram_is_the_fourier_transform_of_each_window():
    wave, width, hop = np.random.default_rng(0).standard_normal(150), 16, 4
    ys = spectrogram(wave, width=width, hop=hop)
    assert ys.shape == (1 + 38, 9)
    padded = np.concatenate([np.zeros(8), wave, np.zeros(24)])
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    for t in (0, 1, 17, 38):
        direct = np.abs(np.fft.rfft(hann * padded[t * hop :][:width])) / hann.sum()
        np.testing.assert_allclose(ys[t], direct, atol=1e-12)


def test_sound_comes_back_and_more_rounds_come_closer():
    wave = sweep()
    ys = spectrogram(wave)
    apart = [
        distance(ys, spectrogram(griffin_lim(ys, rounds=rounds)))[()] for rounds in (1, 10, 60)
    ]
    assert apart[0] > apart[1] > apart[2] and apart[2] < 0.1
    back = griffin_lim(ys)
    assert len(back) == (len(ys) - 1) * 64 and abs(np.abs(back).max() - 0.5) < 0.15


def test_the_same_seed_gives_the_same_wave():
    ys = spectrogram(sweep(0.1))
    np.testing.assert_array_equal(griffin_lim(ys, rounds=3), griffin_lim(ys, rounds=3))
    assert np.abs(griffin_lim(ys, rounds=3, seed=1) - griffin_lim(ys, rounds=3)).max() > 1e-6


def test_silence_is_silent():
    assert np.abs(griffin_lim(np.zeros((5, 129)))).max() == 0


@pytest.mark.parametrize(
    ("wave", "sizes", "message"),
    [
        (np.zeros((3, 2)), {}, r"vector \[N\] of finite samples, got shape \(3, 2\)"),
        (np.zeros(0), {}, r"got shape \(0,\)"),
        (np.array([0.0, np.nan]), {}, "with NaN or Inf"),
        (np.zeros(9), {"width": 15, "hop": 2}, "width should be even"),
        (np.zeros(9), {"width": 16, "hop": 9}, "at most a half of it, got width=16 and hop=9"),
    ],
)
def test_e70_bad_waves_are_named(wave, sizes, message):
    with pytest.raises(ValueError, match=message):
        spectrogram(wave, **sizes)


@pytest.mark.parametrize(
    ("magnitudes", "message"),
    [
        (np.zeros(3), r"\[T, width / 2 \+ 1\], at least 2 by 2, got shape \(3,\)"),
        (np.zeros((1, 9)), r"got shape \(1, 9\)"),
        (np.full((3, 9), -1.0), "at least 0"),
        (np.full((3, 9), np.inf), "finite"),
    ],
)
def test_e70_bad_magnitudes_are_named(magnitudes, message):
    with pytest.raises(ValueError, match=message):
        griffin_lim(magnitudes, hop=4)
    with pytest.raises(TypeError, match="rounds"):
        griffin_lim(np.zeros((3, 9)), hop=4, rounds=2.5)
