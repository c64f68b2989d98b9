"""Sound as a sequence of spectra."""

import math

import numpy as np

from jaxrnn.checks import as_positive, as_positive_int

__all__ = ["log_mel"]


def log_mel(
    wave: np.ndarray,
    rate: int,
    *,
    mels: int = 40,
    window: float = 0.025,
    hop: float = 0.01,
    floor: float = 1e-6,
) -> np.ndarray:
    """Return the logarithm of the energy in M bands of frequency, one row every `hop` seconds.

        W = round(window * rate),  S = round(hop * rate),  F = the power of 2 from 2 W up
        hann[n] = 0.5 - 0.5 cos(2 pi n / W)
        P[t, k] = |sum_n hann[n] wave[t S + n] exp(-2 pi i k n / F)|^2        k = 0 .. F/2
        mel(f) = 2595 log10(1 + f / 700)
        c_0 .. c_{M+1}, at equal distances of mel(c) between 0 and rate / 2
        B[k, m] = max(0, min((f_k - c_m) / (c_{m+1} - c_m), (c_{m+2} - f_k) / (c_{m+2} - c_{m+1})))
        ys[t, m] = log(floor + sum_k P[t, k] B[k, m]),   f_k = k rate / F

    Source: Davis and Mermelstein (1980), "Comparison of parametric representations for
    monosyllabic word recognition"; the mel scale of O'Shaughnessy (1987).
    Shapes: wave `[N]`; ys float32 `[T, M]`, T = 1 + (N - W) // S. What is left at the end, less
    than a window, is dropped.
    Args: rate, in samples a second. mels, M. window and hop, in seconds. floor, what silence is
        taken for; for samples between -1 and 1.
    Raises: ValueError if wave is no vector, shorter than a window or not finite, or if a number is
        not positive, the hop below one sample or the bands too narrow for the window.

        >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
        >>> ys = log_mel(tone, 8000, mels=20)
        >>> ys.shape, set(ys.argmax(axis=1).tolist())
        ((98, 20), {9})
    """
    mels, rate = as_positive_int("log_mel", "mels", mels), as_positive_int("log_mel", "rate", rate)
    wave = np.asarray(wave, np.float64)
    width = round(as_positive("log_mel", "window", window) * rate)
    step = round(as_positive("log_mel", "hop", hop) * rate)
    as_positive("log_mel", "floor", floor)
    if wave.ndim != 1 or len(wave) < max(width, 2) or min(step, width - 1) < 1:
        raise ValueError(
            f"log_mel: wave should be a vector [N] of one window or more, {width} samples every "
            f"{step}, both above one sample, got shape {wave.shape}. Mix channels into one, pad a "
            "short wave with zeros, or take another window."
        )
    if not np.isfinite(wave).all():
        raise ValueError("log_mel: wave should be finite, got NaN or Inf.")
    size = 2 ** math.ceil(math.log2(2 * width))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    frames = np.lib.stride_tricks.sliding_window_view(wave, width)[::step]
    power = np.abs(np.fft.rfft(frames * hann, size)) ** 2
    return np.log(floor + power @ _bands(rate, size, mels)).astype(np.float32)


def _bands(rate: int, size: int, mels: int) -> np.ndarray:
    """Return B `[size/2 + 1, M]`, triangles that rise and fall between neighbouring corners."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, mels + 2) / 2595) - 1)
    frequencies = np.arange(size // 2 + 1)[:, None] * rate / size
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    rise, fall = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    bands = np.maximum(0, np.minimum(rise, fall))
    if not bands.any(axis=0).all():
        raise ValueError(
            f"log_mel: {mels} mels are too many at rate {rate}: a band lies between two of the "
            f"{size // 2 + 1} frequencies. Take fewer mels or a longer window."
        )
    return bands
