"""One file for a network and its params: safetensors, with the fields beside the arrays.

The arrays are ordinary safetensors, so any tool can list and read them. The metadata holds one
JSON text: format version, width of the input, the fields of the network (`description`), and a
SHA-256 over all of that and the name, dtype, shape and bytes of every array. Nothing is pickled,
nothing is imported by a name from the file, and nothing of a file is used before its digest agrees.
"""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.files import read_plain, write_whole
from jaxrnn.models.description import describe, known_types, rebuild
from jaxrnn.models.leaves import differences, fit, named_leaves, template, with_leaves
from jaxrnn.strict_json import parse
from jaxrnn.strict_json import text as _json
from jaxrnn.tensor_file import as_array, check_width, from_bytes, to_bytes
from jaxrnn.tensor_file import digest as _digest
from jaxrnn.tensor_file import header as _header

__all__ = ["load", "save"]

VERSION = 1
ENTRY = "jaxrnn"  # of the metadata


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
    if isinstance(rnn, type) or not hasattr(rnn, "init"):
        got = f"the class {rnn.__name__}" if isinstance(rnn, type) else type(rnn).__name__
        raise TypeError(
            f"save: rnn should be a network or a cell with init(key, input_size), got {got}. "
            "The order is save(path, rnn, params)."
        )
    leaves = named_leaves(params, "save")
    arrays = {name: as_array("save", f"params.{name}", leaf) for name, leaf in leaves.items()}
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
        return _decode(read_plain("load", path), known)
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


def _write(path: str, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        reason = f"save: {error.strerror}, writing {len(data)} bytes"
        raise OSError(error.errno, reason, path) from error


def _decode(data: bytes, known: Mapping[str, type]) -> tuple[Any, Any]:
    metadata = _header(data).get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get(ENTRY), str):
        raise ValueError(
            "not written by jaxrnn.save: its metadata has no entry 'jaxrnn'. For weights of other "
            "libraries see jaxrnn.interop"
        )
    header = parse(metadata[ENTRY], "the metadata entry 'jaxrnn'")
    if header.get("version") != VERSION:
        raise ValueError(
            f"written in format version {header.get('version')!r}, this jaxrnn reads version "
            f"{VERSION}. Update jaxrnn if the file is newer"
        )
    arrays = from_bytes(data)
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
    check_width(arrays)
    return with_leaves(tree, {name: jnp.asarray(a) for name, a in arrays.items()})
