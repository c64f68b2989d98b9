"""Tokens as dense vectors that are learned with the cell."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import check_features
from jaxrnn.cell import Cell
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_cell, as_positive_int
from jaxrnn.numerics import matmul
from jaxrnn.randomness import typed_key

__all__ = ["Embedded", "EmbeddedParams", "vocabulary_of"]


class EmbeddedParams(NamedTuple):
    """Params of an `Embedded` wrapper."""

    cell: Any  # made for inputs of width E
    w_x: Array  # [V, E], the embedding: a row for each token


@dataclasses.dataclass(frozen=True)
class Embedded:
    """Give the cell a learned vector of E features for each of V tokens.

        u = cell.project(x @ w_x),         x one-hot: x @ w_x is the row of the token
        u = cell.project(w_x[x[..., 0]]),  x the id of the token, an integer

    With ids no time goes into products with zeros: take them for a large vocabulary. An id outside
    the vocabulary gives NaN; `jaxrnn.data.check_ids` finds it before. One-hot, padding as a row of
    zeros is embedded as zeros, and a mixture of tokens as the mixture of their vectors. In a deep
    network only the first layer reads tokens:
    `Stack((Embedded(LSTM(64), 1000, 32), LSTM(64)))`.
    Source: Bengio, Ducharme, Vincent and Jauvin (2003), JMLR 3. Rows start from
    N(0, 1 / E), so about as long as a one-hot vector.
    Fields: cell; vocabulary V, the width of x; features E.
    Shapes: x `[..., V]`, or integers `[..., 1]`; w_x `[V, E]`; u, state and y the cell's.
    Raises: TypeError or ValueError for sizes below 1; ValueError in `init` for another input_size
    than V.

        >>> from jaxrnn import GRU, scan
        >>> cell = Embedded(GRU(4), vocabulary=10, features=3)
        >>> params = cell.init(jax.random.key(0), 10)
        >>> xs = jax.nn.one_hot(jax.numpy.array([[7], [2]]), 10)  # T = 2, B = 1
        >>> state, ys = scan(cell, params, None, xs)
        >>> ys.shape, params.cell.w_x.shape
        ((2, 1, 4), (3, 12))
        >>> ids = jax.numpy.array([[[7]], [[2]]])  # [T, B, 1]
        >>> bool((scan(cell, params, None, ids)[1] == ys).all())
        True
    """

    cell: Cell
    vocabulary: int
    features: int

    def __post_init__(self) -> None:
        as_cell("Embedded", self.cell)
        for name in ("vocabulary", "features"):
            object.__setattr__(self, name, as_positive_int("Embedded", name, getattr(self, name)))

    def init(self, key: Array, input_size: int) -> EmbeddedParams:
        """Draw the embedding and the cell's params."""
        if input_size != self.vocabulary:
            raise ValueError(
                f"Embedded.init: input_size is {input_size}, expected the vocabulary, "
                f"{self.vocabulary}: x is one-hot [..., V]. Above the first layer use the cell "
                "alone, in a Stack."
            )
        cell_key, table_key = jax.random.split(typed_key(key, "Embedded.init: key"))
        shape = (self.vocabulary, self.features)
        w_x = jax.random.normal(table_key, shape) * self.features**-0.5
        return EmbeddedParams(self.cell.init(cell_key, self.features), w_x)

    def init_state(self, params: EmbeddedParams, batch: int | Sequence[int] = ()) -> Any:
        """Return the cell's first state."""
        return self.cell.init_state(params.cell, batch)

    def project(self, params: EmbeddedParams, x: Array) -> Any:
        """Return the cell's u for one-hot x `[..., V]`, or ids `[..., 1]`."""
        return self.cell.project(params.cell, _rows(params.w_x, x))

    def resolve(self, params: EmbeddedParams) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        cell, inner = resolve(self.cell, params.cell)
        return dataclasses.replace(self, cell=cell), params._replace(cell=inner)

    def step(self, params: EmbeddedParams, state: Any, u: Any) -> tuple[Any, Any]:
        """Advance one step."""
        return self.cell.step(params.cell, state, u)


def _rows(w_x: Array, x: Array) -> Array:
    """Return the vectors of the tokens."""
    if not jnp.issubdtype(x.dtype, jnp.integer):
        check_features("Embedded.project", x, w_x)
        return matmul(x, w_x).astype(w_x.dtype)
    if x.shape[-1:] != (1,):
        raise ValueError(
            f"Embedded.project: x has shape {x.shape}, expected ids [..., 1], one for each step, "
            f"or one-hot floats [..., V={w_x.shape[0]}]. Add the axis with ids[..., None]."
        )
    ids = x[..., 0]
    known = (ids >= 0) & (ids < w_x.shape[0])  # a negative one would count from the end
    return jnp.where(known[..., None], w_x.at[ids].get(mode="clip"), jnp.nan)


def vocabulary_of(cell: Any) -> int:
    """Return how many tokens a cell, or the first one inside it, takes as ids; 0 if it takes none.

    Shapes: none; x of such a cell may be integers `[..., 1]`.

        >>> from jaxrnn import GRU, Stack
        >>> vocabulary_of(Stack((Embedded(GRU(4), 10, 3), GRU(4)))), vocabulary_of(GRU(4))
        (10, 0)
    """
    inner = getattr(cell, "cell", None) or next(iter(getattr(cell, "cells", ())), None)
    return getattr(cell, "vocabulary", 0) or (0 if inner is None else vocabulary_of(inner))
