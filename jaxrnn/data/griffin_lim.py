"""Sound from how loud each frequency is at each time: the phases are found, not known."""

import numpy as np

from jaxrnn.checks import as_positive_int

__all__ = ["griffin_lim", "spectrogram"]

_MOMENTUM = 0.99  # of Perraudin's faster iteration


def spectrogram(wave: np.ndarray, *, width: int = 256, hop: int = 64) -> np.ndarray:
    """Return the magnitude of each frequency, one row every `hop` samples.

        ys[t, k] = |sum_n hann[n] wave[t hop - width / 2 + n] exp(-2 pi i k n / width)| / sum(hann)

    A sine of amplitude a has the magnitude a / 2; beyond its ends the wave is silent.

    Shapes: wave `[N]`; ys float64 `[T, width / 2 + 1]`, T = 1 + ceil(N / hop).
    Args: width, of a window, and hop, in samples.
    Raises: ValueError if wave is no vector with a sample, or not finite, or the hop is above a half
        of the width, which is even; TypeError for sizes that are no ints.

        >>> ys = spectrogram(np.sin(2 * np.pi * 1000 * np.arange(800) / 8000), width=80, hop=20)
        >>> ys.shape, int(ys[20].argmax()), ys[20, 10].round(3)
        ((41, 41), 10, np.float64(0.5))
    """
    wave = np.asarray(wave, np.float64)
    _check_sizes("spectrogram", width, hop)
    if wave.ndim != 1 or not len(wave) or not np.isfinite(wave).all():
        raise ValueError(
            f"spectrogram: wave should be a vector [N] of finite samples, got shape {wave.shape}"
            f"{'' if np.isfinite(wave).all() else ' with NaN or Inf'}."
        )
    return np.abs(_stft(wave, width, hop))


def griffin_lim(
    magnitudes: np.ndarray, *, hop: int = 64, rounds: int = 60, seed: int = 0
) -> np.ndarray:
    """Return a wave whose `spectrogram` comes close to these magnitudes.

        c = stft(istft(magnitudes * phases))
        phases = d / |d|,   d = c + 0.99 (c - the last c)

    The phases begin at random: the same seed gives the same wave.

    Source: Griffin and Lim (1984), IEEE Transactions on ASSP 32; the momentum: Perraudin, Balazs
    and Sondergaard (2013), WASPAA.
    Shapes: magnitudes `[T, width / 2 + 1]`; wave float64 `[(T - 1) hop]`.
    Args: hop, in samples; rounds, more of them come closer.
    Raises: ValueError unless magnitudes are a finite matrix of two rows or more, nothing below 0,
        and the hop is at most a half of the width; TypeError for sizes that are no ints.

        >>> tone = np.sin(2 * np.pi * 1000 * np.arange(800) / 8000)
        >>> ys = spectrogram(tone, width=80, hop=20)
        >>> again = spectrogram(griffin_lim(ys, hop=20), width=80, hop=20)
        >>> bool(abs(again - ys)[5:-5].max() < 0.05)
        True
    """
    magnitudes = np.asarray(magnitudes, np.float64)
    rounds = as_positive_int("griffin_lim", "rounds", rounds)
    if magnitudes.ndim != 2 or len(magnitudes) < 2 or magnitudes.shape[1] < 2:
        raise ValueError(
            f"griffin_lim: magnitudes should be [T, width / 2 + 1], at least 2 by 2, got shape "
            f"{magnitudes.shape}."
        )
    if not (np.isfinite(magnitudes).all() and (magnitudes >= 0).all()):
        raise ValueError("griffin_lim: magnitudes should be finite and at least 0.")
    width = 2 * (magnitudes.shape[1] - 1)
    _check_sizes("griffin_lim", width, hop)
    length = (len(magnitudes) - 1) * hop
    phases = np.exp(2j * np.pi * np.random.default_rng(seed).random(magnitudes.shape))
    last = np.zeros_like(phases)
    for _ in range(rounds):
        found = _stft(_istft(magnitudes * phases, length, width, hop), width, hop)
        phases = found + _MOMENTUM * (found - last)
        phases /= np.maximum(np.abs(phases), 1e-12)
        last = found
    return _istft(magnitudes * phases, length, width, hop)


def _check_sizes(owner: str, width: int, hop: int) -> None:
    as_positive_int(owner, "width", width)
    as_positive_int(owner, "hop", hop)
    if width % 2 or 2 * hop > width:
        raise ValueError(
            f"{owner}: width should be even and hop at most a half of it, got width={width} and "
            f"hop={hop}."
        )


def _stft(wave: np.ndarray, width: int, hop: int) -> np.ndarray:
    from scipy.signal import stft

    silent = np.concatenate([wave, np.zeros(-len(wave) % hop)])
    # scipy pads by half a window at both ends, and so has a window around each end
    return stft(silent, nperseg=width, noverlap=width - hop, padded=False)[2].T


def _istft(values: np.ndarray, length: int, width: int, hop: int) -> np.ndarray:
    from scipy.signal import istft

    return istft(values.T, nperseg=width, noverlap=width - hop)[1][:length]
