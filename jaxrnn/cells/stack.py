"""Several cells as one: time is the outer loop and each step runs all layers."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells.resolve import resolve
from jaxrnn.cells.wrap import output_width
from jaxrnn.checks import as_cell

__all__ = ["Stack"]


@dataclasses.dataclass(frozen=True)
class Stack:
    """Layers of any kind and size as one cell: the output of each is the input of the next.

        u = cells[0].project(x)
        y = x_1 = cells[0].step(u), then x_2 = cells[1].step(cells[1].project(x_1)), ...

    One step needs one input only, which is what streaming wants. For whole sequences of equal
    layers `jaxrnn.stack` is faster: there the loop over layers is outside.
    Fields: cells, a tuple.
    Shapes: x `[..., D]`; y that of the last cell; params and state are tuples, one entry a layer.
    Raises: ValueError without cells; TypeError if one is no cell.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import GRU, LSTM, scan
        >>> cell = Stack((LSTM(4), GRU(5)))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state, ys = scan(cell, params, None, jnp.ones((6, 2, 3)))
        >>> ys.shape, state[0].c.shape
        ((6, 2, 5), (2, 4))
    """

    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.cells, tuple | list):
            raise TypeError(
                f"Stack: cells should be a tuple of cells, got {self.cells!r}. "
                "One cell alone is written Stack((cell,))."
            )
        object.__setattr__(self, "cells", tuple(self.cells))
        if not self.cells:
            raise ValueError("Stack: cells is empty, expected a tuple of at least one cell.")
        for cell in self.cells:
            as_cell("Stack", cell)

    def init(self, key: Array, input_size: int) -> tuple[Any, ...]:
        """Draw the params of each layer, with a key of its own."""
        params = []
        for cell, layer_key in zip(self.cells, jax.random.split(key, len(self.cells)), strict=True):
            params.append(cell.init(layer_key, input_size))
            input_size = output_width(cell, params[-1], input_size)
        return tuple(params)

    def init_state(self, params: tuple, batch: int | Sequence[int] = ()) -> tuple[Any, ...]:
        """Return the first state of each layer."""
        return tuple(c.init_state(p, batch) for c, p in zip(self.cells, params, strict=True))

    def project(self, params: tuple, x: Array) -> Any:
        """Return the u of the first layer; the others project inside the step."""
        return self.cells[0].project(params[0], x)

    def resolve(self, params: tuple) -> tuple[Cell, tuple[Any, ...]]:
        """Return the layers resolved: see `jaxrnn.cells.resolve`."""
        pairs = [resolve(cell, p) for cell, p in zip(self.cells, params, strict=True)]
        return Stack(tuple(cell for cell, _ in pairs)), tuple(p for _, p in pairs)

    def step(self, params: tuple, state: tuple, u: Any) -> tuple[tuple[Any, ...], Any]:
        """Advance every layer one step."""
        first, y = self.cells[0].step(params[0], state[0], u)
        states = [first]
        for cell, p, s in zip(self.cells[1:], params[1:], state[1:], strict=True):
            s, y = cell.step(p, s, cell.project(p, y))
            states.append(s)
        return tuple(states), y
