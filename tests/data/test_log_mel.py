"""Log-mel features, against the sums of the formula written out."""

import cmath
import math

import numpy as np
import pytest

from jaxrnn.data.log_mel import log_mel

WAVE = np.random.RandomState(0).randn(64)


def slow(wave, rate, mels, width, step, floor):
    """The formula in the docstring, one number at a time."""
    size = 2 ** math.ceil(math.log2(2 * width))
    hann = [0.5 - 0.5 * math.cos(2 * math.pi * n / width) for n in range(width)]
    top = 2595 * math.log10(1 + rate / 2 / 700)
    c = [700 * (10 ** (top * m / (mels + 1) / 2595) - 1) for m in range(mels + 2)]
    rows = []
    for t in range(1 + (len(wave) - width) // step):
        power = [
            abs(sum(
                hann[n] * wave[t * step + n] * cmath.exp(-2j * math.pi * k * n / size)
                for n in range(width)
            )) ** 2
            for k in range(size // 2 + 1)
        ]  # fmt: skip
        rows.append([
            math.log(floor + sum(
                p * max(0, min((k * rate / size - c[m]) / (c[m + 1] - c[m]),
                               (c[m + 2] - k * rate / size) / (c[m + 2] - c[m + 1])))
                for k, p in enumerate(power)
            ))
            for m in range(mels)
        ])  # fmt: skip
    return rows


@pytest.mark.parametrize(("width", "step", "mels"), [(16, 5, 4), (12, 12, 3), (64, 1, 6)])
def test_against_the_sums_written_out(width, step, mels):
    got = log_mel(WAVE, 1000, mels=mels, window=width / 1000, hop=step / 1000)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, slow(WAVE, 1000, mels, width, step, 1e-6), rtol=1e-5)


def test_silence_is_the_logarithm_of_the_floor():
    np.testing.assert_allclose(log_mel(np.zeros(800), 8000, floor=1e-4), np.log(1e-4), rtol=1e-6)


def test_a_higher_tone_is_in_a_higher_band():
    times = np.arange(4000) / 8000
    places = [log_mel(np.sin(2 * np.pi * f * times), 8000)[0].argmax() for f in (200, 1000, 3000)]
    assert places == sorted(set(places))


@pytest.mark.parametrize(
    ("wave", "options", "message"),
    [
        (
            np.zeros(199),
            {},
            r"a vector \[N\] of one window or more, 200 samples every 80.*\(199,\)",
        ),
        (np.zeros((400, 2)), {}, r"got shape \(400, 2\). Mix channels"),
        (np.full(400, np.nan), {}, "wave should be finite"),
        (np.zeros(400), {"hop": 1e-6}, "both above one sample"),
        (np.zeros(400), {"window": 1e-4}, "both above one sample"),
        (np.zeros(400), {"hop": 0}, "hop must be greater than zero"),
        (np.zeros(400), {"floor": -1}, "floor must be greater than zero"),
        (np.zeros(400), {"mels": 300}, "300 mels are too many at rate 8000"),
        (np.zeros(0), {}, "one window or more"),
    ],
)
def test_what_can_not_be_done(wave, options, message):
    with pytest.raises(ValueError, match=f"log_mel: .*{message}"):
        log_mel(wave, 8000, **options)
