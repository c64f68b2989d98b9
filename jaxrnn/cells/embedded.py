"""Tokens as dense vectors that are learned with the cell."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
from jax import Array

from jaxrnn.arrays import check_features
from jaxrnn.cell import Cell
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_cell, as_positive_int
from jaxrnn.numerics import matmul
from jaxrnn.randomness import typed_key

__all__ = ["Embedded", "EmbeddedParams"]


class EmbeddedParams(NamedTuple):
    """Params of an `Embedded` wrapper."""

    cell: Any  # made for inputs of width E
    w_x: Array  # [V, E], the embedding: a row for each token


@dataclasses.dataclass(frozen=True)
class Embedded:
    """Give the cell a learned vector of E features for each of V tokens.

        u = cell.project(x @ w_x),   x one-hot: x @ w_x is the row of the token

    Padding as a row of zeros is embedded as zeros, and a mixture of tokens as the mixture of their
    vectors. In a deep network only the first layer reads tokens:
    `Stack((Embedded(LSTM(64), 1000, 32), LSTM(64)))`.
    Source: Bengio, Ducharme, Vincent and Jauvin (2003), JMLR 3. Rows start from
    N(0, 1 / E), so about as long as a one-hot vector.
    Fields: cell; vocabulary V, the width of x; features E.
    Shapes: x `[..., V]`; w_x `[V, E]`; u, state and y the cell's.
    Raises: TypeError or ValueError for sizes below 1; ValueError in `init` for another input_size
    than V.

        >>> from jaxrnn import GRU, scan
        >>> cell = Embedded(GRU(4), vocabulary=10, features=3)
        >>> params = cell.init(jax.random.key(0), 10)
        >>> xs = jax.nn.one_hot(jax.numpy.array([[7], [2]]), 10)  # T = 2, B = 1
        >>> state, ys = scan(cell, params, None, xs)
        >>> ys.shape, params.cell.w_x.shape
        ((2, 1, 4), (3, 12))
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
        """Return the cell's u for one-hot x `[..., V]`."""
        check_features("Embedded.project", x, params.w_x)
        return self.cell.project(params.cell, matmul(x, params.w_x).astype(params.w_x.dtype))

    def resolve(self, params: EmbeddedParams) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        cell, inner = resolve(self.cell, params.cell)
        return dataclasses.replace(self, cell=cell), params._replace(cell=inner)

    def step(self, params: EmbeddedParams, state: Any, u: Any) -> tuple[Any, Any]:
        """Advance one step."""
        return self.cell.step(params.cell, state, u)
