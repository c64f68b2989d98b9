"""Surnames of 18 languages, to be told apart or made up letter by letter."""

import io
import os
import tarfile
from collections.abc import Sequence

from jaxrnn.data.archives import members
from jaxrnn.data.lines import lines_of
from jaxrnn.data.source import DataFile, Recipe, read

__all__ = ["SURNAMES", "load_surnames"]

_HOME = (
    "https://raw.githubusercontent.com/gyungsubLee/learning-model_seq2seq_transformer/"
    "402759702fcb7d7a65d33b1e40eabc5688ea248f/data/names/"
)
_LANGUAGES = (
    "Arabic", "Chinese", "Czech", "Dutch", "English", "French", "German", "Greek", "Irish",
    "Italian", "Japanese", "Korean", "Polish", "Portuguese", "Russian", "Scottish", "Spanish",
    "Vietnamese",
)  # fmt: skip


def _archive(contents: Sequence[bytes]) -> bytes:
    """Return a tar archive of the files of all languages, the same bytes each time."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for language, content in zip(_LANGUAGES, contents, strict=True):
            info = tarfile.TarInfo(f"names/{language}.txt")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


SURNAMES = DataFile(
    "surnames",
    "names.tar",
    "915280402566549be3ed9d35ace88fce46bbf822b7c5a364bce795f621cabf03",
    (),
    "unclear: the data of PyTorch's tutorial on names, no licence given",
    Recipe(
        "18 files, one of each language, in a tar archive as names/*.txt",
        tuple(f"{_HOME}{language}.txt" for language in _LANGUAGES),
        _archive,
    ),
)


def load_surnames(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> dict[str, tuple[str, ...]]:
    """Return 20074 surnames by their 18 languages, in the alphabet's order of the languages.

    Far from balanced: 9408 names are Russian, 73 Vietnamese. Some come more than once, in a
    language or in several. A derived set: the 18 published files in one tar archive, without
    times or owners; `download=True` fetches them and makes it.

    Source: Robertson (2017), the tutorials of PyTorch. Licence unclear.
    Shapes: none.
    Args: folder, the one that holds `names.tar`, plain or .gz, with a member `Language.txt` for
        each language; None looks in `$JAXRNN_DATA/surnames` and the cache. download, whether
        0.2 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the file; ValueError for a damaged one, or with
        member and line of a name that is empty or not in UTF-8.

        >>> load_surnames("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_surnames: names.tar of the data set 'surnames' is not at hand...
    """
    content = read("load_surnames", SURNAMES, folder, download=download)
    found = {
        path.split("/")[-1].removesuffix(".txt"): _names(names, path)
        for path, names in members(content, SURNAMES.name)
        if path.endswith(".txt")
    }
    if not found:
        raise ValueError(
            f"load_surnames: {SURNAMES.name} has no member Language.txt, expected one for each "
            "language. Is it another archive?"
        )
    return {language: found[language] for language in sorted(found)}


def _names(content: bytes, path: str) -> tuple[str, ...]:
    names = []
    for number, line in lines_of("load_surnames", content, path):
        if not line.strip():
            raise ValueError(f"load_surnames: {path}, line {number}: expected a name, got none.")
        names.append(line.strip())
    return tuple(names)
