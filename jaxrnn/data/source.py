"""Where the files of a data set come from: a folder, `JAXRNN_DATA`, the cache, or the network.

Nothing is downloaded unless the caller asks. What is downloaded, and what lies in the cache, is
checked against a pinned sha256; files that you supply yourself are taken as they are, so another
set in the same format (Fashion-MNIST, your own text) can stand in.
"""

import dataclasses
import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from jaxrnn.data.archives import gunzip
from jaxrnn.files import write_whole

__all__ = ["DataFile", "Recipe", "cache_folder", "find", "read"]

_BLOCK = 1 << 18  # bytes between two progress notes
_LIMIT = 2**30  # bytes of an answer, so that one without an end can't fill the memory
_TIMEOUT = 30.0  # seconds without an answer


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a derived file is made of public ones, when nobody publishes it as it is.

    Fields: words, the end of the sentence "It is made of ..."; urls, the files to fetch for it,
    all of them; make, from their contents, uncompressed, to the content of the derived file. What
    takes more than a download (14730 files, say) has no urls, and words that name the function.
    Shapes: none.

        >>> Recipe("the two parts, joined", ("https://...1", "https://...2"), b"".join).make([b"a"])
        b'a'
    """

    words: str
    urls: tuple[str, ...] = ()
    make: Callable[[Sequence[bytes]], bytes] = b"".join


@dataclasses.dataclass(frozen=True)
class DataFile:
    """A file of a data set, and its public homes.

    Fields: dataset, its folder's name; name, of the uncompressed file, which may also lie there
    as `name.gz`; sha256, in hex, of the **uncompressed** content; urls, tried in order, plain or
    gzip; licence, shown when it is fetched; recipe, for a derived file, tried if no url has it.
    Shapes: none.

        >>> DataFile("mnist", "t10k-labels-idx1-ubyte", "ff7b...", ("https://...",)).dataset
        'mnist'
    """

    dataset: str
    name: str
    sha256: str
    urls: tuple[str, ...]
    licence: str = ""
    recipe: Recipe | None = None


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

    Shapes: none; a download is kept in `cache_folder()` and announced, with its licence, on stderr.
    Args: owner, the function that asks, named in errors. folder, the only place to look, if given.
        download, whether a file that is nowhere may be fetched.
    Raises: FileNotFoundError if it is nowhere and can't be fetched, saying how to supply it;
        ValueError if it is empty or a damaged gzip file, or if the cache's copy has another sha256
        (with `download` that copy is replaced).

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
        content = gunzip(path.read_bytes())
        if not content:
            raise ValueError("it is empty")
        if ours:
            _check(content, file)
    except ValueError as error:
        if ours and download:
            return _download(owner, file)  # which replaces it
        again = ", or call with download=True to replace it" if _can_be_fetched(file) else ""
        hint = f" Delete it{again}." if ours else ""
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
    fetched = ""
    if _can_be_fetched(file):
        fetched = (
            f"; or run jaxrnn download {file.dataset} on a machine with a network (in Python, "
            "download=True without folder=)"
        )
    return (
        f"{owner}: {file.name} of the data set {file.dataset!r} {problem} (looked in {places}). "
        f"Supply it in one of these ways: pass folder=, the folder that holds it, plain or as "
        f"{file.name}.gz; or set JAXRNN_DATA to a folder with a subfolder {file.dataset!r} "
        f"that does{fetched}. To copy it by hand: {_by_hand(file)} and put it at {_cached(file)}, "
        "with the ending .gz if it is compressed."
    )


def _can_be_fetched(file: DataFile) -> bool:
    return bool(file.urls) or (file.recipe is not None and bool(file.recipe.urls))


def _by_hand(file: DataFile) -> str:
    ways = [f"get it from {url}" for url in file.urls]
    if file.recipe is not None:
        parts = _shortened(file.recipe.urls)
        ways.append(f"make it of {file.recipe.words}{parts and f' ({parts})'}")
    return " or ".join(ways) or "get it from whoever has it"


def _shortened(urls: tuple[str, ...]) -> str:
    return ", ".join(urls) if len(urls) < 4 else f"{urls[0]} and {len(urls) - 1} more beside it"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download(owner: str, file: DataFile) -> bytes:
    """Fetch, check and keep a file; nothing unchecked ever bears its name."""
    ways: list[tuple[tuple[str, ...], Callable[[Sequence[bytes]], bytes]]]
    ways = [((url,), b"".join) for url in file.urls]
    if file.recipe is not None and file.recipe.urls:
        ways.append((file.recipe.urls, file.recipe.make))
    if ways:
        licence = file.licence or "see its home page"
        _note(f"{file.name} of the data set {file.dataset!r}, licence: {licence}\n")
    troubles = []
    for urls, make in ways:
        try:
            content = make([gunzip(_fetch(url)) for url in urls])
            _check(content, file)
        except (OSError, ValueError, http.client.HTTPException) as error:
            troubles.append(f"{_shortened(urls)}: {_why(error)}")
            continue
        write_whole(_cached(file), content)
        return content
    problem = f"could not be downloaded ({'; '.join(troubles) or 'it has to be made'})"
    raise FileNotFoundError(_how_to_supply(owner, file, None, problem))


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return f"no answer, {error.reason}; is this machine offline?"
    return str(error)


def _check(content: bytes, file: DataFile) -> None:
    found = _digest(content)
    if found == file.sha256:
        return
    page = content[:256].lstrip().lower().startswith((b"<!doctype html", b"<html"))
    what = "an HTML page came instead of the file, a login or error page, perhaps: " if page else ""
    raise ValueError(f"{what}the content has sha256 {found}, expected {file.sha256}")


def _fetch(url: str) -> bytes:
    """Return the answer of `url`, with notes of progress on stderr; a cut one is asked for twice.

    Raises: ValueError if it is cut both times or has no end, OSError if there is no answer.
    """
    _note(f"downloading {url}\n")
    answer, size = _answer(url)
    if len(answer) < size:
        _note("  the connection was cut, trying again\n")
        answer, size = _answer(url)
    if len(answer) < size:
        raise ValueError(f"the connection was cut after {len(answer)} of {size} bytes, twice")
    return answer


def _answer(url: str) -> tuple[bytes, int]:
    """Return what came of the answer of `url`, and its size: more than came if it was cut."""
    request = urllib.request.Request(url, headers={"User-Agent": "jaxrnn"})
    blocks, got = [], 0
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        size = int(answer.headers.get("Content-Length") or 0)  # 0 if the server doesn't say
        of_all = f" of {size / 1e6:.1f}" if size else ""
        try:
            while block := answer.read(_BLOCK):
                blocks.append(block)
                got += len(block)
                if max(got, size) > _LIMIT:
                    raise ValueError(f"the answer is longer than the limit of {_LIMIT} bytes")
                if sys.stderr.isatty():
                    _note(f"\r  {got / 1e6:.1f}{of_all} MB ")
        except (http.client.IncompleteRead, ConnectionError):
            size = max(size, got + 1)  # there was more to come
    if sys.stderr.isatty():
        _note("\n")
    return b"".join(blocks), size


def _note(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
