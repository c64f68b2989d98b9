"""The metrics log: JSON lines, a row for each step, exactly once, whatever happened in between.

A checkpoint keeps the position of the log. Going on from it cuts off what came later, which is
written again, and the half of a line that a killed process may have left.
"""

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from jaxrnn import strict_json

__all__ = ["MetricsLog", "Position", "read_rows"]


class Position(NamedTuple):
    """Where a log stands: what a checkpoint keeps of it, as plain JSON.

    Fields: rows; size, in bytes; sha256 of these bytes, in hex.
    """

    rows: int = 0
    size: int = 0
    sha256: str = hashlib.sha256().hexdigest()


class MetricsLog:
    """A log that is open for writing; a context manager that closes it.

    Shapes: none.
    Args: path; at, where to go on, the beginning if not given. What comes after it is removed.
    Raises: ValueError if the file is shorter than `at` says or has another content; OSError from
        the file system, naming the file and the free space.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/metrics.jsonl"
        ...     with MetricsLog(path) as log:
        ...         log.write({"step": 1, "loss": 0.5})
        ...         at = log.position()
        ...         log.write({"step": 2, "loss": 0.4})
        ...     with MetricsLog(path, at) as log:  # a restart from the checkpoint of step 1
        ...         log.write({"step": 2, "loss": 0.3})
        ...     read_rows(path)
        [{'step': 1, 'loss': 0.5}, {'step': 2, 'loss': 0.3}]
    """

    def __init__(self, path: str | os.PathLike[str], at: Position | None = None) -> None:
        """Open the file, made if it is not there, and cut off what comes after `at`."""
        self._path = Path(path)
        self._rows, self._size, _ = at = Position() if at is None else at
        self._file = _open_at(self._path, at)
        self._digest = hashlib.sha256(self._read())

    def _read(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def write(self, row: dict[str, Any]) -> None:
        """Append one row; it is in the file, though perhaps not yet on the disk, on return."""
        line = (strict_json.text(row) + "\n").encode()
        try:
            rest = line
            while rest:  # an unbuffered write may take a part only
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _refused(error, self._path) from None
        self._digest.update(line)
        self._rows += 1
        self._size += len(line)

    def position(self) -> Position:
        """Return where the log stands, once all of it is on the disk."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _refused(error, self._path) from None
        return Position(self._rows, self._size, self._digest.hexdigest())

    def close(self) -> None:
        """Close the file; every row was written long before."""
        self._file.close()

    def __enter__(self) -> "MetricsLog":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _open_at(path: Path, at: Position) -> BinaryIO:
    """Open the file with exactly the bytes that `at` stands behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # opened without truncating: the content is checked before anything is cut off
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    file = os.fdopen(descriptor, "r+b", buffering=0)
    try:
        content = file.read()
        _check(path, content, at)
        file.truncate(at.size)
        file.seek(at.size)
    except BaseException:
        file.close()
        raise
    return file


def _check(path: Path, content: bytes, at: Position) -> None:
    if len(content) < at.size:
        raise ValueError(
            f"{path} has {len(content)} bytes, but the checkpoint stands behind "
            f"{at.size} ({at.rows} rows): rows are missing. Put the file back, or go on from an "
            "older checkpoint."
        )
    if hashlib.sha256(content[: at.size]).hexdigest() != at.sha256:
        raise ValueError(
            f"the first {at.rows} rows of {path} are not those that the checkpoint was "
            "written beside. Put the file back, or go on from an older checkpoint."
        )


def _refused(error: OSError, path: Path) -> OSError:
    free = shutil.disk_usage(path.parent).free
    text = f"{error.strerror or os.strerror(error.errno or errno.EIO)} ({free:,} bytes are free)"
    return OSError(error.errno, text, str(path))


def read_rows(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the rows of a log, also of one that is being written: half a last line is left out.

    Shapes: none.
    Raises: ValueError naming file and line if a whole line is no strict JSON; OSError from the file
        system.

        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "metrics.jsonl")
        ...     _ = path.write_text('{"step": 1}\\n{"st')
        ...     read_rows(path)
        [{'step': 1}]
    """
    lines = Path(path).read_bytes().split(b"\n")[:-1]
    return [
        strict_json.parse(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)
    ]
