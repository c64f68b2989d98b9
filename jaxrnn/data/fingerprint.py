"""One short text that stands for data and settings: another one means that something changed."""

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["fingerprint"]

Feed = Callable[[Any], None]  # `update` of a digest


def fingerprint(*parts: Any) -> str:
    """Return the SHA-256 of arrays, texts and settings, in hex.

    Kept with the number of the next batch it tells, when a run goes on, that its data are still
    the same. It depends on values, dtypes and shapes alone: not on the order of a dict, on strides
    or on the byte order of a machine. A tuple counts as a list, a frozen dataclass as its class's
    name and its fields.

    Shapes: any.
    Args: parts: arrays, strings, bytes, None, bools, numbers, and lists, dicts with string keys
        and dataclasses of these.
    Raises: TypeError naming the place of anything else, arrays of objects included.

        >>> settings = {"batch": 4, "seed": 0}
        >>> one = fingerprint(np.arange(3), settings)
        >>> one == fingerprint(np.arange(3), {"seed": 0, "batch": 4}), len(one)
        (True, 64)
        >>> one == fingerprint(np.arange(3.0), settings)
        False
    """
    digest = hashlib.sha256()
    for place, part in enumerate(parts):
        _feed(digest.update, part, f"parts[{place}]")
    return digest.hexdigest()


def _feed(update: Feed, part: Any, place: str) -> None:
    """Feed a kind, a size and the content: no two different parts give the same bytes."""
    if part is None or isinstance(part, bool | int | float):
        _write(update, type(part).__name__, repr(part).encode())
    elif isinstance(part, str):
        _write(update, "str", part.encode("utf-8", "surrogatepass"))
    elif isinstance(part, bytes):
        _write(update, "bytes", part)
    elif isinstance(part, list | tuple):
        _write(update, "list", str(len(part)).encode())
        for i, item in enumerate(part):
            _feed(update, item, f"{place}[{i}]")
    elif isinstance(part, dict):
        _fields(update, "dict", part, place)
    elif dataclasses.is_dataclass(part) and not isinstance(part, type):
        given = [field.name for field in dataclasses.fields(part) if field.init]
        _fields(update, type(part).__name__, {name: getattr(part, name) for name in given}, place)
    elif hasattr(part, "dtype") and hasattr(part, "__array__"):
        _array(update, np.asarray(part), place)
    else:
        raise TypeError(
            f"fingerprint: {place} is of type {type(part).__name__}, expected an array, a string, "
            "bytes, None, a bool, a number, or a list, dict or dataclass of these. Pass what it is "
            "made of."
        )


def _write(update: Feed, kind: str, content: bytes) -> None:
    update(f"{kind} {len(content)} ".encode())
    update(content)


def _fields(update: Feed, kind: str, values: dict[Any, Any], place: str) -> None:
    if not all(isinstance(name, str) for name in values):
        raise TypeError(f"fingerprint: {place} is a dict with keys that are no strings.")
    _write(update, kind, str(len(values)).encode())
    for name in sorted(values):
        _write(update, "field", name.encode("utf-8", "surrogatepass"))
        _feed(update, values[name], f"{place}.{name}")


def _array(update: Feed, array: np.ndarray, place: str) -> None:
    if array.dtype.hasobject:
        raise TypeError(
            f"fingerprint: {place} is an array of Python objects, {list(array.shape)}. Give it a "
            "dtype of numbers or strings."
        )
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    _write(update, "array", f"{array.dtype.name} {array.shape}".encode())
    # as bytes, because some dtypes (bfloat16) have no buffer of their own
    update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
