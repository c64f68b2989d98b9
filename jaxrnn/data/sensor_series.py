"""Series with a class each: movements, vowels, steps from room to room; and the .ts format."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data.archives import members
from jaxrnn.data.csv_table import parse_table
from jaxrnn.data.lines import lines_of, number_in
from jaxrnn.data.source import DataFile, read

__all__ = [
    "SENSOR_SERIES", "LabelledSeries", "RoomChanges", "SensorSeries", "SplitSeries",
    "load_sensor_series", "parse_ts",
]  # fmt: skip

_RAW = "https://raw.githubusercontent.com/"
_SKTIME = f"{_RAW}sktime/sktime/7bd7d1620c0656f3210eeb850bb1c0034159ee47/sktime/datasets/data/"
_ROOMS = f"{_RAW}jbrownlee/Datasets/d20fcb6402ae34e653d4513b00f39257bb37ed7f/IndoorMovement.zip"
_UEA = "unclear: UEA archive, none stated"
_UCI = "unclear in the file; CC BY 4.0 as UCI states now"
_FILES = {  # name: (sha256 of the uncompressed file, home, licence)
    "BasicMotions_TRAIN.ts": (
        "8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6",
        f"{_SKTIME}BasicMotions/BasicMotions_TRAIN.ts", _UEA),
    "BasicMotions_TEST.ts": (
        "79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc",
        f"{_SKTIME}BasicMotions/BasicMotions_TEST.ts", _UEA),
    "JapaneseVowels_TRAIN.ts": (
        "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
        f"{_SKTIME}JapaneseVowels/JapaneseVowels_TRAIN.ts", _UCI),
    "JapaneseVowels_TEST.ts": (
        "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
        f"{_SKTIME}JapaneseVowels/JapaneseVowels_TEST.ts", _UCI),
    "IndoorMovement.zip": (
        "c657ee8635275145b11c9e4ed3b4647b876f8acb638e61e7b1a6a18f27e0472a", _ROOMS, _UCI),
}  # fmt: skip
SENSOR_SERIES = tuple(
    DataFile("sensor_classification", name, sha256, (url,), licence)
    for name, (sha256, url, licence) in _FILES.items()
)


class LabelledSeries(NamedTuple):
    """Series of many lengths, of one of several classes each."""

    series: tuple[np.ndarray, ...]  # float64 [T_i, D]
    labels: np.ndarray  # int32 [N], a place in classes
    classes: tuple[str, ...]


class SplitSeries(NamedTuple):
    """Labelled series to train on, and to test with."""

    train: LabelledSeries
    test: LabelledSeries


class RoomChanges(NamedTuple):
    """Strengths of radio signals along a walk, and whether it leads to another room."""

    series: tuple[np.ndarray, ...]  # float64 [T_i, 4], one signal from each anchor
    labels: np.ndarray  # int32 [314], 1 if the room changes, 0 if it doesn't
    places: np.ndarray  # int32 [314], which of three pairs of rooms, from 1
    paths: np.ndarray  # int32 [314], which of six walks, from 1


class SensorSeries(NamedTuple):
    """Three sets of labelled series."""

    basic_motions: SplitSeries
    japanese_vowels: SplitSeries
    room_changes: RoomChanges


def parse_ts(owner: str, content: bytes, name: str) -> LabelledSeries:
    r"""Return the series in the content of a .ts file, the format of sktime and the UEA archive.

    Lines of comment begin with #, lines of the header with @; after @data each line is a series:
    its dimensions separated by colons, values by commas, the class at the end.

    Source: sktime, the .ts file format. Time stamps and missing values are not read.
    Shapes: series float64 `[T_i, D]`, D and the classes as the header says.
    Args: owner, the function that asks, and name, of the file: both for errors.
    Raises: ValueError naming file and line of a header without classes, of a series with another
        number of dimensions, with dimensions of several lengths, or of an unknown class; and the
        column of a cell that is no number.

        >>> text = b"@dimensions 2\n@classLabel true no yes\n@data\n1,2,3:4,5,6:yes\n7:8:no\n"
        >>> found = parse_ts("load", text, "my.ts")
        >>> found.series[0].tolist(), found.labels.tolist(), found.classes
        ([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], [1, 0], ('no', 'yes'))
    """
    lines = ((n, line) for n, line in lines_of(owner, content, name) if line.strip())
    dimensions, classes = _ts_header(owner, name, lines)
    series, labels = [], []
    for number, line in lines:
        *parts, label = line.strip().split(":")
        if label not in classes:
            raise ValueError(
                f"{owner}: {name}, line {number}: expected a class of {classes} at the end of the "
                f"line, got {label[:40]!r}."
            )
        series.append(_ts_series(owner, name, number, parts, dimensions))
        labels.append(classes.index(label))
    if not series:
        raise ValueError(f"{owner}: {name} has no series after @data.")
    return LabelledSeries(tuple(series), np.array(labels, np.int32), classes)


def _ts_header(
    owner: str, name: str, lines: Iterator[tuple[int, str]]
) -> tuple[int, tuple[str, ...]]:
    """Read up to @data; return how many dimensions a series has, and the classes."""
    said = {"@dimensions": ["1"], "@classlabel": []}
    for number, line in lines:
        if line.startswith("#"):
            continue
        word, *rest = line.split()
        if word.lower() == "@data":
            break
        if not word.startswith("@"):
            raise ValueError(
                f"{owner}: {name}, line {number}: expected a line of the header, like @dimensions "
                f"6, or @data, got {line[:40]!r}."
            )
        said[word.lower()] = rest
    else:
        raise ValueError(f"{owner}: {name} is no .ts file, or truncated: it has no line @data.")
    for word in ("@timestamps", "@missing"):
        if [flag.lower() for flag in said.get(word, ())] == ["true"]:
            raise ValueError(f"{owner}: {name} says {word} true, which is not read.")
    count, labels = said["@dimensions"], said["@classlabel"]
    if len(count) != 1 or not count[0].isdecimal() or int(count[0][:9]) < 1:
        raise ValueError(f"{owner}: {name}: @dimensions should be a number, got {count}.")
    if len(labels) < 2 or labels[0].lower() != "true":
        raise ValueError(f"{owner}: {name} has no classes: expected @classLabel true, and names.")
    return int(count[0][:9]), tuple(labels[1:])


def _ts_series(
    owner: str, name: str, line: int, parts: Sequence[str], dimensions: int
) -> np.ndarray:
    cells = [part.split(",") for part in parts]
    lengths = sorted({len(cell) for cell in cells})
    if len(cells) != dimensions or len(lengths) != 1:
        raise ValueError(
            f"{owner}: {name}, line {line}: expected {dimensions} dimensions of one length, got "
            f"{len(cells)} with {lengths} steps."
        )
    try:
        array = np.array(cells, np.float64).T
    except ValueError:
        array = np.array(np.nan)
    if not np.isfinite(array).all():
        flat = (cell for part in cells for cell in part)
        for column, cell in enumerate(flat, 1):
            number_in(owner, name, line, column, cell, float)
    return np.ascontiguousarray(array)


def load_sensor_series(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> SensorSeries:
    """Return three sets of sensor series to classify: movements, vowels, changes of the room.

    BasicMotions: accelerometer and gyroscope of a watch, ten a second, and four activities.
    JapaneseVowels: twelve coefficients of speech, and which of nine men says "ae". Indoor
    movement: the radio signals of four anchors, eight a second, and whether the walk ends in
    another room.

    Source: the UEA archive by way of sktime; Kudo, Toyama and Shimbo (1999); Bacciu et al. (2014).
    Shapes: basic_motions 40 and 40 series `[100, 6]`; japanese_vowels 270 and 370 series
    `[T_i, 12]`, 7 to 29 steps; room_changes 314 series `[T_i, 4]`, 13197 steps in all.
    Args: folder, the one that holds the .ts files, plain or .gz, and `IndoorMovement.zip`; None
        looks in `$JAXRNN_DATA/sensor_classification` and the cache. download, whether 2 MB may be
        fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError naming file, line and
        column of what is wrong in them.

        >>> load_sensor_series("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_sensor_series: BasicMotions_TRAIN.ts of the data set...
    """
    owner = "load_sensor_series"
    contents = [read(owner, file, folder, download=download) for file in SENSOR_SERIES]
    parsed = [
        parse_ts(owner, content, file.name)
        for content, file in zip(contents[:4], SENSOR_SERIES, strict=False)
    ]
    return SensorSeries(
        SplitSeries(*parsed[:2]),
        SplitSeries(*parsed[2:]),
        _room_changes(owner, contents[4], SENSOR_SERIES[4].name),
    )


def _room_changes(owner: str, archive: bytes, name: str) -> RoomChanges:
    files = dict(members(archive, name))

    def numbers(member: str) -> np.ndarray:
        if member not in files:
            raise ValueError(f"{owner}: {name} has no file {member!r}.")
        return parse_table(owner, files[member], f"{member} in {name}").values

    targets, places, paths = (
        numbers(member)
        for member in (
            "dataset/MovementAAL_target.csv",
            "groups/MovementAAL_DatasetGroup.csv",
            "groups/MovementAAL_Paths.csv",
        )
    )
    for one in (targets, places, paths):
        if one.shape[1] != 2 or not np.array_equal(one[:, 0], targets[:, 0]):
            raise ValueError(f"{owner}: {name} should number its walks alike in all three lists.")
    walks = tuple(numbers(f"dataset/MovementAAL_RSS_{walk:.0f}.csv") for walk in targets[:, 0])
    return RoomChanges(
        walks,
        (targets[:, 1] > 0).astype(np.int32),
        places[:, 1].astype(np.int32),
        paths[:, 1].astype(np.int32),
    )
