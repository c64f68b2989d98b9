"""What the user can mend, as one line; what only we can mend keeps its traceback."""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from jaxrnn.report.deaf import Deaf
from jaxrnn.spelling import did_you_mean

__all__ = [
    "Failure", "checked", "complain", "expect", "refused", "said", "training", "usage", "writing",
]  # fmt: skip


class Failure(Exception):
    """Something that the user can mend: one line, exit code 1.

    Shapes: none.

        >>> str(Failure("no such file"))
        'no such file'
    """


def said(error: BaseException) -> str:
    """Return what an error says; that of a file system names the path, and what is wrong with it.

    Shapes: none.

        >>> said(FileNotFoundError(2, "No such file or directory", "my.toml"))
        'my.toml: No such file or directory'
    """
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    if error.filename is None:
        return error.strerror
    paths = [os.fsdecode(path) for path in (error.filename, error.filename2) if path is not None]
    return f"{' -> '.join(paths)}: {error.strerror}"


@contextlib.contextmanager
def refused(*kinds: type[Exception], about: str = "") -> Iterator[None]:
    """Turn errors of these kinds into one line: only around the reading of what the user gave.

    Shapes: none.
    Args: about, the option or file that it was given by, if the error doesn't say.

        >>> with refused(ValueError, about="run.toml"):
        ...     int("x")
        Traceback (most recent call last):
        jaxrnn.cli.errors.Failure: run.toml: invalid literal for int() with base 10: 'x'
    """
    try:
        yield
    except kinds as error:
        raise Failure(f"{about}: {said(error)}" if about else said(error)) from error


@contextlib.contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say in one line that a file can't be written.

    Shapes: none.

        >>> with writing(Path("there")):
        ...     raise OSError(28, "No space left on device")
        Traceback (most recent call last):
        jaxrnn.cli.errors.Failure: --out there: can't write there (No space left on device).
    """
    try:
        yield
    except OSError as error:
        raise Failure(f"--out {out}: can't write there ({error.strerror}).") from error


@contextlib.contextmanager
def training(model: str | None) -> Iterator[None]:
    """Tell in one line what failed in the user's own file, or for want of memory.

    Shapes: none.

        >>> with training(None):
        ...     raise RuntimeError("RESOURCE_EXHAUSTED: too much")
        Traceback (most recent call last):
        jaxrnn.cli.errors.Failure: RuntimeError: RESOURCE_EXHAUSTED: too much
    """
    try:
        yield
    except Exception as error:
        place = _place(error, model)
        if not place and "RESOURCE_EXHAUSTED" not in str(error):
            raise  # everything was checked at the door, so this is our mistake
        raise Failure(f"{place}{type(error).__name__}: {error}") from error


def _place(error: Exception, model: str | None) -> str:
    """Return file and line of the user's own code in which something failed, "" if it was not."""
    if model is None:
        return ""
    file = Path(model.rpartition(":")[0]).resolve()
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if Path(f.filename).resolve() == file]
    return f"{file.name}, line {lines[-1]}: " if lines else ""


def usage(option: str, text: str) -> Exception:
    """Return the error for a word that an option does not take.

    Shapes: none.

        >>> usage("--task", "expected a name.").message
        'expected a name.'
    """
    return typer.BadParameter(text, param_hint=option)


def expect(option: str, value: str, known: Any) -> None:
    """Refuse a word that is none of the known ones.

    Shapes: none.

        >>> expect("--task", "sine", ("sine", "text"))
    """
    if value not in known:
        hint = did_you_mean(value, known)
        raise usage(option, f"expected one of {', '.join(known)}, got {value!r}.{hint}")


def checked(option: str, call: Callable[..., Any], *args: Any) -> Any:
    """Call something that refuses malformed words with a ValueError.

    Shapes: none.

        >>> checked("--steps", int, "3")
        3
    """
    try:
        return call(*args)
    except ValueError as error:
        raise usage(option, str(error)) from None


def complain(text: str) -> None:
    """Print an error as one line.

    Shapes: none.

        >>> complain("no")
    """
    line = " ".join(text.split())
    # print would take standard output where there is no standard error
    stream = Deaf(sys.stderr)
    stream.write(f"error: {line if len(line) < 800 else line[:800] + ' ...'}\n")
    stream.flush()
