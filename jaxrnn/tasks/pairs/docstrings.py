"""Titles of texts that are always at hand: the docstrings of Python's own library."""

import ast
import hashlib
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from jaxrnn.tasks.pairs.corpora import PairCorpus, split_pairs

__all__ = ["docstring_corpus", "titled"]

# tests and what is installed beside are no part of the documentation
_LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages", "lib2to3", "idlelib"}


def docstring_corpus(most: int = 0) -> PairCorpus:
    """Return the docstrings of Python's library, the text below the first line and that line.

    Only those whose first line stands alone, each pair of texts once. Files are split by a hash of
    their name, so what is said twice in a file stays together; nothing of them is run.

    Shapes: none.
    Args: most, pairs after which no more files are read, 0 to read all: about 2,600 pairs.
    Raises: ValueError if the library is not there as text.

        >>> corpus = docstring_corpus(most=30)
        >>> len(corpus.train) + len(corpus.dev) + len(corpus.test) >= 30
        True
    """
    pairs: dict[tuple[str, str], str] = {}  # to the file each came from first
    for name, source in _library():
        for pair in titled(source):
            pairs.setdefault(pair, name)
        if most and len(pairs) >= most and len(set(pairs.values())) >= 10:
            break
    if len(set(pairs.values())) < 3:
        raise ValueError(
            f"docstring_corpus: {_root()} has no library in source files. Give texts of your own "
            "with data.pairs."
        )
    return split_pairs(list(pairs), list(pairs.values()), "docstrings of Python's library")


def _root() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _library() -> Iterator[tuple[str, bytes]]:
    """Return name and content of each file, in the order of a hash: the first ones are a sample."""
    names: list[str] = []
    for place, folders, files in os.walk(_root()):
        folders[:] = [folder for folder in folders if folder not in _LEFT_OUT]
        below = Path(place).relative_to(_root())
        names += [(below / file).as_posix() for file in files if file.endswith(".py")]
    for name in sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest()):
        yield name, (_root() / name).read_bytes()


def titled(source: bytes) -> list[tuple[str, str]]:
    r'''Return (text, title) of the docstrings in a file: an empty line divides the two.

    Shapes: none.

        >>> titled(b'def f():\n    """Do it.\n\n    Slowly, but\n    well.\n    """')
        [('Slowly, but well.', 'Do it.')]
    '''
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # templates, and files for other versions
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            title, _, text = (ast.get_docstring(node) or "").partition("\n\n")
            if title.strip() and "\n" not in title.strip() and text.strip():
                found.append((" ".join(text.split()), title.strip()))
    return found
