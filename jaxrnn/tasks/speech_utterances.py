"""Recordings of words joined to utterances: who speaks, what, and how long the silences are."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.data import bucket_for, pad_to_bucket
from jaxrnn.data.spoken_digits import Spoken
from jaxrnn.tasks.speech_codec import SpeechCodec

__all__ = [
    "MOST_WORDS", "Joined", "Library", "SpeechChunk", "by_length", "chunk_of",
    "in_turn", "joined_wave",
]  # fmt: skip

MOST_WORDS = 5  # of an utterance
_SILENCE = 30  # frames between two words, at most


class SpeechChunk(NamedTuple):
    """Utterances side by side; a column whose label_lengths is 0 is not real."""

    xs: Any  # [T, B, D] float32
    lengths: Any  # [B] int32
    labels: Any  # [L, B] int32, digits from 1 on: 0 is the blank
    label_lengths: Any  # [B] int32


class Joined(NamedTuple):
    """An utterance: places of recordings, frames of silence before each and at the end; the speed.

    Speed is the place of one among those of a `Library`, of which the first is that of life.
    """

    places: tuple[int, ...]
    silences: tuple[int, ...]
    speed: int = 0


class Library:
    """Recordings as frames, ready to be joined, at one or more speeds, which change the pitch too.

    Source: the speeds: Ko et al. (2015), Interspeech, "Audio augmentation for speech recognition".
    Shapes: frames, an array `[n_i, M]` of each recording.

        >>> from jaxrnn.tasks.speech_codec import fit_speech
        >>> from jaxrnn.tasks.spoken_words import tones
        >>> heard = tones().test
        >>> library = Library(heard, fit_speech(heard.waves, 8000, mels=20))
        >>> one = library.draw(np.random.default_rng(0), count=3, most=200)
        >>> len(library.labels(one)), len({heard.speakers[i] for i in one.places})
        (3, 1)
    """

    def __init__(
        self, spoken: Spoken, codec: SpeechCodec, percents: tuple[int, ...] = (100,)
    ) -> None:
        """Turn all recordings into frames, at speeds in per cent, of which the first is 100."""
        self.spoken, self.codec = spoken, codec
        self.sounds = [
            [codec.frames(_faster(wave, percent)) for wave in spoken.waves] for percent in percents
        ]
        names = np.array(spoken.speakers)
        self.of_speaker = [np.flatnonzero(names == name) for name in sorted(set(spoken.speakers))]

    def draw(self, rng: np.random.Generator, count: int, most: int) -> Joined:
        """Draw an utterance of `count` words, or as many of them as fit into `most` frames."""
        mine = self.of_speaker[rng.integers(len(self.of_speaker))]
        places = rng.choice(mine, count)
        silences = rng.integers(0, _SILENCE + 1, count + 1)
        speed = int(rng.integers(len(self.sounds)))
        lengths = np.cumsum([len(self.sounds[speed][i]) for i in places] + silences[:-1])
        fits = max(1, int((lengths <= most).sum()))
        # the silence at the end, like those before a long first word, takes what is left
        silences[fits] = min(silences[fits], max(0, most - lengths[fits - 1]))
        if lengths[0] > most:
            silences[0] = max(0, silences[0] - (lengths[0] - most))
        return Joined(tuple(places[:fits].tolist()), tuple(silences[: fits + 1].tolist()), speed)

    def frames(self, one: Joined) -> np.ndarray:
        """Return the frames of an utterance."""
        parts = []
        for silence, place in zip(one.silences, one.places, strict=False):
            parts += [self._quiet(silence), self.sounds[one.speed][place]]
        return np.concatenate([*parts, self._quiet(one.silences[-1])])

    def _quiet(self, count: int) -> np.ndarray:
        return np.broadcast_to(self.codec.silence, (count, self.codec.mels))

    def labels(self, one: Joined) -> np.ndarray:
        """Return the digits of an utterance, from 1 on."""
        return self.spoken.digits[list(one.places)].astype(np.int32) + 1


def _faster(wave: np.ndarray, percent: int) -> np.ndarray:
    from scipy.signal import resample_poly

    return wave if percent == 100 else resample_poly(wave, 100, percent)


def joined_wave(spoken: Spoken, one: Joined, codec: SpeechCodec) -> np.ndarray:
    """Return an utterance as a wave, whose frames are those that `Library.frames` joins.

    The speed is that of life.

    Shapes: float32 `[N]`.

        >>> from jaxrnn.tasks.speech_codec import fit_speech
        >>> from jaxrnn.tasks.spoken_words import tones
        >>> heard = tones().test
        >>> codec = fit_speech(heard.waves, 8000, mels=20)
        >>> one = Joined((4, 2), (3, 0, 5))
        >>> wave = joined_wave(heard, one, codec)
        >>> joined = Library(heard, codec).frames(one)
        >>> bool(np.allclose(codec.frames(wave)[codec.edge :], joined, atol=1e-4))
        True
    """
    hop, parts = codec.hop, []
    for silence, place in zip(one.silences, one.places, strict=False):
        wave = spoken.waves[place]
        before = np.zeros((silence + codec.edge) * hop, np.float32)
        parts += [before, wave, np.zeros(-len(wave) % hop, np.float32)]
    return np.concatenate([*parts, np.zeros(one.silences[-1] * hop, np.float32)])


def in_turn(library: Library, rounds: int = 4) -> list[Joined]:
    """Return utterances in which every recording comes `rounds` times, in other company each time.

    Shapes: none.

        >>> from jaxrnn.tasks.speech_codec import fit_speech
        >>> from jaxrnn.tasks.spoken_words import tones
        >>> heard = tones().test
        >>> found = in_turn(Library(heard, fit_speech(heard.waves, 8000, mels=20)))
        >>> sorted(place for one in found for place in one.places)[:8]
        [0, 0, 0, 0, 1, 1, 1, 1]
    """
    rng = np.random.default_rng(0)
    found = []
    for mine in library.of_speaker * rounds:
        rest = rng.permutation(mine)
        while len(rest):
            count = int(rng.integers(1, MOST_WORDS + 1))
            silences = rng.integers(0, _SILENCE + 1, len(rest[:count]) + 1)
            found.append(Joined(tuple(rest[:count].tolist()), tuple(silences.tolist())))
            rest = rest[count:]
    return found


def chunk_of(
    rows: Sequence[tuple[np.ndarray, np.ndarray]], buckets: Sequence[int], batch: int
) -> SpeechChunk:
    """Return (xs, labels) side by side, filled up to a batch with columns that are not real.

    Shapes: xs `[t_i, D]`; labels `[n_i]`, at most `MOST_WORDS`.

        >>> chunk = chunk_of([(np.ones((3, 2), np.float32), np.array([4]))], [4], 2)
        >>> chunk.xs.shape, chunk.lengths.tolist(), chunk.label_lengths.tolist()
        ((4, 2, 2), [3, 0], [1, 0])
    """
    empty = np.zeros((0, rows[0][0].shape[1]), np.float32), np.zeros(0, np.int32)
    xs, labels = zip(*[*rows, *[empty] * (batch - len(rows))], strict=True)
    sounds, lengths = pad_to_bucket(xs, buckets)
    said, counts = pad_to_bucket([label.astype(np.int32) for label in labels], [MOST_WORDS])
    return SpeechChunk(sounds, lengths, said, counts)


def by_length(
    lengths: Sequence[int], buckets: Sequence[int], batch: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (bucket, places), those of like lengths together.

    Shapes: places int `[n]`, n at most batch.

        >>> [(b, p.tolist()) for b, p in by_length([3, 9, 2], [4, 10], 4)]
        [(4, [0, 2]), (10, [1])]
    """
    of = np.array([bucket_for(length, buckets) for length in lengths])
    for bucket in sorted(set(of.tolist())):
        members = np.flatnonzero(of == bucket)
        for start in range(0, len(members), batch):
            yield bucket, members[start : start + batch]
