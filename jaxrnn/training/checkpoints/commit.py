"""Folders that appear whole or not at all, one for each step, ordered by step.

A checkpoint is written under a temporary name, put on the disk, and renamed. Where it replaces one
of the same step, that one is moved aside for the moment between two renames; if the process dies
then, it is still found. Whatever else lies in the folder is left alone.
"""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from jaxrnn.files import sync_names, write_synced

__all__ = ["clean", "commit", "discard", "places"]

# at least 8 digits, and no more zeros in front than that: `step-000000007` is not ours
_STEP = re.compile(r"step-(\d{8}|[1-9]\d{8,})")
_ASIDE = re.compile(r"\.step-(\d{8}|[1-9]\d{8,})\.old")
_TEMPORARY = re.compile(r"\.step-\d{8,}\.[0-9a-f]{16}\.tmp")


def places(folder: Path) -> dict[int, Path]:
    """Return where the checkpoint of each step lies, by ascending step.

    Shapes: none.

        >>> places(Path("no such folder"))
        {}
    """
    names = _folders(folder)
    found = {int(m[1]): folder / name for name in names if (m := _ASIDE.fullmatch(name))}
    found |= {int(m[1]): folder / name for name in names if (m := _STEP.fullmatch(name))}
    return dict(sorted(found.items()))


def commit(folder: Path, step: int, files: Mapping[str, bytes]) -> None:
    """Write the checkpoint of a step; one of that step is replaced. Missing folders are made.

    Shapes: none.
    Raises: OSError if the file system refuses; what was there is then there still.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as name:
        ...     commit(Path(name), 3, {"a": b"text"})
        ...     os.listdir(name), os.listdir(f"{name}/step-00000003")
        (['step-00000003'], ['a'])
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "there is something else than a folder", folder)
    final, aside = _names(folder, step)
    if os.path.lexists(final) and final.name not in _folders(folder):
        raise FileExistsError(errno.EEXIST, "there is something else than a folder", final)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(folder, step)
    try:
        temporary.mkdir()
        for name, content in files.items():
            write_synced(temporary / name, content)
        sync_names(temporary)
        if final.exists():
            if aside.exists():
                discard(aside)
            os.replace(final, aside)
        os.replace(temporary, final)
    except BaseException:  # Ctrl-C too
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_names(folder)
    if aside.exists():
        discard(aside)


def discard(place: Path) -> None:
    """Remove a folder so that it never bears its name half removed.

    Shapes: none.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as name:
        ...     commit(Path(name), 3, {"a": b"text"})
        ...     discard(Path(name, "step-00000003"))
        ...     os.listdir(name)
        []
    """
    temporary = _temporary(place.parent, 0)
    os.replace(place, temporary)
    shutil.rmtree(temporary)


def clean(folder: Path) -> None:
    """Remove what a killed process left half written or half removed.

    Shapes: none.

        >>> clean(Path("no such folder"))
    """
    for name in _folders(folder):
        if _TEMPORARY.fullmatch(name):
            shutil.rmtree(folder / name)
        elif match := _ASIDE.fullmatch(name):
            final, aside = _names(folder, int(match[1]))
            if final.exists():
                discard(aside)
            else:
                os.replace(aside, final)


def _names(folder: Path, step: int) -> tuple[Path, Path]:
    return folder / f"step-{step:08d}", folder / f".step-{step:08d}.old"


def _temporary(folder: Path, step: int) -> Path:
    return folder / f".step-{step:08d}.{secrets.token_hex(8)}.tmp"


def _folders(folder: Path) -> list[str]:
    """Return the names of the real folders in a folder; links may be someone else's."""
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []
