"""One file for a network and its params: safetensors, with the fields beside the arrays.

The arrays are ordinary safetensors, so any tool can list and read them. The metadata holds one
JSON text: format version, width of the input, the fields of the network (`description`), and a
SHA-256 over all of that and the name, dtype, shape and bytes of every array. Nothing is pickled,
nothing is imported by a name from the file, and nothing of a file is used before its digest agrees.
"""

import dataclasses
import errno
import hashlib
import json
import math
import os
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxrnn.files import write_whole
from jaxrnn.models.description import describe, known_types, rebuild
from jaxrnn.models.leaves import differences, fit, named_leaves, template, with_leaves
from jaxrnn.numerics import jax_option

__all__ = ["load", "save"]

VERSION = 1
# one entry: safetensors writes several in an order that changes from run to run
ENTRY = "jaxrnn"
MAX_HEADER = 100_000_000  # bytes, the limit of safetensors itself

DTYPES = {
    "BOOL": "bool", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
    "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64",
    "F16": "float16", "F32": "float32", "F64": "float64", "BF16": "bfloat16", "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "F8_E8M0": "float8_e8m0fnu",
}  # fmt: skip


def save(path: str | os.PathLike[str], rnn: Any, params: Any) -> None:
    """Write a network and its params to one safetensors file.

    A file of that name survives a failed write. Missing folders are made.

    Shapes: params as made by `rnn.init`; dtypes are free, one for each leaf.
    Args:
        path: of the file, usually ending in `.safetensors`.
        rnn: an `RNN`, `BatchMajor`, `Output`, cell, or your own frozen dataclass with
            `init(key, input_size)`; its fields are None, bools, numbers, strings, tuples and
            frozen dataclasses.
        params: its params.
    Raises: ValueError naming the field or leaf that can't be written, such as an activation that
    is a function, or params of another network; TypeError under `jax.jit`; OSError naming the path.

        >>> import tempfile
        >>> from jaxrnn import LSTM, RNN
        >>> rnn = RNN(LSTM(4), num_layers=2)
        >>> params = rnn.init(jax.random.key(0), 3)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(f"{folder}/model.safetensors", rnn, params)
        ...     rnn2, params2 = load(f"{folder}/model.safetensors")
        >>> rnn2 == rnn, bool((params2.first.w_x == params.first.w_x).all())
        (True, True)
    """
    from safetensors.numpy import save as to_bytes

    if isinstance(rnn, type) or not hasattr(rnn, "init"):
        got = f"the class {rnn.__name__}" if isinstance(rnn, type) else type(rnn).__name__
        raise TypeError(
            f"save: rnn should be a network or a cell with init(key, input_size), got {got}. "
            "The order is save(path, rnn, params)."
        )
    arrays = {name: _array(name, a) for name, a in named_leaves(params, "save").items()}
    network = describe("save", rnn)
    # what can't be read must not be written
    again = rebuild(network, known_types("save", _classes(rnn)))
    if describe("save", again) != network:
        raise ValueError(f"save: {rnn!r} has other fields than {again!r}, which they make.")
    size, tree = fit("save", rnn, {name: a.shape for name, a in arrays.items()})
    if jax.tree.structure(tree) != jax.tree.structure(params):
        raise ValueError(
            f"save: params have the structure {jax.tree.structure(params)}, expected "
            f"{jax.tree.structure(tree)}. Save the params that rnn.init made, with other values."
        )
    header = {"version": VERSION, "input_size": size, "network": network, "sha256": ""}
    header["sha256"] = _digest(_json(header), arrays)
    _write(os.fspath(path), to_bytes(arrays, {ENTRY: _json(header)}))


def load(path: str | os.PathLike[str], *, types: Iterable[type] = ()) -> tuple[Any, Any]:
    """Read what `save` wrote: (rnn, params), bit for bit.

    Shapes: as saved.
    Args:
        path: of the file.
        types: your own classes among those of the network, such as `(MyCell,)`.
    Raises: ValueError naming the file and what is wrong with it: empty, cut off, damaged, of
    another program or version, a class that isn't known, 64-bit arrays while x64 is off; OSError if
    it can't be read.

        >>> load("no_such_file.safetensors")
        Traceback (most recent call last):
        FileNotFoundError: ...
    """
    known = known_types("load", types)
    path = os.fspath(path)
    try:
        return _decode(_read(path), known)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"load: {path}: {error}") from error


def _classes(value: Any) -> set[type]:
    """Return the classes of the dataclasses in a network, its own included."""
    if isinstance(value, tuple):
        return set().union(*map(_classes, value))
    if not dataclasses.is_dataclass(value):
        return set()
    parts = (getattr(value, field.name) for field in dataclasses.fields(value))
    return {type(value)}.union(*map(_classes, parts))


def _array(name: str, leaf: Any) -> np.ndarray:
    if isinstance(leaf, Tracer):
        raise TypeError(f"save: params.{name} is traced: save can't run inside jit or grad.")
    dtype = getattr(leaf, "dtype", None) or np.asarray(leaf).dtype
    if dtype.name not in DTYPES.values():
        raise ValueError(
            f"save: params.{name} has dtype {dtype}, which safetensors can't hold. "
            f"Convert it to one of {', '.join(DTYPES.values())}."
        )
    # C order: safetensors 0.8.0 scrambles strided arrays. Not ascontiguousarray, which makes a
    # scalar an array [1]
    array = np.asarray(leaf, order="C")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _digest(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 over the text, its own digest left out, and all arrays by name."""
    total = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        total.update(_json([name, array.dtype.name, array.shape]).encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _write(path: str, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        reason = f"save: {error.strerror}, writing {len(data)} bytes"
        raise OSError(error.errno, reason, path) from error


def _read(path: str) -> bytes:
    # asked first, since opening a pipe would wait and a device may never end
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "load: not a file", path)
    with open(path, "rb") as file:
        return file.read()


def _header(data: bytes) -> dict[str, Any]:
    """Return the header of a safetensors file, read more strictly than safetensors does."""
    if not data:
        raise ValueError("the file is empty")
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > MAX_HEADER or data[8:9] not in (b"{", b""):
        raise ValueError(f"no safetensors file ({len(data)} bytes)")
    if len(data) < 8 + size:
        raise ValueError(f"cut off: expected at least {8 + size} bytes, found {len(data)}")
    header = _parse(data[8 : 8 + size].rstrip(b" "), "the safetensors header")
    ends = [
        entry["data_offsets"][1]
        for name, entry in header.items()
        if name != "__metadata__" and _is_offsets(entry)
    ]
    total = 8 + size + max(ends, default=0)
    if total != len(data):
        raise ValueError(f"cut off or damaged: expected {total} bytes, found {len(data)}")
    return header


def _is_offsets(entry: Any) -> bool:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    return isinstance(offsets, list) and len(offsets) == 2 and isinstance(offsets[1], int)


def _parse(text: bytes | str, what: str) -> dict[str, Any]:
    """Read strict JSON: one object, no duplicate keys, no NaN, no integers beyond 64 bits."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
            raise ValueError(f"duplicate key {twice!r}")
        return found

    def integer(digits: str) -> int:
        if len(digits) > 20:
            raise ValueError(f"an integer of {len(digits)} digits")
        return int(digits)

    def number(digits: str) -> float:
        if not math.isfinite(float(digits)):
            raise ValueError(f"{digits} is not a finite number")
        return float(digits)

    try:
        text = text.decode() if isinstance(text, bytes) else text
        value = json.loads(
            text, object_pairs_hook=unique, parse_int=integer, parse_float=number,
            parse_constant=number,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{what} is no strict JSON: {error}") from error
    if not isinstance(value, dict) or text[-1:].isspace():
        raise ValueError(f"{what} is no JSON object")
    return value


def _tensors(data: bytes) -> dict[str, np.ndarray]:
    import safetensors

    try:
        entries = safetensors.deserialize(data)
    except safetensors.SafetensorError as error:
        raise ValueError(f"damaged: {error}") from error
    arrays = {}
    for name, entry in entries:
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"{name} has dtype {entry['dtype']}, expected one of {list(DTYPES)}")
        dtype = jnp.dtype(DTYPES[entry["dtype"]])
        arrays[name] = np.frombuffer(entry["data"], dtype).reshape(entry["shape"])
    return arrays


def _decode(data: bytes, known: Mapping[str, type]) -> tuple[Any, Any]:
    metadata = _header(data).get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get(ENTRY), str):
        raise ValueError(
            "not written by jaxrnn.save: its metadata has no entry 'jaxrnn'. For weights of other "
            "libraries see jaxrnn.interop"
        )
    header = _parse(metadata[ENTRY], "the metadata entry 'jaxrnn'")
    if header.get("version") != VERSION:
        raise ValueError(
            f"written in format version {header.get('version')!r}, this jaxrnn reads version "
            f"{VERSION}. Update jaxrnn if the file is newer"
        )
    arrays = _tensors(data)
    digest = header.get("sha256")
    if not isinstance(digest, str) or len(digest) != 64:
        raise ValueError("damaged: no SHA-256 in its metadata")
    found = _digest(metadata[ENTRY].replace(digest, "", 1), arrays)
    if found != digest:
        raise ValueError(f"damaged: its SHA-256 is {found}, expected {digest}")
    network = rebuild(header.get("network"), known)
    size = header.get("input_size")
    if not hasattr(network, "init") or not isinstance(size, int):
        raise ValueError("no network with an input_size in its metadata")
    return network, _params(network, size, arrays)


def _params(network: Any, size: int, arrays: Mapping[str, np.ndarray]) -> Any:
    try:
        tree = template(network, size)
    except Exception as error:  # whatever fields of a wrong type lead to, in any class
        raise ValueError(f"no params of {network!r} for input_size={size}: {error}") from error
    expected = {name: leaf.shape for name, leaf in named_leaves(tree).items()}
    if wrong := differences(network, expected, {name: a.shape for name, a in arrays.items()}):
        raise ValueError(wrong)
    wide = sorted(n for n, a in arrays.items() if a.dtype.name in ("float64", "int64", "uint64"))
    if wide and not jax_option("jax_enable_x64"):
        raise ValueError(
            f"{', '.join(wide)} is 64 bits wide and x64 is off: it would be rounded. "
            "Set JAX_ENABLE_X64=1, or load it under jax.enable_x64(True)"
        )
    return with_leaves(tree, {name: jnp.asarray(a) for name, a in arrays.items()})
