"""Sound: WAV files, and folders of them with a label each."""

import os
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxrnn.data.own_file import content_of, folder_of

__all__ = ["Recordings", "parse_wav", "read_wav", "read_wav_folder"]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FORMATS = "PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64"


class Recordings(NamedTuple):
    """Sounds with a label each, all at one rate."""

    rate: int  # samples a second
    waves: tuple[np.ndarray, ...]  # float32 [N_i], or [N_i, C] with several channels
    labels: tuple[str, ...]
    files: tuple[str, ...]  # where each came from, below the folder


class _Format(NamedTuple):
    kind: int
    channels: int
    rate: int
    bits: int


def read_wav(path: str | os.PathLike[str]) -> tuple[int, np.ndarray]:
    """Return the rate, in samples a second, and the samples of a WAV file.

    Shapes: samples float32 `[N]`, or `[N, C]` if there are several channels.
    Raises: OSError if there is no such file or it is a folder; ValueError as `parse_wav`.

        >>> read_wav("no such.wav")
        Traceback (most recent call last):
        FileNotFoundError: read_wav: there is no file no such.wav, expected a WAV file.
    """
    return parse_wav("read_wav", content_of("read_wav", path, "a WAV file"), str(path))


def parse_wav(owner: str, content: bytes, name: str) -> tuple[int, np.ndarray]:
    """Return the rate, in samples a second, and the samples in the content of a WAV file.

        PCM of b bits: sample = integer / 2^(b - 1), 8 bits less 128 before;  floats as they are

    Shapes: samples float32 `[N]`, or `[N, C]` if there are several channels.
    Args: owner, the function that asks, and name, of the file: both for errors.
    Raises: ValueError if it is no WAV file, truncated, without samples, compressed, or if a sample
        is NaN or Inf.

        >>> header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 40, b"WAVE", b"fmt ", 16, 1, 1,
        ...                      8000, 16000, 2, 16, b"data", 4)
        >>> rate, wave = parse_wav("load", header + struct.pack("<2h", 16384, -32768), "beep.wav")
        >>> rate, wave.tolist()
        (8000, [0.5, -1.0])
    """
    if len(content) < 12 or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError(
            f"{owner}: {name} is no WAV file: expected it to begin with RIFF, a size and WAVE, got "
            f"{content[:12].hex(' ') or 'an empty file'}."
        )
    form = None
    at = 12
    while at + 8 <= len(content):
        chunk, size = struct.unpack_from("<4sI", content, at)
        body = content[at + 8 : at + 8 + size]
        if len(body) < size:
            raise ValueError(
                f"{owner}: {name} is truncated: its part {chunk!r} should have {size} bytes, "
                f"got {len(body)}. Fetch it again."
            )
        if chunk == b"fmt ":
            form = _format(owner, body, name)
        elif chunk == b"data":
            if form is None:
                raise ValueError(f"{owner}: {name} has its samples before their format.")
            return form.rate, _samples(owner, form, body, name)
        at += 8 + size + size % 2  # parts begin at even places
    raise ValueError(f"{owner}: {name} is truncated: it has no samples, the part b'data'.")


def _format(owner: str, body: bytes, name: str) -> _Format:
    if len(body) < 16:
        raise ValueError(
            f"{owner}: {name} has a format of {len(body)} bytes, expected at least 16."
        )
    kind, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", body)
    if kind == _EXTENSIBLE and len(body) >= 26:
        (kind,) = struct.unpack_from("<H", body, 24)
    known = (kind == _PCM and bits in (8, 16, 24, 32)) or (kind == _FLOAT and bits in (32, 64))
    if not known:
        raise ValueError(
            f"{owner}: {name} is of format {kind} with {bits} bits, expected {_FORMATS}. Convert "
            "it to PCM of 16 bits."
        )
    if not channels or not rate or block != channels * bits // 8:
        raise ValueError(
            f"{owner}: {name} has a broken header: {channels} channels of {bits} bits at rate "
            f"{rate}, with {block} bytes for all channels."
        )
    return _Format(kind, channels, rate, bits)


def _samples(owner: str, form: _Format, body: bytes, name: str) -> np.ndarray:
    block = form.channels * form.bits // 8
    if not body or len(body) % block:
        raise ValueError(
            f"{owner}: {name} has {len(body)} bytes of samples, expected a multiple of {block}, "
            "more than 0."
        )
    if form.kind == _FLOAT:
        with np.errstate(over="ignore"):  # it becomes Inf, and is refused below
            wave = np.frombuffer(body, f"<f{form.bits // 8}").astype(np.float32)
        if not np.isfinite(wave).all():
            place = int(np.flatnonzero(~np.isfinite(wave))[0])
            raise ValueError(f"{owner}: {name}: the sample {place} is {wave[place]}.")
    elif form.bits == 8:
        wave = (np.frombuffer(body, np.uint8).astype(np.float32) - 128) / 128
    elif form.bits == 24:
        wide = np.zeros((len(body) // 3, 4), np.uint8)  # an int32 with its lowest byte 0
        wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        wave = wide.view("<i4")[:, 0].astype(np.float32) / 2**31
    else:
        wave = np.frombuffer(body, f"<i{form.bits // 8}").astype(np.float32) / 2 ** (form.bits - 1)
    return wave if form.channels == 1 else wave.reshape(-1, form.channels)


def read_wav_folder(folder: str | os.PathLike[str]) -> Recordings:
    """Return all WAV files of a folder, with the label that their place or name tells.

        cat/one.wav is a "cat";   cat_one.wav, in no subfolder, is a "cat" too

    Shapes: waves float32 `[N_i]`, or `[N_i, C]`, with one C for all.
    Raises: OSError if there is no such folder; ValueError if no WAV file is in it, if one has no
        label, another rate or another number of channels, or as `parse_wav`.

        >>> read_wav_folder("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: read_wav_folder: there is no folder no such folder, expected a folder...
    """
    owner = "read_wav_folder"
    top = folder_of(owner, folder, "a folder of WAV files")
    paths = sorted(path for path in top.rglob("*") if path.suffix.lower() == ".wav")
    if not paths:
        raise ValueError(f"{owner}: no WAV file is in {top} or its subfolders.")
    names = tuple(path.relative_to(top) for path in paths)
    labels = tuple(_label(owner, name) for name in names)
    rates, waves = zip(
        *(parse_wav(owner, content_of(owner, path, "a WAV file"), str(path)) for path in paths),
        strict=True,
    )
    for path, rate, wave in zip(paths, rates, waves, strict=True):
        if rate != rates[0] or wave.shape[1:] != waves[0].shape[1:]:
            raise ValueError(
                f"{owner}: {path} has {rate} samples a second and {_channels(wave)} channels, but "
                f"{paths[0]} has {rates[0]} and {_channels(waves[0])}. Convert them to be alike."
            )
    return Recordings(rates[0], waves, labels, tuple(name.as_posix() for name in names))


def _label(owner: str, name: Path) -> str:
    if len(name.parts) > 1:
        return name.parts[0]
    label, mark, _ = name.stem.partition("_")
    if not mark or not label:
        raise ValueError(
            f"{owner}: {name} has no label: expected it in a subfolder named like the label, or a "
            "name label_rest.wav."
        )
    return label


def _channels(wave: np.ndarray) -> int:
    return 1 if wave.ndim == 1 else wave.shape[1]
