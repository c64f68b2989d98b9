"""Writing files so that nobody ever sees half of one."""

import contextlib
import errno
import os
import secrets

__all__ = ["write_whole"]


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write a file under another name and rename it: it is there whole and on the disk, or not.

    A file that already has the name survives a failed write. Missing folders are made, a link
    stays a link, and several processes may write the same file: one of them wins.

    Shapes: none; text is written as UTF-8.
    Raises: OSError if there is something else than a file, or the folder or disk refuses.

        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(f"{folder}/new/note.txt", "hello")
        ...     pathlib.Path(f"{folder}/new/note.txt").read_text()
        'hello'
    """
    target = os.path.realpath(path)  # a link stays a link
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(errno.EEXIST, "there is something else than a file", target)
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    # in the same folder, or the rename could cross to another disk
    temporary = os.path.join(folder, f".{secrets.token_hex(8)}.tmp")
    try:
        _write(temporary, content.encode() if isinstance(content, str) else content)
        os.replace(temporary, target)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_names(folder)


def _write(path: str, content: bytes) -> None:
    # not tempfile, whose files nobody else may read
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_names(folder: str) -> None:
    """Put the new name, too, on the disk, on systems that can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):  # some file systems can't; the file itself is written
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
