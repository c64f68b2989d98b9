"""Arrays by name in the safetensors format, read more strictly than its own library reads.

Any tool can list and read such a file; it holds data only. The library accepts duplicate keys and
scrambles strided arrays, so what goes in and what comes out is checked here as well.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxrnn import strict_json
from jaxrnn.numerics import jax_option

__all__ = ["as_array", "check_width", "digest", "from_bytes", "header", "to_bytes"]

MAX_HEADER = 100_000_000  # bytes, the limit of safetensors itself
METADATA = "__metadata__"

DTYPES = {
    "BOOL": "bool", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
    "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64",
    "F16": "float16", "F32": "float32", "F64": "float64", "BF16": "bfloat16", "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "F8_E8M0": "float8_e8m0fnu",
}  # fmt: skip


def as_array(owner: str, name: str, leaf: Any) -> np.ndarray:
    """Return a leaf as the array that a file will hold: in C order and in the machine's bytes.

    Shapes: unchanged.
    Args: owner, the function that asks, and name, of the leaf: both are named in errors.
    Raises: TypeError under `jax.jit`; ValueError for a dtype that safetensors can't hold.

        >>> as_array("save", "params.w", np.ones((2, 3)).T).flags.c_contiguous
        True
    """
    if isinstance(leaf, Tracer):
        raise TypeError(f"{owner}: {name} is traced: {owner} can't run inside jit or grad.")
    dtype = getattr(leaf, "dtype", None) or np.asarray(leaf).dtype
    if dtype.name not in DTYPES.values():
        raise ValueError(
            f"{owner}: {name} has dtype {dtype}, which safetensors can't hold. "
            f"Convert it to one of {', '.join(DTYPES.values())}."
        )
    # C order: safetensors 0.8.0 scrambles strided arrays. Not ascontiguousarray, which makes a
    # scalar an array [1]
    array = np.asarray(leaf, order="C")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def check_width(arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse arrays that JAX would round as things stand.

    Shapes: any.
    Raises: ValueError naming those of 64 bits, if x64 is off.

        >>> check_width({"w": np.ones(2, "float32")})
    """
    wide = sorted(n for n, a in arrays.items() if a.dtype.name in ("float64", "int64", "uint64"))
    if wide and not jax_option("jax_enable_x64"):
        raise ValueError(
            f"{', '.join(wide)} is 64 bits wide and x64 is off: it would be rounded. "
            "Set JAX_ENABLE_X64=1, or load it under jax.enable_x64(True)"
        )


def digest(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 over a text and, in the order of names, all of every array.

    Shapes: any; an array counts with its name, dtype, shape and bytes in C order.

        >>> digest("", {"w": np.ones(2)}) == digest("", {"w": np.ones(2, "float32")})
        False
    """
    total = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        total.update(strict_json.text([name, array.dtype.name, array.shape]).encode())
        total.update(array.tobytes())
    return total.hexdigest()


def to_bytes(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a safetensors file; equal arrays and metadata give equal bytes.

    Shapes: any, in any order of names.
    Args: metadata, one entry at most: safetensors writes several in an order that changes from run
        to run.
    Raises: ValueError for more than one.

        >>> a, b = np.ones(2), np.zeros(3)
        >>> to_bytes({"a": a, "b": b}) == to_bytes({"b": b, "a": a})
        True
    """
    from safetensors.numpy import save

    if metadata is not None and len(metadata) > 1:
        raise ValueError(f"to_bytes: metadata should have one entry, got {list(metadata)}.")
    given = {name: as_array("to_bytes", name, arrays[name]) for name in sorted(arrays)}
    return save(given, dict(metadata) if metadata is not None else None)


def from_bytes(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of a safetensors file by name, in the order of names.

    Shapes: as written.
    Raises: ValueError saying what is wrong with the file; see `header`.

        >>> from_bytes(to_bytes({"w": np.arange(3)}))
        {'w': array([0, 1, 2])}
    """
    import safetensors

    _check_layout([_entry(name, value) for name, value in _tensors(header(data))])
    try:
        entries = safetensors.deserialize(data)
    except safetensors.SafetensorError as error:
        raise ValueError(f"damaged: {error}") from error
    arrays = {}
    for name, entry in sorted(entries, key=lambda pair: pair[0]):  # they come in any order
        dtype = jnp.dtype(DTYPES[entry["dtype"]])
        arrays[name] = np.frombuffer(entry["data"], dtype).reshape(entry["shape"])
    return arrays


def header(data: bytes) -> dict[str, Any]:
    """Return the header of a safetensors file, read more strictly than safetensors does.

    Shapes: none; one entry for each array, with its dtype, shape and place.
    Raises: ValueError if the file is empty, of another format, cut off or longer than its arrays,
        or if the header is no strict JSON.

        >>> header(to_bytes({}, {"made by": "hand"}))
        {'__metadata__': {'made by': 'hand'}}
    """
    if not data:
        raise ValueError("the file is empty")
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > MAX_HEADER or data[8:9] not in (b"{", b""):
        why = f", its header would have {size} bytes" if size > MAX_HEADER else ""
        raise ValueError(f"no safetensors file ({len(data)} bytes{why})")
    if len(data) < 8 + size:
        raise ValueError(f"cut off: expected at least {8 + size} bytes, found {len(data)}")
    text = data[8 : 8 + size].rstrip(b" ")
    if text[-1:].isspace():
        raise ValueError("the safetensors header is no JSON object and spaces")
    found = strict_json.parse(text, "the safetensors header")
    ends = [entry["data_offsets"][1] for _, entry in _tensors(found) if _has_offsets(entry)]
    total = 8 + size + max(ends, default=0)
    if total != len(data):
        raise ValueError(f"cut off or damaged: expected {total} bytes, found {len(data)}")
    return found


class _Entry(NamedTuple):
    name: str
    size: int  # bytes, as dtype and shape have it
    begin: int
    end: int


def _tensors(found: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((name, entry) for name, entry in found.items() if name != METADATA)


def _has_offsets(entry: Any) -> bool:
    return isinstance(entry, dict) and _is_sizes(entry.get("data_offsets"), 2)


def _is_sizes(value: Any, length: int | None = None) -> bool:
    return (
        isinstance(value, list)
        and length in (None, len(value))
        and all(type(n) is int and n >= 0 for n in value)
    )


def _entry(name: str, entry: Any) -> _Entry:
    keys = {"dtype", "shape", "data_offsets"}
    if not _has_offsets(entry) or set(entry) != keys or not _is_sizes(entry["shape"]):
        raise ValueError(f"damaged: {name} has no plain dtype, shape and data_offsets")
    dtype = entry["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"damaged: {name} has dtype {dtype!r}, expected one of {list(DTYPES)}")
    size = math.prod(entry["shape"]) * jnp.dtype(DTYPES[dtype]).itemsize
    return _Entry(name, size, *entry["data_offsets"])


def _check_layout(entries: Iterable[_Entry]) -> None:
    """Refuse holes, overlaps and places of another size than the array."""
    at = 0
    for name, size, begin, end in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
        if end - begin != size:
            raise ValueError(f"damaged: {name} needs {size} bytes and has {end - begin}")
        if begin != at:
            what = "a hole before" if begin > at else "another array overlaps"
            raise ValueError(f"damaged: {what} {name}, which begins at {begin}, not at {at}")
        at = end
