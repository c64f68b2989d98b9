"""Layers that read a sequence both ways, and what is kept of all its steps."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.checks import as_rate
from jaxrnn.models.rnn import RNN, RNNParams
from jaxrnn.randomness import dropout
from jaxrnn.treemath import select_or_zero

__all__ = ["BidirectionalEncoder", "both_ends", "mean_of_steps", "most_of_steps"]


@dataclasses.dataclass(frozen=True)
class BidirectionalEncoder:
    """A bidirectional `RNN` that, given a key, drops its input and the output of each layer.

        ys = dropout(rnn(dropout(xs)))      and between the layers, a new mask at each step

    Source: Schuster and Paliwal (1997), IEEE Transactions on Signal Processing 45; where to drop:
    Zaremba et al. (2014), arXiv:1409.2329.
    Fields: cell; layers; dropout, the share that is dropped.
    Shapes: xs `[T, *batch, D]`; ys `[T, *batch, 2H]`; params, those of `rnn`.
    Raises: as `RNN`.

        >>> from jaxrnn import GRU
        >>> encoder = BidirectionalEncoder(GRU(4), layers=2, dropout=0.5)
        >>> params = encoder.init(jax.random.key(0), 3)
        >>> ys = encoder.apply(params, jnp.ones((5, 2, 3)), lengths=jnp.array([5, 2]))
        >>> ys.shape, float(abs(ys[2:, 1]).sum())
        ((5, 2, 8), 0.0)
    """

    cell: Cell
    layers: int = 1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "dropout", as_rate("BidirectionalEncoder", "dropout", self.dropout)
        )
        _ = self.rnn  # which checks the rest

    @property
    def rnn(self) -> RNN:
        """The network, which has nothing to drop between layers if there is one."""
        between = self.dropout if self.layers != 1 else 0.0
        return RNN(self.cell, self.layers, bidirectional=True, dropout=between)

    def init(self, key: Array, input_size: int) -> RNNParams:
        """Draw params for xs of width `input_size`."""
        return self.rnn.init(key, input_size)

    def apply(
        self, params: RNNParams, xs: Array, *, key: Array | None = None, lengths: Any = None,
        mask: Any = None, resets: Any = None,
    ) -> Array:  # fmt: skip
        """Return ys, 0 in padding; without a key nothing is dropped.

        Args: lengths, mask, resets, as for `scan`.
        """
        before, within, after = (None,) * 3 if key is None else jax.random.split(key, 3)
        ys = self.rnn.apply(
            params, dropout(xs, self.dropout, before), lengths=lengths, mask=mask, resets=resets,
            train=key is not None, key=within,
        )[1]  # fmt: skip
        return dropout(ys, self.dropout, after)


def mean_of_steps(ys: Array, mask: Array) -> Array:
    """Return the mean over the steps that are real; 0 where none is.

    Shapes: ys `[T, *batch, H]`; mask bool `[T, *batch]`; result `[*batch, H]`.

        >>> ys = jnp.array([[1.0], [3.0], [9.0]])
        >>> mean_of_steps(ys, jnp.array([True, True, False])).tolist()
        [2.0]
    """
    count = jnp.maximum(mask.sum(0), 1).astype(ys.dtype)
    return select_or_zero(mask, ys).sum(0) / count[..., None]


def most_of_steps(ys: Array, mask: Array) -> Array:
    """Return, feature by feature, the largest of the steps that are real; 0 where none is.

    Source: Conneau et al. (2017), arXiv:1705.02364.
    Shapes: as `mean_of_steps`.

        >>> ys = jnp.array([[-1.0], [-3.0], [9.0]])
        >>> most_of_steps(ys, jnp.array([True, True, False])).tolist()
        [-1.0]
    """
    # where no step is real any finite value stands in, so that no gradient meets an infinity
    least = jnp.finfo(ys.dtype).min
    largest = jnp.where(mask[..., None], ys, least).max(0)
    return select_or_zero(mask.any(0), largest)


def both_ends(ys: Array, lengths: Array) -> Array:
    """Return what both directions end with: the last real step forwards, the first backwards.

    Shapes: ys `[T, *batch, 2H]` of an encoder; lengths int `[*batch]`; result `[*batch, 2H]`. Of a
        length 0 it is ys[0], which is 0.

        >>> ys = jnp.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]])
        >>> both_ends(ys, jnp.array(2)).tolist()
        [3.0, 2.0]
    """
    width = ys.shape[-1] // 2
    last = jnp.maximum(jnp.asarray(lengths) - 1, 0)[None, ..., None]
    forward = jnp.take_along_axis(ys[..., :width], last, axis=0)[0]
    return jnp.concatenate([forward, ys[0, ..., width:]], axis=-1)
