"""Files that nobody ever sees half of, and reading only what is a file."""

import contextlib
import errno
import os
import secrets
import stat

__all__ = ["read_plain", "sync_names", "write_synced", "write_whole"]


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
        write_synced(temporary, content.encode() if isinstance(content, str) else content)
        os.replace(temporary, target)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    sync_names(folder)


def read_plain(owner: str, path: str | os.PathLike[str]) -> bytes:
    """Return the content of a plain file.

    Shapes: none.
    Args: owner, the function that asks, named in errors.
    Raises: OSError if there is none, or something else, or it can't be read.

        >>> read_plain("load", "/")
        Traceback (most recent call last):
        OSError: [Errno 22] load: not a file: '/'
    """
    # asked first, since opening a pipe would wait and a device may never end
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, f"{owner}: not a file", os.fspath(path))
    with open(path, "rb") as file:
        return file.read()


def write_synced(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a new file and wait until its content is on the disk; its name may not be yet.

    Shapes: none.
    Raises: OSError, FileExistsError for a name that is taken.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_synced(f"{folder}/a", b"text")
        ...     os.listdir(folder)
        ['a']
    """
    # not tempfile, whose files nobody else may read
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_names(folder: str | os.PathLike[str]) -> None:
    """Put the names in a folder, too, on the disk, on systems that can.

    Shapes: none.

        >>> sync_names(".")
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):  # some file systems can't; the files themselves are written
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
