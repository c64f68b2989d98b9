"""Words drawn in proportion to rates, in constant time a draw."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

__all__ = ["AliasTable", "alias_table", "draw"]


class AliasTable(NamedTuple):
    """Cells of equal size, each shared by two words: its own, and another one.

    Fields: accept, the share of the word whose place it is; other, to whom the rest belongs.
    """

    accept: Array  # [V]
    other: Array  # int32 [V]


def alias_table(rates: np.ndarray) -> AliasTable:
    """Return the table that `draw` reads; it holds `rates` exactly, up to rounding.

    Source: Walker (1977), with the construction of Vose (1991).
    Shapes: rates `[V]`, of sum 1; see `AliasTable`.
    Raises: ValueError if a rate is negative, or their sum is not 1.

        >>> alias_table(np.array([0.75, 0.25])).accept.tolist()
        [1.0, 0.5]
    """
    rates = np.asarray(rates, np.float64)
    if rates.ndim != 1 or not rates.size or rates.min() < 0 or not np.isclose(rates.sum(), 1):
        raise ValueError(
            "alias_table: rates should be probabilities [V], none below 0 and of sum 1, got shape "
            f"{rates.shape} and sum {rates.sum():g}."
        )
    share = rates * len(rates)
    accept, other = np.ones(len(rates)), np.arange(len(rates), dtype=np.int32)
    poor, rich = list(np.flatnonzero(share < 1)), list(np.flatnonzero(share >= 1))
    while poor and rich:
        cell, giver = poor.pop(), rich.pop()
        accept[cell], other[cell] = share[cell], giver
        share[giver] -= 1 - share[cell]
        (poor if share[giver] < 1 else rich).append(giver)
    return AliasTable(jnp.asarray(accept, jnp.float32), jnp.asarray(other))


def draw(table: AliasTable, key: Array, shape: tuple[int, ...]) -> Array:
    """Return words drawn independently, each with its rate.

    Shapes: int32 `shape`; the key is consumed.

        >>> draw(alias_table(np.array([0.0, 1.0])), jax.random.key(0), (3,)).tolist()
        [1, 1, 1]
    """
    of_cell, of_share = jax.random.split(key)
    cells = jax.random.randint(of_cell, shape, 0, len(table.other), dtype=jnp.int32)
    own = jax.random.uniform(of_share, shape, jnp.float32) < table.accept[cells]
    return jnp.where(own, cells, table.other[cells])
