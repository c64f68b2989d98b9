"""From settings to what is trained: cells with their wrappers, and a cell under an output layer."""

import dataclasses
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
from jaxrnn.cells.named import CELLS
from jaxrnn.checks import as_positive_int
from jaxrnn.gradients import Params
from jaxrnn.models import Output
from jaxrnn.spelling import did_you_mean

__all__ = [
    "Model", "ModelSettings", "at_least_zero", "count_parameters", "make_cell", "make_model",
    "one_of", "share",
]  # fmt: skip

_PRECISIONS = ("float32", "bfloat16")
_MOST = {"hidden": 10**9, "layers": 1000, "embedding": 10**9}  # more is a slip


def one_of(name: str, value: str, known: Any) -> None:
    """Check that a setting is one of some words.

    Shapes: none.
    Raises: ValueError naming the setting, with the nearest.

        >>> one_of("model.cell", "gru", CELLS)
    """
    if value not in known:
        hint = did_you_mean(value, known)
        raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}.{hint}")


def share(name: str, value: float) -> None:
    """Check that a setting is a number from 0 to below 1.

    Shapes: none.
    Raises: ValueError naming the setting.

        >>> share("model.dropout", 0.5)
    """
    if not 0 <= value < 1:
        raise ValueError(f"{name}: expected a number from 0 to below 1, got {value}.")


def at_least_zero(name: str, value: int) -> None:
    """Check that a setting is not below 0.

    Shapes: none.
    Raises: ValueError naming the setting.

        >>> at_least_zero("model.embedding", 0)
    """
    if value < 0:
        raise ValueError(f"{name}: expected 0 or more, got {value}.")


@dataclasses.dataclass(frozen=True)
class ModelSettings:
    """What is trained: equal layers of one cell, an output layer above.

    Fields: cell, by name; hidden units and layers; dropout, of each layer's outputs while training;
    embedding, features of a learned dense embedding of the input, 0 for none; precision, in which
    products are computed: weights and states are float32 either way.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> ModelSettings("gru", 32).layers
        1
    """

    cell: str = "gru"
    hidden: int = 128
    layers: int = 1
    dropout: float = 0.0
    embedding: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        one_of("model.cell", self.cell, CELLS)
        for name, most in _MOST.items():
            if getattr(self, name) > most:
                raise ValueError(f"model.{name}: expected at most {most:,}.")
        for name in ("hidden", "layers"):
            as_positive_int("model", name, getattr(self, name))
        share("model.dropout", self.dropout)
        at_least_zero("model.embedding", self.embedding)
        one_of("model.precision", self.precision, _PRECISIONS)


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


def make_cell(settings: ModelSettings, layers: int | None = None) -> Cell:
    """Return the recurrence: equal layers, in the precision asked for, each output dropped.

    Each layer's output is dropped while training, so the output layer's input too.

    Source: where to drop: Zaremba et al. (2014), arXiv:1409.2329.
    Shapes: none.
    Args: layers, how many, if not as many as the settings say.

        >>> make_cell(ModelSettings("lstm", 4, 2, dropout=0.5))
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
    layers = settings.layers if layers is None else layers
    return cell if layers == 1 else Stack((cell,) * layers)


def make_model(settings: ModelSettings, *, input_size: int, output_size: int) -> Model:
    """Return the cell of the settings, with an embedding if there is one, and an output layer.

    Shapes: input_size D, output_size O.

        >>> make_model(ModelSettings("lstm", 4), input_size=3, output_size=2).output.size
        2
    """
    cell = make_cell(settings)
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
