"""A limit on the gradient at every step of its way back, which no optimiser can set afterwards."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells.resolve import resolve_inner
from jaxrnn.checks import as_cell, as_positive
from jaxrnn.treemath import split_floats

__all__ = ["ClipCotangent"]


@dataclasses.dataclass(frozen=True)
class ClipCotangent:
    """Clip what flows back through the state, entry by entry, at each step.

        forward   state, y = cell.step(state, u)              as without it
        backward  dL/dstate = clip(dL/dstate, -limit, limit)  before each step

    This changes the direction of the gradient, not only its size: clipping the whole gradient by
    norm or value afterwards is optax's. Reverse mode only, as there is nothing to clip forwards.
    Source: Graves (2013), arXiv:1308.0850, section 2.1.
    Fields: cell; limit, above 0. Params and state are the cell's.
    Shapes: the cell's.
    Raises: TypeError and ValueError if the limit is no number above 0.

        >>> from jaxrnn import Elman, scan
        >>> cell = ClipCotangent(Elman(2, activation="linear"), 1.0)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = cell.init_state(params)
        >>> last = lambda state: 100 * scan(cell, params, state, jnp.ones((5, 3)))[1][-1].sum()
        >>> float(abs(jax.grad(last)(state).h).max())
        1.0
    """

    cell: Cell
    limit: float

    def __post_init__(self) -> None:
        as_cell("ClipCotangent", self.cell)
        as_positive("ClipCotangent", "limit", self.limit)

    def init(self, key: Array, input_size: int) -> Any:
        """Draw the cell's params."""
        return self.cell.init(key, input_size)

    def init_state(self, params: Any, batch: int | Sequence[int] = ()) -> Any:
        """Return the cell's first state."""
        return self.cell.init_state(params, batch)

    def project(self, params: Any, x: Array) -> Any:
        """Return the cell's u."""
        return self.cell.project(params, x)

    def resolve(self, params: Any) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        return resolve_inner(self, params)

    def step(self, params: Any, state: Any, u: Any) -> tuple[Any, Any]:
        """Advance one step."""
        floats, join = split_floats(state)
        return self.cell.step(params, join([_clipped(leaf, self.limit) for leaf in floats]), u)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def _clipped(leaf: Array, limit: float) -> Array:
    return leaf


def _forward(leaf: Array, limit: float) -> tuple[Array, None]:
    return leaf, None


def _backward(limit: float, _: None, cotangent: Array) -> tuple[Array]:
    return (jnp.clip(cotangent, -limit, limit),)


_clipped.defvjp(_forward, _backward)
