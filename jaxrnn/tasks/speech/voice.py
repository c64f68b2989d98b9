"""What a digit is to be said with: who, how long; and what comes of it, frames of a spectrogram."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data import Scaler
from jaxrnn.data.griffin_lim import griffin_lim, spectrogram
from jaxrnn.data.spoken_digits import Spoken
from jaxrnn.spelling import did_you_mean

__all__ = ["VoiceCodec", "fit_voice"]

_WINDOW, _HOP = 0.032, 0.008  # seconds
_FLOOR = 1e-4  # of a magnitude
_PLACES = 10  # within a digit, that are told apart
_PAUSE = 8  # frames between two digits


@dataclasses.dataclass(frozen=True)
class VoiceCodec:
    """A digit as the inputs of a decoder, frames as sound.

        xs[t] = (one-hot digit, one-hot speaker, hats at t / (n - 1), n / 100),   t = 0 .. n - 1
        hat_j(p) = max(0, 1 - |9 p - j|),   j = 0 .. 9
        frame = (log(1e-4 + spectrogram) - mean) / scale

    Fields: rate, samples a second; speakers, their names; lengths, frames that each of them takes
    for each digit, ten a speaker; mean and scale of each frequency.
    Shapes: xs `[n, D]`; frames `[n, F]`.
    Raises: ValueError for numbers that don't fit each other.

        >>> codec = VoiceCodec(8000, ("theo",), (50,) * 10, (0.0,) * 129, (1.0,) * 129)
        >>> codec.inputs(3, "theo").shape, codec.frames(np.zeros(6400)).shape
        ((50, 22), (101, 129))
    """

    rate: int
    speakers: tuple[str, ...]
    lengths: tuple[int, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        as_positive_int("VoiceCodec", "rate", self.rate)
        Scaler(self.mean, self.scale)
        expected = {"lengths": 10 * len(self.speakers), "mean": self.width // 2 + 1}
        for name, count in expected.items():
            if len(getattr(self, name)) != count:
                raise ValueError(
                    f"VoiceCodec: {name} should have {count} numbers, got "
                    f"{len(getattr(self, name))}."
                )

    @property
    def width(self) -> int:
        """Samples of a window."""
        return 2 * round(_WINDOW * self.rate / 2)

    @property
    def hop(self) -> int:
        """Samples from frame to frame."""
        return round(_HOP * self.rate)

    @property
    def input_size(self) -> int:
        """D."""
        return 10 + len(self.speakers) + _PLACES + 1

    @property
    def output_size(self) -> int:
        """F."""
        return self.width // 2 + 1

    def speaker(self, name: str) -> int:
        """Return the number of a speaker; ValueError if nobody is called so."""
        if name not in self.speakers:
            raise ValueError(
                f"expected one of the speakers {', '.join(self.speakers)}, got "
                f"{name!r}.{did_you_mean(name, self.speakers)}"
            )
        return self.speakers.index(name)

    def inputs(self, digit: int, speaker: str, length: int | None = None) -> np.ndarray:
        """Return xs for a digit, as long as that speaker takes for it if not told otherwise."""
        who = self.speaker(speaker)
        count = self.lengths[10 * who + digit] if length is None else length
        place = np.linspace(0, _PLACES - 1, count)[:, None]
        hats = np.maximum(0, 1 - np.abs(place - np.arange(_PLACES)))
        same = np.concatenate([np.eye(10)[digit], np.eye(len(self.speakers))[who], [count / 100]])
        xs = np.concatenate([np.broadcast_to(same, (count, len(same))), hats], axis=1)
        return xs.astype(np.float32)

    def frames(self, wave: np.ndarray) -> np.ndarray:
        """Return the frames of a wave."""
        magnitudes = spectrogram(wave, width=self.width, hop=self.hop)
        logs = np.log(_FLOOR + magnitudes)
        return ((logs - np.array(self.mean)) / np.array(self.scale)).astype(np.float32)

    def wave(self, digits: Sequence[np.ndarray]) -> np.ndarray:
        """Return the sound of digits, frames each, one after the other with pauses."""
        size = self.output_size
        parts = [np.zeros((_PAUSE, size))]
        for frames in digits:
            logs = frames * np.array(self.scale) + np.array(self.mean)
            magnitudes = np.maximum(np.exp(np.minimum(logs, 0)) - _FLOOR, 0)  # 1 is full scale
            parts += [magnitudes, np.zeros((_PAUSE, size))]
        return griffin_lim(np.concatenate(parts), hop=self.hop)


def fit_voice(spoken: Spoken, rate: int) -> VoiceCodec:
    """Return the codec of the speakers in these recordings, of who takes how long: the median.

    Shapes: none.

        >>> from jaxrnn.tasks.speech.words import tones
        >>> codec = fit_voice(tones().train, 8000)
        >>> codec.speakers, len(codec.lengths)
        (('even', 'high', 'low'), 30)
    """
    names = tuple(sorted(set(spoken.speakers)))
    size = 2 * round(_WINDOW * rate / 2) // 2 + 1
    plain = VoiceCodec(rate, names, (1,) * 10 * len(names), (0.0,) * size, (1.0,) * size)
    frames = [plain.frames(wave) for wave in spoken.waves]
    counts, who = np.array([len(f) for f in frames]), np.array(spoken.speakers)
    lengths = tuple(
        int(np.median(counts[(who == name) & (spoken.digits == digit)]))
        for name in names
        for digit in range(10)
    )
    scaler = Scaler.fit(np.concatenate(frames).astype(np.float64))
    return dataclasses.replace(plain, lengths=lengths, mean=scaler.mean, scale=scaler.scale)
