"""Cells by name, and cells from a user's own file."""

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells import Stack, output_width
from jaxrnn.cells.named import CELLS
from jaxrnn.checks import as_cell, as_positive_int
from jaxrnn.drivers import scan
from jaxrnn.spelling import did_you_mean

__all__ = ["CELLS", "load_cell", "make_cell", "split_model"]


def make_cell(name: str, hidden: int, layers: int = 1) -> Cell:
    """Return the cell of that name, a `Stack` of equal ones for more than one layer.

    Shapes: hidden H, layers L.
    Raises: ValueError for an unknown name or numbers below 1; TypeError if they are no ints.

        >>> make_cell("lstm", 8).hidden_size, len(make_cell("elman", 8, layers=2).cells)
        (8, 2)
    """
    key = name.strip().lower().replace("-", "_")
    if key not in CELLS:
        hint = did_you_mean(key, CELLS)
        raise ValueError(f"make_cell: expected one of {', '.join(CELLS)}, got {name!r}.{hint}")
    layers = as_positive_int("make_cell", "layers", layers)
    cell = CELLS[key](as_positive_int("make_cell", "hidden", hidden))
    return cell if layers == 1 else Stack((cell,) * layers)


def split_model(text: str) -> tuple[Path, str]:
    """Return (file, function) of `path.py:build`.

    Shapes: none.
    Raises: ValueError if there is no function after a colon.

        >>> split_model("models/mine.py:build")[1]
        'build'
    """
    path, colon, function = text.rpartition(":")
    if not colon or not path or not function.isidentifier():
        raise ValueError(
            f"split_model: expected FILE.py:FUNCTION, as in mine.py:build, got {text!r}."
        )
    return Path(path), function


def load_cell(text: str, input_size: int) -> Cell:
    """Return `build(input_size)` from the user's file, for `text` = `path.py:build`.

    The file is run like a script: only load one that you trust.

    Shapes: input_size D.
    Raises: ValueError for a malformed text, a file that fails, one without that function, or a cell
        that can't be run and differentiated; FileNotFoundError without the file; TypeError if the
        result is no cell.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "mine.py"
        ...     _ = file.write_text("import jaxrnn\\ndef build(n):\\n    return jaxrnn.GRU(2 * n)")
        ...     load_cell(f"{file}:build", 3).hidden_size
        6
    """
    path, name = split_model(text)
    module = _run_file(path)
    build = getattr(module, name, None)
    if not callable(build):
        defined = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        raise ValueError(
            f"load_cell: {path} has no function {name!r}, expected build(input_size) -> Cell. "
            f"It has: {', '.join(defined) or 'none'}."
        )
    cell = _guard(path, lambda: build(input_size))
    as_cell(f"load_cell: {text}", cell)
    _guard(path, lambda: _try_out(cell, input_size))
    return cell


def _try_out(cell: Cell, input_size: int) -> None:
    """Trace two steps and their gradient, so that a broken cell fails before any training."""

    def total(params: Any) -> Array:
        ys = scan(cell, params, None, jnp.ones((2, 2, input_size)))[1]
        output_width(cell, params, input_size)  # one array, or no output layer fits on it
        return ys.sum()

    jax.eval_shape(lambda key: jax.grad(total)(cell.init(key, input_size)), jax.random.key(0))


def _run_file(path: Path) -> ModuleType:
    if not path.is_file():
        kind = "is a directory" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"load_cell: {path} {kind}, expected a Python file.")
    name = f"_jaxrnn_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"load_cell: {path} is no Python file, expected a name ending in .py.")
    loader, module = spec.loader, importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, str(path.parent))  # the file may import its neighbours
    try:
        _guard(path, lambda: loader.exec_module(module))
    finally:
        sys.path.remove(str(path.parent))
    return module


def _guard(path: Path, call: Callable[[], Any]) -> Any:
    """Call the user's code; of what it raises, say where and what in one line."""
    try:
        return call()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f.lineno for f in frames if f.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
        where = f"{path}, line {line}" if line else str(path)
        text = " ".join(str(error).split())
        raise ValueError(f"load_cell: {where}: {type(error).__name__}: {text}") from error
