"""Sound as a network hears it: log-mel frames, stacked; and digits as words again."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxrnn.checks import as_positive, as_positive_int
from jaxrnn.data import Scaler, log_mel

__all__ = ["SpeechCodec", "fit_speech"]

_HOP = 0.01  # seconds
_FLOOR = 1e-4  # what silence is taken for, where the loudest sample is 1


@dataclasses.dataclass(frozen=True)
class SpeechCodec:
    """Waves as stacked log-mel frames, labels as digits.

        frames = (log_mel(wave) - mean) / scale,   xs[t] = frames[stacked t .. stacked (t + 1)]

    Fields: rate, samples a second; mels M; stacked, frames that are read in one step; mean and
    scale of each band.
    Shapes: frames `[N, M]`; xs `[N / stacked, stacked M]`, silence where the last frames are short.
    Raises: ValueError for scales that don't fit.

        >>> codec = SpeechCodec(8000, 2, 3, (-1.0, 0.0), (2.0, 4.0))
        >>> frames = codec.frames(np.zeros(400))  # 5 of 10 ms, and 2 before
        >>> frames.shape, codec.stack(frames).shape, codec.words([4, 1])
        ((7, 2), (3, 6), '3 0')
    """

    rate: int
    mels: int
    stacked: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("rate", "mels", "stacked"):
            as_positive_int("SpeechCodec", name, getattr(self, name))
        Scaler(self.mean, self.scale)
        if len(self.mean) != self.mels:
            raise ValueError(
                f"SpeechCodec: mean and scale should have a number for each of the {self.mels} "
                f"bands, got {len(self.mean)}."
            )

    @property
    def input_size(self) -> int:
        """How wide a step is."""
        return self.mels * self.stacked

    @property
    def output_size(self) -> int:
        """The blank and ten digits."""
        return 11

    @property
    def hop(self) -> int:
        """Samples from frame to frame."""
        return round(_HOP * self.rate)

    @property
    def edge(self) -> int:
        """Frames before a recording whose windows reach into it."""
        return math.ceil(round(0.025 * self.rate) / self.hop) - 1

    @property
    def silence(self) -> np.ndarray:
        """The frame of silence `[M]`."""
        return self._scaled(np.full(self.mels, np.log(_FLOOR), np.float32))

    def _scaled(self, frames: np.ndarray) -> np.ndarray:
        return ((frames - np.array(self.mean)) / np.array(self.scale)).astype(np.float32)

    def frames(self, wave: np.ndarray) -> np.ndarray:
        """Return the frames of a wave, from `edge` frames of silence before it to its end.

        So frames of waves one after the other are those of the waves joined, with that silence
        before each.
        """
        whole = math.ceil(len(wave) / self.hop) * self.hop
        padded = np.zeros(whole + 2 * self.edge * self.hop)
        padded[self.edge * self.hop :][: len(wave)] = wave
        return self._scaled(_log_mel(padded, self.rate, self.mels))

    @staticmethod
    def loudest(wave: np.ndarray) -> np.ndarray:
        """Return a wave made so loud, or so soft, that its largest sample is 1."""
        most = np.abs(wave).max(initial=0)
        return wave / most if most else wave

    def louder(self, frames: np.ndarray, decibels: float) -> np.ndarray:
        """Return the frames of the same sound at another volume."""
        mean, scale = np.array(self.mean), np.array(self.scale)
        energy = np.maximum(np.exp(frames * scale + mean) - _FLOOR, 0)
        return self._scaled(np.log(_FLOOR + 10 ** (decibels / 10) * energy))

    def stack(self, frames: np.ndarray) -> np.ndarray:
        """Return xs, `stacked` frames a step."""
        missing = -len(frames) % self.stacked
        whole = np.concatenate([frames, np.tile(self.silence, (missing, 1))])
        return whole.reshape(-1, self.input_size)

    def heard(self, rate: int, wave: np.ndarray) -> np.ndarray:
        """Return xs of any sound, made as loud as it can be.

        Channels are mixed, and another rate is turned into this one.
        """
        as_positive("SpeechCodec.heard", "rate", rate)
        mixed = wave if wave.ndim == 1 else wave.mean(1)
        if rate != self.rate:
            from scipy.signal import resample_poly

            mixed = resample_poly(mixed, self.rate, rate)
        return self.stack(self.frames(self.loudest(np.asarray(mixed))))

    def words(self, labels: Any) -> str:
        """Return labels, digits from 1 on, as digits with blanks between."""
        return " ".join(str(int(label) - 1) for label in labels)


def _log_mel(wave: np.ndarray, rate: int, mels: int) -> np.ndarray:
    return log_mel(wave, rate, mels=mels, hop=_HOP, floor=_FLOOR)


def fit_speech(
    waves: Sequence[np.ndarray], rate: int, *, mels: int = 40, stacked: int = 3
) -> SpeechCodec:
    """Return the codec whose frames of these waves have mean 0 and variance 1 in each band.

    The waves are made as loud as they can be.

    Shapes: waves float `[N_i]`.

        >>> from jaxrnn.tasks.speech.words import tones
        >>> codec = fit_speech(tones().train.waves, 8000, mels=20)
        >>> codec.input_size, len(codec.mean)
        (60, 20)
    """
    plain = SpeechCodec(rate, mels, stacked, (0.0,) * mels, (1.0,) * mels)
    frames = [plain.frames(plain.loudest(wave)) for wave in waves]
    scaler = Scaler.fit(np.concatenate(frames).astype(np.float64))
    return dataclasses.replace(plain, mean=scaler.mean, scale=scaler.scale)
