"""The manifest of a checkpoint: what its arrays and its file must be, sealed by its own digest.

The seal is the same in every format version, so that a newer format is told apart from a damaged
one. The first two fields are the length of the text, and its SHA-256 with zeros in the place of
the digest. The format version, a number of its own, decides how to read the rest.
"""

import hashlib
import re
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxrnn import strict_json
from jaxrnn.tensor_file import from_bytes
from jaxrnn.training.checkpoints.tree import Flat

__all__ = ["ARRAYS", "FORMAT", "MANIFEST", "Damaged", "Manifest", "arrays_of", "read", "write"]

FORMAT = 1
MANIFEST = "manifest.json"
ARRAYS = "arrays.safetensors"

_NO_DIGEST = "0" * 64
_FIELDS: dict[str, type] = {"step": int, "best": bool, "facts": dict, "arrays": list}


class Damaged(ValueError):
    """A checkpoint that is not what was written: an older one may be taken instead.

    Shapes: none.

        >>> issubclass(Damaged, ValueError)
        True
    """


class Manifest(NamedTuple):
    """What a manifest says, its seal checked."""

    step: int
    best: bool
    facts: dict[str, Any]
    size: int  # bytes of the file of arrays
    sha256: str  # of that file
    arrays: list[Any]  # an entry for each array, as `_entries` makes it


def write(step: int, best: bool, facts: Mapping[str, Any], flat: Flat, file: bytes) -> bytes:
    """Return the manifest of a file of arrays.

    Shapes: any.
    Raises: ValueError or TypeError for facts that strict JSON has no words for.

        >>> read(write(3, False, {"loss": 0.5}, Flat({}, {}), b"")).facts
        {'loss': 0.5}
    """
    fields = {
        "format": FORMAT,
        "jaxrnn": _version(),
        "step": step,
        "best": best,
        "facts": dict(facts),
        "files": {ARRAYS: {"bytes": len(file), "sha256": _sha256(file)}},
        "arrays": _entries(flat),
    }
    data = _seal(fields)
    read(data)  # what can't be read must not be written
    return data


def read(data: bytes) -> Manifest:
    """Return what a manifest says.

    Shapes: none.
    Raises: Damaged if it is empty, cut off or not what was written; ValueError for another format.

        >>> read(b"")
        Traceback (most recent call last):
        jaxrnn.training.checkpoints.manifest.Damaged: the file is empty
    """
    fields = _unseal(data)
    if fields.get("format") != FORMAT:
        raise ValueError(
            f"written by jaxrnn {fields.get('jaxrnn')}, this is {_version()}: it has format "
            f"{fields.get('format')}, this reads format {FORMAT}. Update jaxrnn to read it"
        )
    file = fields.get("files", {}).get(ARRAYS) if isinstance(fields.get("files"), dict) else None
    if not isinstance(file, dict) or type(file.get("bytes")) is not int:
        raise Damaged(f"it says nothing about {ARRAYS}")
    for name, kind in _FIELDS.items():
        if type(fields.get(name)) is not kind:
            raise Damaged(f"{name} should be of type {kind.__name__}, got {fields.get(name)!r}")
    return Manifest(
        fields["step"], fields["best"], fields["facts"], file["bytes"], str(file.get("sha256")),
        fields["arrays"],
    )  # fmt: skip


def arrays_of(manifest: Manifest, file: bytes) -> Flat:
    """Return the arrays of a file that is exactly what the manifest says.

    Shapes: as saved.
    Raises: Damaged if the file, or any array in it, is another.

        >>> arrays_of(read(write(0, False, {}, Flat({}, {}), b"")), b"x")
        Traceback (most recent call last):
        jaxrnn.training.checkpoints.manifest.Damaged: too long: expected 0 bytes, found 1
    """
    if len(file) != manifest.size:
        what = "cut off" if len(file) < manifest.size else "too long"
        raise Damaged(f"{what}: expected {manifest.size} bytes, found {len(file)}")
    if _sha256(file) != manifest.sha256:
        raise Damaged(f"damaged: its SHA-256 is {_sha256(file)}, expected {manifest.sha256}")
    try:
        arrays = from_bytes(file)
    except ValueError as error:
        raise Damaged(str(error)) from error
    given = {entry["path"]: entry for entry in manifest.arrays if _is_entry(entry)}
    keys = {path: entry["key"] for path, entry in given.items() if entry["key"] is not None}
    found = {entry["path"]: entry for entry in _entries(Flat(arrays, keys))}
    for path in sorted(given.keys() | found.keys()):
        if given.get(path) != found.get(path):
            raise Damaged(f"damaged: {path} is {found.get(path)}, expected {given.get(path)}")
    return Flat(arrays, keys)


def _entries(flat: Flat) -> list[dict[str, Any]]:
    return [
        {
            "path": name,
            "shape": list(array.shape),
            "dtype": array.dtype.name,
            "bytes": array.nbytes,
            "sha256": _sha256(array.tobytes()),
            "key": flat.keys.get(name),
        }
        for name, array in sorted(flat.arrays.items())
    ]


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("path"), str)
        and isinstance(entry.get("key", 0), str | None)
    )


def _seal(fields: Mapping[str, Any]) -> bytes:
    sealed = {"bytes": "0" * 8, "sha256": _NO_DIGEST, **fields}
    sealed["bytes"] = f"{len(strict_json.text(sealed)):08d}"
    sealed["sha256"] = _sha256(strict_json.text(sealed).encode())
    return strict_json.text(sealed).encode()


def _unseal(data: bytes) -> dict[str, Any]:
    if not data:
        raise Damaged("the file is empty")
    # read before anything is checked, and only for the message
    said = re.match(rb'\{"bytes":"(\d{8})"', data)
    if said and int(said[1]) != len(data):
        what = "cut off" if len(data) < int(said[1]) else "too long"
        raise Damaged(f"{what}: expected {int(said[1])} bytes, found {len(data)}")
    try:
        fields = strict_json.parse(data, f"the manifest of {len(data)} bytes")
    except ValueError as error:
        raise Damaged(f"damaged: {error}") from error
    digest = fields.get("sha256")
    if not said or not isinstance(digest, str) or len(digest) != len(_NO_DIGEST):
        raise Damaged(f"damaged: no length and SHA-256 in its {len(data)} bytes")
    found = _sha256(data.replace(digest.encode(), _NO_DIGEST.encode(), 1))
    if found != digest:
        raise Damaged(f"damaged: its SHA-256 is {found}, expected {digest}")
    return fields


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _version() -> str:
    # of the running package, which may be another one than the installed; its root isn't imported
    return getattr(sys.modules["jaxrnn"], "__version__", "unknown")
