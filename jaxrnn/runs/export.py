"""The weights of a run in files that other programs read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.arrays import path_of
from jaxrnn.cells import Dropout, Embedded, MixedPrecision, MixedPrecisionSplit, Stack
from jaxrnn.files import write_whole
from jaxrnn.models import RNN, RNNParams, save
from jaxrnn.runs.opened import Opened
from jaxrnn.tasks.model import Model
from jaxrnn.tensor_file import to_bytes

__all__ = ["export"]


def export(run: Opened, folder: str | os.PathLike[str]) -> Iterator[str]:
    """Write the cell, the output layer and, where torch has the cell, both under torch's names.

    Shapes: those of the params; torch's names and layouts as in `jaxrnn.interop.torch`.
    Yields: a line about each file.
    Raises: OSError if the folder refuses.

        >>> import tempfile
        >>> from jaxrnn.runs.building import build, first_state
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("sine")
        >>> parts = build(settings)
        >>> run = Opened(settings, parts.model, first_state(parts).params, parts.task.codec, 0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     len(list(export(run, folder)))
        3
    """
    out = Path(folder)
    if not isinstance(run.model, Model):
        write_whole(out / "network.safetensors", to_bytes(_by_name(run.params)))
        yield f"{out / 'network.safetensors'}: the arrays by their names; torch has no such network"
        return
    save(out / "cell.safetensors", run.model.cell, run.params.cell)
    yield f"{out / 'cell.safetensors'}: for jaxrnn.load"
    save(out / "output.safetensors", run.model.output, run.params.head)
    yield f"{out / 'output.safetensors'}: for jaxrnn.load"
    try:
        arrays = _torch_arrays(run.model, run.params)
    except (TypeError, ValueError) as error:
        yield f"no torch.safetensors: {error}"
        return
    write_whole(out / "torch.safetensors", to_bytes(arrays))
    yield f"{out / 'torch.safetensors'}: rnn.* for torch.nn, output.* for torch.nn.Linear"


def _by_name(params: Any) -> dict[str, np.ndarray]:
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {path_of("params", path): np.asarray(leaf) for path, leaf in leaves}


def _torch_arrays(model: Model, params: Any) -> dict[str, np.ndarray]:
    """Return the arrays under torch's names.

    Raises: TypeError or ValueError for a cell that torch doesn't have.
    """
    from jaxrnn.interop.torch import to_torch

    cell, inner, head, arrays = model.cell, params.cell, params.head, {}
    if isinstance(cell, Embedded):
        arrays["embedding.weight"] = np.asarray(inner.w_x)
        cell, inner = cell.cell, inner.cell
    rnn, inner = as_rnn(cell, inner)
    arrays |= {f"rnn.{name}": array for name, array in to_torch(rnn, inner).items()}
    arrays["output.weight"] = np.array(head.w_hy.T, order="C")
    arrays["output.bias"] = np.asarray(head.b_y)
    return arrays


def as_rnn(cell: Any, params: Any) -> tuple[RNN, RNNParams]:
    """Return equal layers as an `RNN`; what only acts while training is left out.

    Shapes: params of the layers above the first get a leading layer axis.
    Raises: ValueError if the layers are not equal.

        >>> from jaxrnn.cells import GRU
        >>> cell = Stack((Dropout(GRU(2), 0.5), Dropout(GRU(2), 0.5)))
        >>> rnn, params = as_rnn(cell, cell.init(jax.random.key(0), 3))
        >>> rnn, params.rest.w_x.shape
        (RNN(cell=GRU(...), num_layers=2, ...), (1, 2, 6))
    """
    layers = cell.cells if isinstance(cell, Stack) else (cell,)
    kinds = {_bare(layer) for layer in layers}
    if len(kinds) > 1:
        raise ValueError(f"as_rnn: expected equal layers, got {kinds}.")
    above = params[1:] if isinstance(cell, Stack) else ()
    first = params[0] if isinstance(cell, Stack) else params
    rest = jax.tree.map(lambda *leaves: jnp.stack(leaves), *above) if above else None
    return RNN(kinds.pop(), num_layers=len(layers)), RNNParams(first, rest)


def _bare(layer: Any) -> Any:
    """Return the recurrence inside wrappers that have no params of their own."""
    while isinstance(layer, Dropout | MixedPrecision | MixedPrecisionSplit):
        layer = layer.cell
    return layer
