"""Products in few bits, states and weights in many: any cell in mixed precision."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import params_dtype
from jaxrnn.cell import Cell, SplitCell
from jaxrnn.cells.resolve import resolve, resolve_inner
from jaxrnn.checks import as_cell

__all__ = ["MixedPrecision", "MixedPrecisionSplit"]


class _Mixed:
    """What both wrappers do: hand rounded weights to the cell, and keep what it carries whole."""

    cell: Any
    dtype: str

    def init(self, key: Array, input_size: int) -> Any:
        """Draw the cell's params, not rounded."""
        return self.cell.init(key, input_size)

    def init_state(self, params: Any, batch: int | Sequence[int] = ()) -> Any:
        """Return the cell's first state."""
        return self.cell.init_state(params, batch)

    def resolve(self, params: Any) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        return resolve_inner(self, params)

    # Weights are rounded in each step, not once before the loop: on the way back their gradient
    # would then be summed over time in few bits. Forwards XLA moves it out of the loop.
    def _rounded(self, params: Any) -> tuple[Any, Any]:
        """Return the cell, and its params in few bits; what is made from params is made before."""
        cell, params = resolve(self.cell, params)
        return cell, _cast(params, self.dtype)

    def project(self, params: Any, x: Array) -> Any:
        """Return the cell's u, from x and weights in few bits."""
        cell, rounded = self._rounded(params)
        return cell.project(rounded, _cast(x, self.dtype))

    def step(self, params: Any, state: Any, u: Any) -> tuple[Any, Any]:
        """Advance one step."""
        cell, rounded = self._rounded(params)
        return _whole(params, state, cell.step(rounded, _carried(state), u))


def _check(wrapper: Any, contract: type) -> None:
    """Check the cell, and make the dtype its name: a string can be saved."""
    name = type(wrapper).__name__
    as_cell(name, wrapper.cell, contract)
    try:
        dtype = jnp.dtype(wrapper.dtype)
    except TypeError:
        dtype = None
    if dtype is None or not jnp.issubdtype(dtype, jnp.floating) or dtype.itemsize > 4:
        raise ValueError(
            f"{name}: dtype should be a floating dtype of at most 32 bits, such as 'bfloat16', "
            f"got {wrapper.dtype!r}."
        )
    object.__setattr__(wrapper, "dtype", dtype.name)


@dataclasses.dataclass(frozen=True)
class MixedPrecision(_Mixed):
    """Compute with weights and inputs in few bits, keep params and state in float32.

        u = cell.project(round(params), round(x))
        state, y = cell.step(round(params), state, u),   y in the dtype of params

    The cells of this library multiply in the dtype of their weights, sum products in float32 and do
    the rest of a step in float32. y passes through the few bits on its way out. Gradients come in
    the dtype of params, summed over time in it. With bfloat16 no scaling of the loss is needed:
    its exponents are those of float32.

    Source: Micikevicius et al. (2018), arXiv:1710.03740; bfloat16: Kalamkar et al. (2019),
    arXiv:1905.12322.
    Fields: cell; dtype, the name of a floating dtype of at most 32 bits. Params and state are the
    cell's. For methods that need a `SplitCell` there is `MixedPrecisionSplit`.
    Shapes: the cell's.
    Raises: ValueError for another dtype.

        >>> from jaxrnn import LSTM, scan
        >>> cell = MixedPrecision(LSTM(4))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state, ys = scan(cell, params, None, jnp.ones((5, 2, 3)))
        >>> params.w_x.dtype == state.c.dtype == ys.dtype != jnp.bfloat16
        True
    """

    cell: Cell
    dtype: str = "bfloat16"

    def __post_init__(self) -> None:
        _check(self, Cell)


@dataclasses.dataclass(frozen=True)
class MixedPrecisionSplit(_Mixed):
    """Do what `MixedPrecision` does, for a split cell, which stays one.

    Methods that tell matrices from the rest of a step, such as `eprop`, take it.

    Fields: cell, one with `recur` and `update`; dtype, as of `MixedPrecision`.
    Shapes: the cell's.
    Raises: TypeError if the cell has no `recur` and `update`; ValueError for another dtype.

        >>> from jaxrnn import GRU, SplitCell
        >>> isinstance(MixedPrecisionSplit(GRU(4)), SplitCell)
        True
    """

    cell: SplitCell
    dtype: str = "bfloat16"

    def __post_init__(self) -> None:
        _check(self, SplitCell)

    def recur(self, params: Any, state: Any) -> Array:
        """Return the cell's r `[..., G*H]`, from weights in few bits."""
        cell, rounded = self._rounded(params)
        return cell.recur(rounded, _carried(state))

    def update(self, params: Any, state: Any, u: Any, r: Array) -> tuple[Any, Any]:
        """Return (state, y) from u and r."""
        cell, rounded = self._rounded(params)
        new = cell.update(rounded, _carried(state), u, r)
        return _whole(params, state, new)


def _cast(tree: Any, dtype: Any) -> Any:
    """Return the tree with its floating leaves in `dtype`; other leaves are left to the checks."""

    def cast_leaf(leaf: Any) -> Any:
        floating = hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.floating)
        return leaf.astype(dtype) if floating else leaf

    return jax.tree.map(cast_leaf, tree)


def _carried(state: Any) -> Any:
    """Return the state as a cell with weights of few bits carries it, in float32."""
    return _cast(state, jnp.float32)


def _whole(params: Any, state: Any, result: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return (state, y) in the dtypes that came: the state's, and for y that of params."""
    new, y = result
    same = jax.tree.map(lambda leaf, old: _cast(leaf, old.dtype), new, state)
    return same, _cast(y, params_dtype(params))
