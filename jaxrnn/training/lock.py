"""One process at a time in a run folder, by a lock that dies with its process."""

import contextlib
import errno
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None

__all__ = ["run_lock"]

NAME = ".lock"


@contextlib.contextmanager
def run_lock(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a run folder for as long as the block runs; no other process gets in meanwhile.

    The lock is advisory and belongs to the open file `.lock`, which holds the process's id and
    stays. The system lifts the lock when the process ends in whatever way, so a kill never blocks
    the restart. The folder is made if it is missing, and no other file is touched. Where the system
    has no such locks (Windows), a UserWarning says so and nothing is held.

    Shapes: none.
    Raises: BlockingIOError naming the process that holds the folder; OSError if the folder can't be
        made or written to.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with run_lock(folder):
        ...         print(os.listdir(folder))
        ['.lock']
    """
    if fcntl is None:
        warnings.warn(
            "run_lock: this system has no file locks (fcntl): take care that no second process "
            f"writes to {os.fspath(folder)}",
            stacklevel=3,
        )
        yield
        return
    descriptor = _open(Path(folder))
    try:
        _hold(descriptor, Path(folder))
        yield
    finally:
        os.close(descriptor)  # which lifts the lock


def _open(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # no link is followed: its target would be overwritten
        return os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        reason = f"the run folder can't be used: {error.strerror}"
        raise OSError(error.errno, reason, os.fspath(error.filename or folder)) from error


def _hold(descriptor: int, folder: Path) -> None:
    assert fcntl is not None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        raise BlockingIOError(
            errno.EWOULDBLOCK,
            f"process {holder} is at work in this run folder. Wait for it, stop it, or choose "
            "another folder",
            os.fspath(folder),
        ) from error
    except OSError as error:
        reason = f"the file system refuses a lock: {error.strerror}"
        raise OSError(error.errno, reason, os.fspath(folder)) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
