"""A table of vectors, read by number."""

import dataclasses
import operator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_bool, as_positive_int
from jaxrnn.randomness import typed_key
from jaxrnn.treemath import select_or_zero

__all__ = ["Lookup", "LookupParams", "as_id"]


def as_id(owner: str, name: str, value: Any, size: int) -> int:
    """Return one id of a vocabulary of V = size as an int.

    Shapes: none.
    Raises: TypeError if it is no integer; ValueError outside 0 .. size - 1.

        >>> as_id("beam_search", "end", 2, 5)
        2
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{owner}: {name} should be of type int, got: {type(value).__name__} ({value!r})"
        )
    number = operator.index(value)
    if not 0 <= number < size:
        raise ValueError(
            f"{owner}: {name} should be from 0 to {size - 1}, the ids of a vocabulary of {size}, "
            f"got {number}."
        )
    return number


class LookupParams(NamedTuple):
    """The table of a `Lookup`."""

    table: Array  # [V, E], a row for each id


@dataclasses.dataclass(frozen=True)
class Lookup:
    """A learned vector of E features for each of V ids.

        x = table[ids]          0 where ids == 0, if padding

    With padding, id 0 is read as zeros whatever the table holds, and row 0 has gradient 0. An id
    that is not in the table, one below 0 included, is read as NaN, so that the loss tells: look at
    ids on the host first, with `jaxrnn.data.check_ids`. `Embedded` is the same for a cell that
    reads one-hot x.
    Source: Bengio, Ducharme, Vincent and Jauvin (2003), JMLR 3. Rows start from
    N(0, 1 / E), so about as long as a one-hot vector.
    Fields: vocabulary V; features E; padding, whether id 0 stands for nothing.
    Shapes: ids `[...]`, any integer dtype; x `[..., E]`; table `[V, E]`.
    Raises: TypeError or ValueError for sizes below 1.

        >>> lookup = Lookup(vocabulary=5, features=2)
        >>> params = LookupParams(jnp.arange(10.0).reshape(5, 2))
        >>> lookup.apply(params, jnp.array([3, 0, 5])).tolist()
        [[6.0, 7.0], [0.0, 0.0], [nan, nan]]
    """

    vocabulary: int
    features: int
    padding: bool = True

    def __post_init__(self) -> None:
        for name in ("vocabulary", "features"):
            object.__setattr__(self, name, as_positive_int("Lookup", name, getattr(self, name)))
        as_bool("Lookup", "padding", self.padding)

    def init(self, key: Array) -> LookupParams:
        """Draw the table; with padding its row 0 is zeros."""
        key = typed_key(key, "Lookup.init: key")
        shape = (self.vocabulary, self.features)
        table = jax.random.normal(key, shape) * self.features**-0.5
        return LookupParams(table.at[0].set(0) if self.padding else table)

    def apply(self, params: LookupParams, ids: Array) -> Array:
        """Return x `[..., E]` in the dtype of the table.

        Raises: TypeError if ids are no integers; ValueError for a table of another shape.
        """
        ids = jnp.asarray(ids)
        if not jnp.issubdtype(ids.dtype, jnp.integer):
            raise TypeError(
                f"Lookup.apply: ids should be integers, got {ids.dtype}{list(ids.shape)}. For "
                "one-hot x use Embedded."
            )
        if params.table.shape != (self.vocabulary, self.features):
            raise ValueError(
                f"Lookup.apply: params.table should be [V={self.vocabulary}, E={self.features}], "
                f"got {list(params.table.shape)}. Make the lookup of the sizes of the table."
            )
        x = params.table.at[ids].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)
        return select_or_zero(ids != 0, x) if self.padding else x
