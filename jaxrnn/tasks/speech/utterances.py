"""Recordings of words joined to utterances: who speaks, what, and how long the silences are."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.data import bucket_for, pad_to_bucket
from jaxrnn.data.spoken_digits import Spoken
from jaxrnn.tasks.speech.codec import SpeechCodec

__all__ = [
    "MOST_WORDS", "Joined", "Library", "SpeechChunk", "by_length", "chunk_of",
    "in_turn", "joined_wave", "labels_of",
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
    """An utterance: places of recordings, frames of silence before each and at the end."""

    places: tuple[int, ...]
    silences: tuple[int, ...]


class Library:
    """Recordings as frames, each as loud as it can be, ready to be joined and learned from.

    Shapes: frames, an array `[n_i, M]` of each recording.

        >>> from jaxrnn.tasks.speech.codec import fit_speech
        >>> from jaxrnn.tasks.speech.words import tones
        >>> heard = tones().test
        >>> library = Library(heard, fit_speech(heard.waves, 8000, mels=20))
        >>> one = library.draw(np.random.default_rng(0), count=3, most=200)
        >>> len(one.places), len({heard.speakers[i] for i in one.places})
        (3, 1)
    """

    def __init__(self, spoken: Spoken, codec: SpeechCodec) -> None:
        """Turn all recordings into frames."""
        self.spoken, self.codec = spoken, codec
        self.sounds = [codec.frames(codec.loudest(wave)) for wave in spoken.waves]
        self.of_speaker = _by_speaker(spoken)

    def draw(self, rng: np.random.Generator, count: int, most: int) -> Joined:
        """Draw an utterance of `count` words, or as many of them as fit into `most` frames."""
        mine = self.of_speaker[rng.integers(len(self.of_speaker))]
        places = rng.choice(mine, count)
        silences = rng.integers(0, _SILENCE + 1, count + 1)
        lengths = np.cumsum([len(self.sounds[i]) for i in places] + silences[:-1])
        fits = max(1, int((lengths <= most).sum()))
        # the silence at the end, like those before a long first word, takes what is left
        silences[fits] = min(silences[fits], max(0, most - lengths[fits - 1]))
        if lengths[0] > most:
            silences[0] = max(0, silences[0] - (lengths[0] - most))
        return Joined(tuple(places[:fits].tolist()), tuple(silences[: fits + 1].tolist()))

    def frames(self, one: Joined, decibels: Any = None) -> np.ndarray:
        """Return the frames of an utterance, each word made louder by so many decibels."""
        words = [self.sounds[place] for place in one.places]
        if decibels is not None:
            words = [self.codec.louder(*pair) for pair in zip(words, decibels, strict=True)]
        parts = []
        for silence, word in zip(one.silences, words, strict=False):
            parts += [self._quiet(silence), word]
        return np.concatenate([*parts, self._quiet(one.silences[-1])])

    def _quiet(self, count: int) -> np.ndarray:
        return np.broadcast_to(self.codec.silence, (count, self.codec.mels))


def _by_speaker(spoken: Spoken) -> list[np.ndarray]:
    """Return the places of each speaker's recordings."""
    names = np.array(spoken.speakers)
    return [np.flatnonzero(names == name) for name in sorted(set(spoken.speakers))]


def labels_of(spoken: Spoken, one: Joined) -> np.ndarray:
    """Return the digits of an utterance, from 1 on.

    Shapes: int32 `[n]`.

        >>> from jaxrnn.tasks.speech.words import tones
        >>> labels_of(tones().test, Joined((0, 5, 149), (0, 0, 0, 0))).tolist()
        [1, 2, 10]
    """
    return spoken.digits[list(one.places)].astype(np.int32) + 1


def joined_wave(waves: Sequence[np.ndarray], one: Joined, codec: SpeechCodec) -> np.ndarray:
    """Return an utterance as a wave, whose frames are the joined frames of its words.

    Shapes: waves and result float32 `[N]`.

        >>> from jaxrnn.tasks.speech.codec import fit_speech
        >>> from jaxrnn.tasks.speech.words import tones
        >>> waves = tones().test.waves
        >>> codec = fit_speech(waves, 8000, mels=20)
        >>> wave = joined_wave(waves, Joined((4, 2), (0, 0, 0)), codec)
        >>> joined = np.concatenate([codec.frames(waves[4]), codec.frames(waves[2])])
        >>> bool(np.allclose(codec.frames(wave)[codec.edge :], joined, atol=1e-3))
        True
    """
    hop, parts = codec.hop, []
    for silence, place in zip(one.silences, one.places, strict=False):
        before = np.zeros((silence + codec.edge) * hop, np.float32)
        parts += [before, waves[place], np.zeros(-len(waves[place]) % hop, np.float32)]
    return np.concatenate([*parts, np.zeros(one.silences[-1] * hop, np.float32)])


def in_turn(spoken: Spoken, rounds: int = 4) -> list[Joined]:
    """Return utterances in which every recording comes `rounds` times, in other company each time.

    Shapes: none.

        >>> from jaxrnn.tasks.speech.words import tones
        >>> found = in_turn(tones().test)
        >>> sorted(place for one in found for place in one.places)[:8]
        [0, 0, 0, 0, 1, 1, 1, 1]
    """
    rng = np.random.default_rng(0)
    found = []
    for mine in _by_speaker(spoken) * rounds:
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
