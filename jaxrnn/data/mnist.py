"""MNIST, and the IDX format of its files."""

import math
import os
from typing import NamedTuple

import numpy as np

from jaxrnn.data.source import DataFile, read

__all__ = ["MNIST", "Images", "load_mnist", "read_idx"]

_HOMES = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_LICENCE = "unclear: none stated, often cited as CC BY-SA 3.0"
_SUMS = {  # of the uncompressed files
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MNIST = tuple(
    DataFile("mnist", name, sha256, tuple(f"{home}{name}.gz" for home in _HOMES), _LICENCE)
    for name, sha256 in _SUMS.items()
)

# the third byte of the header
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class Images(NamedTuple):
    """Small grey pictures with a class each, split for training and testing."""

    train_x: np.ndarray  # uint8 [N, rows, columns]
    train_y: np.ndarray  # uint8 [N], the class
    test_x: np.ndarray  # uint8 [M, rows, columns]
    test_y: np.ndarray  # uint8 [M]


def read_idx(content: bytes, name: str = "content") -> np.ndarray:
    """Return the array in an IDX file.

        bytes 0 0, type, number of axes;  the length of each axis, big-endian uint32;  the elements

    Source: LeCun, Cortes and Burges, the MNIST database.
    Shapes: as the header says, in its dtype, big-endian turned into the machine's order.
    Args: content, uncompressed; name, of the file, for errors.
    Raises: ValueError if it is no IDX file, or holds more or fewer bytes than its header promises.

        >>> read_idx(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])).tolist()
        [[1, 2, 3], [4, 5, 6]]
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise ValueError(
            f"read_idx: {name} is no IDX file: expected it to begin with two zero bytes, a type "
            f"and a number of axes, got {content[:4].hex(' ') or 'an empty file'}."
        )
    dtype, axes = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    # a header that is itself cut off reads as axes of length 0, and the file as too short
    header = content[4:start].ljust(4 * axes, b"\0")
    shape = tuple(int(size) for size in np.frombuffer(header, ">u4"))
    expected = start + dtype.itemsize * math.prod(shape)
    if len(content) != expected:
        what = "truncated" if len(content) < expected else "too long"
        raise ValueError(
            f"read_idx: {name} is {what}: its header promises {expected} bytes for an array of "
            f"shape {shape}, got {len(content)} bytes. Fetch it again."
        )
    array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def load_mnist(folder: str | os.PathLike[str] | None = None, *, download: bool = False) -> Images:
    """Return MNIST: handwritten digits, 28 x 28, 0 is paper and 255 is ink.

    Any set with the same four file names will do, Fashion-MNIST for one.

    Source: LeCun, Cortes and Burges. 60000 pictures to train on, 10000 to test.
    Shapes: train_x uint8 `[60000, 28, 28]`, train_y uint8 `[60000]`, test_x uint8
    `[10000, 28, 28]`, test_y uint8 `[10000]`.
    Args: folder, the one that holds the files, plain or .gz; None looks in `$JAXRNN_DATA/mnist`
        and the cache. download, whether 12 MB may be fetched if they are not there.
    Raises: FileNotFoundError saying how to supply the files; ValueError for a damaged file, or if
        there are not as many labels as pictures.

        >>> load_mnist("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_mnist: train-images-idx3-ubyte of the data set 'mnist' is not...
    """
    arrays = [
        read_idx(read("load_mnist", file, folder, download=download), file.name) for file in MNIST
    ]
    images = Images(*arrays)
    for part, x, y in (("train", *images[:2]), ("t10k", *images[2:])):
        if x.ndim != 3 or y.shape != x.shape[:1]:
            raise ValueError(
                f"load_mnist: the {part} files should hold pictures [N, rows, columns] and labels "
                f"[N], got shapes {x.shape} and {y.shape}. Are they of the same set?"
            )
    return images
