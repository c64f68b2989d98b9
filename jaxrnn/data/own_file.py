"""The content of a file of your own: one door, so that what is wrong is said in one way."""

import os
from pathlib import Path

from jaxrnn.data.archives import gunzip
from jaxrnn.spelling import did_you_mean

__all__ = ["content_of", "folder_of"]


def content_of(owner: str, path: str | os.PathLike[str], what: str) -> bytes:
    """Return the content of a file, uncompressed if it is gzip.

    Shapes: none.
    Args: owner, the function that asks, and what, a word for the file it wants: both for errors.
    Raises: IsADirectoryError, FileNotFoundError, or another OSError from the file system;
        ValueError if the name or the file is empty, or it is no whole gzip file.

        >>> content_of("read_table", "no/such.csv", "a table")
        Traceback (most recent call last):
        FileNotFoundError: read_table: there is no file no/such.csv, expected a table.
    """
    if not os.fspath(path):  # which would be the folder that we are in
        raise ValueError(f"{owner}: the name of the file is empty, expected {what}.")
    place = Path(path).expanduser()
    if place.is_dir():
        raise IsADirectoryError(f"{owner}: {place} is a folder, expected {what}.")
    if not place.exists():
        raise FileNotFoundError(
            f"{owner}: there is no file {place}, expected {what}.{_nearest(place)}"
        )
    if not place.is_file():
        raise OSError(f"{owner}: {place} is a device or a pipe, expected a file with {what}.")
    try:
        content = gunzip(place.read_bytes())
    except ValueError as error:
        raise ValueError(f"{owner}: {place} is damaged: {error}.") from None
    if not content:
        raise ValueError(f"{owner}: {place} is empty, expected {what}.")
    return content


def folder_of(owner: str, path: str | os.PathLike[str], what: str) -> Path:
    """Return the path of a folder that is there.

    Shapes: none. Args: as `content_of`.
    Raises: FileNotFoundError if there is none, NotADirectoryError if it is a file; ValueError for
        an empty name.

        >>> folder_of("read_wav_folder", "no/such", "a folder of WAV files")
        Traceback (most recent call last):
        FileNotFoundError: read_wav_folder: there is no folder no/such, expected a folder of WAV...
    """
    if not os.fspath(path):
        raise ValueError(f"{owner}: the name of the folder is empty, expected {what}.")
    place = Path(path).expanduser()
    if not place.exists():
        raise FileNotFoundError(
            f"{owner}: there is no folder {place}, expected {what}.{_nearest(place)}"
        )
    if not place.is_dir():
        raise NotADirectoryError(f"{owner}: {place} is a file, expected {what}.")
    return place


def _nearest(place: Path) -> str:
    try:
        return did_you_mean(place.name, sorted(os.listdir(place.parent)))
    except OSError:
        return ""
