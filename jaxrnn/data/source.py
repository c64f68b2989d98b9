"""Where the files of a data set come from: a folder, `JAXRNN_DATA`, the cache, or the network.

Nothing is downloaded unless the caller asks. What is downloaded, and what lies in the cache, is
checked against a pinned sha256; files that you supply yourself are taken as they are, so another
set in the same format (Fashion-MNIST, your own text) can stand in.
"""

import dataclasses
import gzip
import hashlib
import http.client
import os
import sys
import urllib.request
import zlib
from pathlib import Path

from jaxrnn.files import write_whole

__all__ = ["DataFile", "cache_folder", "find", "read"]

_BLOCK = 1 << 18  # bytes between two progress notes
_TIMEOUT = 30.0  # seconds without an answer


@dataclasses.dataclass(frozen=True)
class DataFile:
    """A file of a data set, and its public homes.

    Fields: dataset, its folder's name; name, of the uncompressed file, which may also lie there
    as `name.gz`; sha256, in hex, of the **uncompressed** content; urls, tried in order, plain or
    gzip.
    Shapes: none.

        >>> DataFile("mnist", "t10k-labels-idx1-ubyte", "ff7b...", ("https://...",)).dataset
        'mnist'
    """

    dataset: str
    name: str
    sha256: str
    urls: tuple[str, ...]


def cache_folder() -> Path:
    """Return where downloads are kept: `jaxrnn` in `$XDG_CACHE_HOME`, or in `~/.cache`.

    Shapes: none.

        >>> cache_folder().name
        'jaxrnn'
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jaxrnn"


def find(file: DataFile, folder: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the path of a file that is at hand, or None. The network is not touched.

    Looked at, in this order: `folder` alone if given; else `$JAXRNN_DATA/<dataset>` and
    `cache_folder()/<dataset>`.

    Shapes: none.

        >>> find(DataFile("mnist", "no such file", "", ())) is None
        True
    """
    for place in _places(file, folder):
        for path in (place / file.name, place / f"{file.name}.gz"):
            if path.is_file():
                return path
    return None


def read(
    owner: str,
    file: DataFile,
    folder: str | os.PathLike[str] | None = None,
    *,
    download: bool = False,
) -> bytes:
    """Return the uncompressed content of a file.

    Shapes: none; a download is kept in `cache_folder()` and announced on stderr.
    Args: owner, the function that asks, named in errors. folder, the only place to look, if given.
        download, whether a file that is nowhere may be fetched.
    Raises: FileNotFoundError if it is nowhere and can't be fetched, saying how to supply it;
        ValueError if it is a damaged gzip file, or if the cache's copy has another sha256 (with
        `download` that copy is replaced).

        >>> read("load", DataFile("mnist", "no such file", "", ()))
        Traceback (most recent call last):
        FileNotFoundError: load: no such file of the data set 'mnist' is not at hand...
    """
    path = find(file, folder)
    if path is None:
        if not download or folder is not None:
            raise FileNotFoundError(_how_to_supply(owner, file, folder, "is not at hand"))
        return _download(owner, file)
    ours = path.parent == _cached(file).parent
    try:
        content = _gunzip(path.read_bytes())
        if ours:
            _check(content, file)
    except ValueError as error:
        if ours and download:
            return _download(owner, file)  # which replaces it
        hint = " Delete it, or call with download=True to replace it." if ours else ""
        raise ValueError(f"{owner}: {path} is damaged: {error}.{hint}") from None
    return content


def _cached(file: DataFile) -> Path:
    return cache_folder() / file.dataset / file.name


def _places(file: DataFile, folder: str | os.PathLike[str] | None) -> list[Path]:
    if folder is not None:
        return [Path(folder).expanduser()]
    given = os.environ.get("JAXRNN_DATA")
    own = [Path(given).expanduser() / file.dataset] if given else []
    return [*own, _cached(file).parent]


def _how_to_supply(
    owner: str, file: DataFile, folder: str | os.PathLike[str] | None, problem: str
) -> str:
    places = ", ".join(str(place) for place in _places(file, folder))
    if folder is None and not os.environ.get("JAXRNN_DATA"):
        places += "; JAXRNN_DATA is not set"
    return (
        f"{owner}: {file.name} of the data set {file.dataset!r} {problem} (looked in {places}). "
        f"Supply it in one of three ways: pass folder=, the folder that holds it, plain or as "
        f"{file.name}.gz; or set JAXRNN_DATA to a folder with a subfolder {file.dataset!r} "
        f"that does; or pass download=True without folder= on a machine with a network. "
        f"To copy it by hand: get it from {' or '.join(file.urls)} and put it at {_cached(file)}, "
        "with the ending .gz if it is compressed."
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _gunzip(content: bytes) -> bytes:
    """Return the content uncompressed; what is not gzip is returned as it is."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"it is no whole gzip file ({error})") from None


def _download(owner: str, file: DataFile) -> bytes:
    """Fetch, check and keep a file; nothing unchecked ever bears its name."""
    troubles = []
    for url in file.urls:
        try:
            content = _gunzip(_fetch(url))
            _check(content, file)
        except (OSError, ValueError, http.client.HTTPException) as error:
            troubles.append(f"{url}: {getattr(error, 'reason', error)}")
            continue
        write_whole(_cached(file), content)
        return content
    problem = f"could not be downloaded ({'; '.join(troubles)})"
    raise FileNotFoundError(_how_to_supply(owner, file, None, problem))


def _check(content: bytes, file: DataFile) -> None:
    if content[:256].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise ValueError("an HTML page came instead of the file: a login or error page, perhaps")
    if _digest(content) != file.sha256:
        raise ValueError(f"the content has sha256 {_digest(content)}, expected {file.sha256}")


def _fetch(url: str) -> bytes:
    """Return the answer of `url`, with notes of progress on stderr."""
    request = urllib.request.Request(url, headers={"User-Agent": "jaxrnn"})
    blocks, got = [], 0
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        total = int(answer.headers.get("Content-Length") or 0)
        _note(f"downloading {url}\n")
        while block := answer.read(_BLOCK):
            blocks.append(block)
            got += len(block)
            if sys.stderr.isatty():
                _note(f"\r  {got / 1e6:.1f} of {total / 1e6:.1f} MB ")
    if sys.stderr.isatty():
        _note("\n")
    if got < total:
        raise ValueError(f"the connection was cut after {got} of {total} bytes")
    return b"".join(blocks)


def _note(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
