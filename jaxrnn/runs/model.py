"""From settings to the model: a cell with its wrappers, and an output layer."""

from typing import Any, NamedTuple

import jax
import numpy as np

from jaxrnn.cell import Cell, SplitCell
from jaxrnn.cells import (
    Dropout,
    Embedded,
    MixedPrecision,
    MixedPrecisionSplit,
    Stack,
    output_width,
)
from jaxrnn.compare.cells import CELLS
from jaxrnn.gradients import Params
from jaxrnn.models import Output
from jaxrnn.runs.settings import ModelSettings

__all__ = ["Model", "count_parameters", "make_model"]


class Model(NamedTuple):
    """A cell and the layer above it.

    Fields: cell; output; input_size D.
    Shapes: params, `gradients.Params(cell, head)`.

        >>> model = make_model(ModelSettings("gru", 4), input_size=3, output_size=2)
        >>> model.init(jax.random.key(0)).head.w_hy.shape
        (4, 2)
    """

    cell: Cell
    output: Output
    input_size: int

    def init(self, key: Any) -> Params:
        """Draw the params."""
        cell_key, head_key = jax.random.split(key)
        params = self.cell.init(cell_key, self.input_size)
        width = output_width(self.cell, params, self.input_size)
        return Params(params, self.output.init(head_key, width))


def make_model(settings: ModelSettings, *, input_size: int, output_size: int) -> Model:
    """Put layers, precision, dropout and embedding together as one cell.

    Each layer's output is dropped while training, so the output layer's input too.

    Source: where to drop: Zaremba et al. (2014), arXiv:1409.2329.
    Shapes: input_size D, output_size O.

        >>> make_model(ModelSettings("lstm", 4, 2, dropout=0.5), input_size=3, output_size=2).cell
        Stack(cells=(Dropout(cell=LSTM(...), rate=0.5), Dropout(...)))
    """
    cell: Cell = CELLS[settings.cell](settings.hidden)
    if settings.precision != "float32":
        # a split cell stays one, for the gradient methods that ask for it
        if isinstance(cell, SplitCell):
            cell = MixedPrecisionSplit(cell, settings.precision)
        else:
            cell = MixedPrecision(cell, settings.precision)
    if settings.dropout:
        cell = Dropout(cell, settings.dropout)
    if settings.layers > 1:
        cell = Stack((cell,) * settings.layers)
    if settings.embedding:
        cell = Embedded(cell, input_size, settings.embedding)
    return Model(cell, Output(output_size), input_size)


def count_parameters(params: Any) -> int:
    """Return how many numbers are learned.

    Shapes: any.

        >>> count_parameters((np.ones((2, 3)), np.ones(2)))
        8
    """
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(params))
