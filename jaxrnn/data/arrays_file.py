"""NumPy arrays of your own: .npy and .npz files, of which only numbers are read.

NumPy's own reader is not called: the header is held against the bytes that are there before
anything is made of them, and what is pickled is never touched.
"""

import io
import math
import os
import struct
import tokenize
import warnings
from pathlib import PurePath

import numpy as np

from jaxrnn.data.archives import members
from jaxrnn.data.own_file import content_of

__all__ = ["parse_npy", "read_arrays"]

_NPY, _ZIP = b"\x93NUMPY", (b"PK\x03\x04", b"PK\x05\x06")
_NUMBERS = "biufc"  # kinds of dtype: no objects, strings, records or dates
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# what they raise for a header that is damaged: it is a Python literal, so anything of the parser
_DAMAGE = (
    EOFError, MemoryError, OverflowError, RecursionError, SyntaxError, TypeError, ValueError,
    struct.error, tokenize.TokenError,
)  # fmt: skip


def read_arrays(path: str | os.PathLike[str], *, limit: int = 2**30) -> dict[str, np.ndarray]:
    """Return the arrays of a .npy or .npz file by name.

    Shapes: as they were written, booleans and numbers, in the machine's byte order. The one array
    of a .npy file is named like the file, without the ending.
    Args: limit, how many bytes the arrays of a .npz file may have together, unpacked.
    Raises: OSError if there is no such file or it is a folder; ValueError if it is neither kind,
        damaged, has no array, or one that `parse_npy` refuses, or unpacks to more than `limit`.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/my.npz", x=np.eye(2), y=np.array([3, 4]))
        ...     arrays = read_arrays(f"{folder}/my.npz")
        >>> {name: array.tolist() for name, array in arrays.items()}
        {'x': [[1.0, 0.0], [0.0, 1.0]], 'y': [3, 4]}
    """
    owner = "read_arrays"
    content = content_of(owner, path, "a .npy or .npz file")
    if content[:4] not in _ZIP:
        return {_stem(os.fspath(path)): parse_npy(owner, content, str(path))}
    arrays = {
        member.removesuffix(".npy"): parse_npy(owner, part, f"{member} in {path}")
        for member, part in members(content, str(path), limit=limit)
    }
    if not arrays:
        raise ValueError(f"{owner}: {path} holds no array.")
    return arrays


def _stem(path: str) -> str:
    return PurePath(path).name.removesuffix(".gz").removesuffix(".npy")


def parse_npy(owner: str, content: bytes, name: str) -> np.ndarray:
    """Return the array in the content of a .npy file; nothing is ever unpickled.

    Shapes: as it was written, booleans or numbers, in the machine's byte order.
    Args: owner, the function that asks, and name, of the file: both for errors.
    Raises: ValueError if it is no .npy file, holds more or fewer bytes than its header promises,
        or anything but booleans and numbers.

        >>> file = io.BytesIO()
        >>> np.save(file, np.arange(3.0))
        >>> parse_npy("load", file.getvalue(), "x.npy").tolist()
        [0.0, 1.0, 2.0]
        >>> parse_npy("load", file.getvalue()[:-1], "x.npy")
        Traceback (most recent call last):
        ValueError: load: x.npy is truncated: its header promises 24 bytes for an array...
    """
    if content[:6] != _NPY:
        raise ValueError(
            f"{owner}: {name} is no file of NumPy arrays: expected it to begin with NUMPY, got "
            f"{content[:8].hex(' ') or 'an empty file'}."
        )
    file = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python about odd literals, of NumPy about old ones
            shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(file)](file)
    except KeyError:
        raise ValueError(f"{owner}: {name} is of a version of .npy that is not known.") from None
    except _DAMAGE as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{owner}: {name} has a damaged header ({first}).") from None
    if dtype.kind not in _NUMBERS:
        raise ValueError(
            f"{owner}: {name} holds an array of {dtype}, expected numbers or booleans. Objects "
            "would have to be unpickled, which can run any program: save them as plain arrays."
        )
    start, promised = file.tell(), dtype.itemsize * math.prod(shape)
    if len(content) - start != promised or min(shape, default=0) < 0:
        what = "truncated" if len(content) - start < promised else "too long"
        raise ValueError(
            f"{owner}: {name} is {what}: its header promises {promised} bytes for an array of "
            f"shape {shape}, got {len(content) - start} bytes."
        )
    try:
        flat = np.frombuffer(content[start:], dtype) if promised else np.zeros(0, dtype)
        array = flat.reshape(shape, order="F" if fortran else "C")
    except ValueError as error:  # no elements, and an axis of 2^70
        raise ValueError(f"{owner}: {name} has a damaged header ({error}).") from None
    return array.astype(dtype.newbyteorder("="))
