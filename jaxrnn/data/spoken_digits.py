"""The Free Spoken Digit Dataset: six people say the digits, fifty times each."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data.archives import members
from jaxrnn.data.source import DataFile, Recipe, read
from jaxrnn.data.tarball import tar_of
from jaxrnn.data.wav import parse_wav

__all__ = ["SPOKEN_DIGITS", "Spoken", "SpokenDigits", "load_spoken_digits"]

_COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
_REPOSITORY = "Jakobovski/free-spoken-digit-dataset"
_NAME = re.compile(r"([0-9])_([a-z]+)_([0-9]{1,4})\.wav")
_TEST_TAKES = 5  # of each digit and speaker, the first ones


def _packed(contents: Sequence[bytes]) -> bytes:
    """Return the archive of the recordings alone, from one of the whole repository."""
    found = {
        "/".join(name.split("/")[-2:]): content
        for name, content in members(contents[0], f"the archive of {_REPOSITORY}")
        if name.split("/")[1:2] == ["recordings"] and name.endswith(".wav")
    }
    return tar_of(sorted(found.items()))


SPOKEN_DIGITS = DataFile(
    "fsdd",
    "recordings.tar",
    "9cbd40a399fee10d4611dc8ffe6de219695fd804a62dfb43373f183715b43877",
    (),
    "CC BY-SA 4.0",
    Recipe(
        f"recordings/*.wav of github.com/{_REPOSITORY} at commit {_COMMIT}, sorted, by "
        "jaxrnn.data.tarball.tar_of",
        (f"https://codeload.github.com/{_REPOSITORY}/tar.gz/{_COMMIT}",),
        _packed,
    ),
)


class Spoken(NamedTuple):
    """Recordings of one digit each."""

    waves: tuple[np.ndarray, ...]  # float32 [N_i], between -1 and 1
    digits: np.ndarray  # uint8 [M]
    speakers: tuple[str, ...]
    takes: np.ndarray  # int32 [M], which repetition by this speaker


class SpokenDigits(NamedTuple):
    """Spoken digits, split as their authors do: takes 0 to 4 test."""

    rate: int  # samples a second
    train: Spoken
    test: Spoken


def load_spoken_digits(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> SpokenDigits:
    """Return the Free Spoken Digit Dataset: 3000 recordings at 8000 samples a second.

    Six speakers say each of ten digits fifty times, in 0.14 to 2.28 seconds; `log_mel` makes
    sequences of them. Derived: `recordings.tar` is the folder `recordings` of the published
    repository, made by `tar_of`; a download takes it out of the archive of the repository.

    Source: Jackson et al., the Free Spoken Digit Dataset.
    Shapes: waves float32 `[N_i]`, 2700 to train on and 300 to test; digits uint8 and takes int32
    `[2700]` and `[300]`.
    Args: folder, the one that holds `recordings.tar`, plain or .gz; None looks in
        `$JAXRNN_DATA/fsdd` and the cache. download, whether 16 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the file; ValueError if it is damaged, or has a
        WAV file of another name, rate or number of channels.

        >>> load_spoken_digits("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_spoken_digits: recordings.tar of the data set 'fsdd' is not at...
    """
    owner = "load_spoken_digits"
    archive = read(owner, SPOKEN_DIGITS, folder, download=download)
    takes = [
        _take(owner, name, content)
        for name, content in members(archive, SPOKEN_DIGITS.name)
        if name.endswith(".wav")
    ]
    rates = {rate for rate, *_ in takes}
    if len(rates) != 1:
        raise ValueError(
            f"{owner}: {SPOKEN_DIGITS.name} should hold WAV files at one rate, got rates "
            f"{sorted(rates) or 'of no file'}."
        )
    return SpokenDigits(
        rates.pop(),
        _spoken([take for take in takes if take[4] >= _TEST_TAKES]),
        _spoken([take for take in takes if take[4] < _TEST_TAKES]),
    )


def _take(owner: str, name: str, content: bytes) -> tuple[int, np.ndarray, int, str, int]:
    """Return rate, samples, digit, speaker and take of one recording."""
    match = _NAME.fullmatch(name.rpartition("/")[2])
    if match is None:
        raise ValueError(f"{owner}: expected names digit_speaker_take.wav, got {name!r}.")
    rate, wave = parse_wav(owner, content, name)
    if wave.ndim != 1:
        raise ValueError(f"{owner}: {name} should have one channel, got {wave.shape[1]}.")
    return rate, wave, int(match[1]), match[2], int(match[3])


def _spoken(takes: Sequence[tuple[int, np.ndarray, int, str, int]]) -> Spoken:
    return Spoken(
        tuple(take[1] for take in takes),
        np.array([take[2] for take in takes], np.uint8),
        tuple(take[3] for take in takes),
        np.array([take[4] for take in takes], np.int32),
    )
