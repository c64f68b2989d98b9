"""Digits that were spoken, or dialled, one a recording, in parts to learn from and to be judged."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data import load_spoken_digits
from jaxrnn.data.hash_split import hash_split
from jaxrnn.data.spoken_digits import Spoken, SpokenDigits
from jaxrnn.spelling import did_you_mean

__all__ = ["CORPORA", "SpokenParts", "digits_in", "read_spoken", "tones"]

_ROWS, _COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0)
_KEYS = "123456789*0#"  # of a telephone, row by row
_RATE = 8000
_TELEPHONES = {"even": 1.0, "low": 0.97, "high": 1.03}  # names, and how they are tuned
_TAKES, _TEST_TAKES = 15, 5


class SpokenParts(NamedTuple):
    """Recordings of one digit each, by what they are for."""

    rate: int  # samples a second
    train: Spoken
    dev: Spoken
    test: Spoken
    unseen: Spoken | None  # all recordings of the speakers that are held out
    source: str


def tones(seed: int = 0) -> SpokenDigits:
    """Return digits as three telephones dial them: a tiny corpus that is always there.

        wave[n] = loud (sin(2 pi row n / 8000) + sin(2 pi column n / 8000)) + noise

    Each digit lasts 0.08 to 0.14 seconds, fifteen times on each telephone, two of which are a
    little out of tune; takes 0 to 4 test.

    Source: the frequencies are those of ITU-T recommendation Q.23.
    Shapes: waves float32 `[N_i]`, 300 to train on and 150 to test.

        >>> heard = tones()
        >>> heard.rate, len(heard.train.waves), sorted(set(heard.test.takes.tolist()))
        (8000, 300, [0, 1, 2, 3, 4])
    """
    rng = np.random.default_rng(seed)
    takes = [
        (_dialled(rng, digit, tuned), digit, name, take)
        for name, tuned in _TELEPHONES.items()
        for digit in range(10)
        for take in range(_TAKES)
    ]
    train = [take for take in takes if take[3] >= _TEST_TAKES]
    return SpokenDigits(
        _RATE, _as_spoken(train), _as_spoken([take for take in takes if take[3] < _TEST_TAKES])
    )


def _dialled(rng: np.random.Generator, digit: int, tuned: float) -> np.ndarray:
    row, column = divmod(_KEYS.index(str(digit)), len(_COLUMNS))
    times = np.arange(rng.integers(_RATE * 8 // 100, _RATE * 14 // 100)) / _RATE
    both = sum(np.sin(2 * np.pi * tuned * f * times) for f in (_ROWS[row], _COLUMNS[column]))
    loud = rng.uniform(0.1, 0.4)
    return (loud * both + 0.003 * rng.standard_normal(len(times))).astype(np.float32)


def _as_spoken(takes: Sequence[tuple[np.ndarray, int, str, int]]) -> Spoken:
    waves, digits, speakers, numbers = zip(*takes, strict=True)
    return Spoken(waves, np.array(digits, np.uint8), speakers, np.array(numbers, np.int32))


# by name: where the recordings come from, and what they are called
CORPORA = {
    "fsdd": (load_spoken_digits, "the Free Spoken Digit Dataset"),
    "tones": (tones, "the tones of three telephones"),
}


def read_spoken(corpus: str, held_out: Sequence[str] = ()) -> SpokenParts:
    """Return a corpus in its own parts; a tenth of what is not for testing is kept to choose by.

        test, takes 0 to 4;   dev, a tenth of the others, by the hash of their names;   train

    Recordings of speakers that are held out are in none of these three.

    Shapes: none.
    Args: corpus, one of `CORPORA`; held_out, names of speakers.
    Raises: ValueError for a speaker who is not in the corpus, or if nobody would be left;
        FileNotFoundError saying how to supply the corpus.

        >>> parts = read_spoken("tones", ["low"])
        >>> len(parts.train.waves), len(parts.dev.waves), len(parts.unseen.waves)
        (180, 20, 150)
        >>> read_spoken("tones", ["hgih"])
        Traceback (most recent call last):
        ValueError: data.held_out_speaker: tones has the speakers even, high, low, got 'hgih'...
    """
    loader, source = CORPORA[corpus]
    spoken = loader()
    everyone = sorted(set(spoken.train.speakers))
    for name in held_out:
        if name not in everyone:
            raise ValueError(
                f"data.held_out_speaker: {corpus} has the speakers {', '.join(everyone)}, got "
                f"{name!r}.{did_you_mean(name, everyone)}"
            )
    if set(everyone) == set(held_out):
        raise ValueError(f"data.held_out_speaker: {corpus} has no speaker but these to learn from.")
    train, unseen = _apart(spoken.train, held_out)
    test, more = _apart(spoken.test, held_out)
    names = [
        f"{d}_{s}_{t}" for d, s, t in zip(train.digits, train.speakers, train.takes, strict=True)
    ]
    dev = hash_split(names).dev
    rest = np.setdiff1d(np.arange(len(names)), dev)
    return SpokenParts(
        spoken.rate, _chosen(train, rest), _chosen(train, dev), test,
        _together(unseen, more) if held_out else None, source,
    )  # fmt: skip


def _chosen(spoken: Spoken, places: np.ndarray) -> Spoken:
    return Spoken(
        tuple(spoken.waves[i] for i in places), spoken.digits[places],
        tuple(spoken.speakers[i] for i in places), spoken.takes[places],
    )  # fmt: skip


def _apart(spoken: Spoken, held_out: Sequence[str]) -> tuple[Spoken, Spoken]:
    """Return the recordings of the others, and of these speakers."""
    out = np.isin(spoken.speakers, list(held_out))
    return _chosen(spoken, np.flatnonzero(~out)), _chosen(spoken, np.flatnonzero(out))


def _together(one: Spoken, other: Spoken) -> Spoken:
    return Spoken(
        one.waves + other.waves, np.concatenate([one.digits, other.digits]),
        one.speakers + other.speakers, np.concatenate([one.takes, other.takes]),
    )  # fmt: skip


def digits_in(words: str) -> list[int]:
    """Return the digits in what a person wrote; blanks and commas may be between.

    Shapes: none.
    Raises: ValueError if there is none, or anything else.

        >>> digits_in("3 1,4")
        [3, 1, 4]
    """
    found = re.sub(r"[\s,]", "", words)
    if not re.fullmatch(r"[0-9]+", found):
        raise ValueError(f"expected digits from 0 to 9, such as 3 1 4, got {words[:40]!r}.")
    return [int(digit) for digit in found]
