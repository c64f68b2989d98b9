"""Wrappers Cell -> Cell that draw nothing: layer norm, residual, learned start, all states."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import params_dtype
from jaxrnn.cell import Cell, SplitCell
from jaxrnn.cells.resolve import resolve, resolve_inner
from jaxrnn.checks import as_batch, as_cell, as_positive
from jaxrnn.numerics import layer_norm, state_dtype
from jaxrnn.randomness import clocks

__all__ = [
    "AllStates", "LayerNorm", "LayerNormParams", "LearnedState", "LearnedStateParams", "Residual",
    "output_width",
]  # fmt: skip


class LayerNormParams(NamedTuple):
    """Params of a `LayerNorm` wrapper."""

    cell: Any
    gain_x: Array  # [G*H]
    shift_x: Array  # [G*H]
    gain_h: Array  # [G*H]


@dataclasses.dataclass(frozen=True)
class LayerNorm:
    """Normalise what enters the gates of any split cell, jointly over all of them.

        u = LN(cell.project(x)) * gain_x + shift_x
        state, y = cell.update(state, u, LN(cell.recur(state)) * gain_h)

    Source: Ba, Kiros and Hinton (2016), arXiv:1607.06450, equation 20, without its last
    normalisation of an LSTM's c (for that see `LayerNormLSTM`).
    Fields: cell, one with `recur` and `update`; eps, added to each variance.
    Shapes: as the cell's; gain_x, shift_x and gain_h `[G*H]`.
    Raises: TypeError if the cell has no `recur` and `update`.

        >>> from jaxrnn import GRU
        >>> cell = LayerNorm(GRU(2))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> u = cell.project(params, jnp.array([1.0, 2.0, 3.0]))
        >>> bool(abs(u.mean()) < 1e-5)
        True
    """

    cell: SplitCell
    eps: float = 1e-5

    def __post_init__(self) -> None:
        as_cell("LayerNorm", self.cell, SplitCell)
        as_positive("LayerNorm", "eps", self.eps)

    def init(self, key: Array, input_size: int) -> LayerNormParams:
        """Draw the cell's params; gains 1, shift 0."""
        params = self.cell.init(key, input_size)
        state = jax.eval_shape(lambda: self.cell.init_state(params))
        r = jax.eval_shape(self.cell.recur, params, state)
        gain_x, gain_h = (jnp.ones(r.shape[-1], r.dtype) for _ in "xh")
        return LayerNormParams(params, gain_x, jnp.zeros_like(gain_x), gain_h)

    def init_state(self, params: LayerNormParams, batch: int | Sequence[int] = ()) -> Any:
        """Return the cell's first state."""
        return self.cell.init_state(params.cell, batch)

    def project(self, params: LayerNormParams, x: Array) -> Array:
        """Return the normalised u `[..., G*H]`."""
        u = self.cell.project(params.cell, x)
        return layer_norm(u, params.gain_x, params.shift_x, eps=self.eps)

    def recur(self, params: LayerNormParams, state: Any) -> Array:
        """Return the cell's r `[..., G*H]`, not yet normalised: it stays linear."""
        return self.cell.recur(params.cell, state)

    def update(self, params: LayerNormParams, state: Any, u: Array, r: Array) -> tuple[Any, Any]:
        """Return (state, y) from u and r."""
        r = layer_norm(r, params.gain_h, eps=self.eps)
        return self.cell.update(params.cell, state, u, r)

    def resolve(self, params: LayerNormParams) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        cell, inner = resolve(self.cell, params.cell)
        return dataclasses.replace(self, cell=cell), params._replace(cell=inner)

    def step(self, params: LayerNormParams, state: Any, u: Array) -> tuple[Any, Any]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))


@dataclasses.dataclass(frozen=True)
class Residual:
    """Add the input to the output: `y = cell's y + x`.

    Source: He et al. (2016), arXiv:1512.03385, through depth; Wu et al. (2016), arXiv:1609.08144,
    section 3.1, for stacked recurrent networks.
    Fields: cell. Params and state are the cell's.
    Shapes: x and y `[..., D]`, so D must be the cell's output width.
    Raises: ValueError in `init` if it isn't.

        >>> from jaxrnn import Elman
        >>> cell = Residual(Elman(3))
        >>> params = jax.tree.map(jnp.zeros_like, cell.init(jax.random.key(0), 3))
        >>> x = jnp.array([1.0, 2.0, 3.0])
        >>> _, y = cell.step(params, cell.init_state(params), cell.project(params, x))
        >>> print(y)
        [1. 2. 3.]
    """

    cell: Cell

    def __post_init__(self) -> None:
        as_cell("Residual", self.cell)

    def init(self, key: Array, input_size: int) -> Any:
        """Draw the cell's params."""
        params = self.cell.init(key, input_size)
        width = output_width(self.cell, params, input_size)
        if width != input_size:
            raise ValueError(
                f"Residual.init: y has {width} features and x has {input_size}, so they can't be "
                f"added. Use input_size={width}, or wrap only the layers whose widths agree."
            )
        return params

    def init_state(self, params: Any, batch: int | Sequence[int] = ()) -> Any:
        """Return the cell's first state."""
        return self.cell.init_state(params, batch)

    def project(self, params: Any, x: Array) -> tuple[Array, Any]:
        """Return (x, u): the input goes along."""
        return x, self.cell.project(params, x)

    def resolve(self, params: Any) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        return resolve_inner(self, params)

    def step(self, params: Any, state: Any, u: tuple[Array, Any]) -> tuple[Any, Array]:
        """Advance one step."""
        x, u = u
        state, y = self.cell.step(params, state, u)
        return state, y + x


class LearnedStateParams(NamedTuple):
    """Params of a `LearnedState` wrapper."""

    cell: Any
    initial: Any  # the cell's state, without batch axes


@dataclasses.dataclass(frozen=True)
class LearnedState:
    """Learn the state before the first step; it starts at the cell's own.

        init_state = params.initial, for every element of the batch

    A state that is given always wins over it, except at a reset.
    Fields: cell.
    Shapes: params.initial has the leaves of the state, `[H]`, without batch axes.
    Raises: TypeError if the cell is stochastic: put `LearnedState` inside the random wrapper.

        >>> from jaxrnn import Elman
        >>> cell = LearnedState(Elman(2))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> cell.init_state(params, 4).h.shape
        (4, 2)
    """

    cell: Cell

    def __post_init__(self) -> None:
        as_cell("LearnedState", self.cell)

    def init(self, key: Array, input_size: int) -> LearnedStateParams:
        """Draw the cell's params."""
        params = self.cell.init(key, input_size)
        initial = self.cell.init_state(params)
        if clocks(initial):
            raise TypeError(
                f"LearnedState: {self.cell!r} keeps a clock in its state, which can't be learned. "
                "Put LearnedState inside the random wrapper."
            )
        return LearnedStateParams(params, initial)

    def init_state(self, params: LearnedStateParams, batch: int | Sequence[int] = ()) -> Any:
        """Return the learned state for every element of the batch."""
        lead = as_batch(batch)

        def spread(leaf: Array) -> Array:
            return jnp.broadcast_to(leaf.astype(state_dtype(leaf.dtype)), lead + leaf.shape)

        return jax.tree.map(spread, params.initial)

    def project(self, params: LearnedStateParams, x: Array) -> Any:
        """Return the cell's u."""
        return self.cell.project(params.cell, x)

    def resolve(self, params: LearnedStateParams) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        cell, inner = resolve(self.cell, params.cell)
        return dataclasses.replace(self, cell=cell), params._replace(cell=inner)

    def step(self, params: LearnedStateParams, state: Any, u: Any) -> tuple[Any, Any]:
        """Advance one step."""
        return self.cell.step(params.cell, state, u)


@dataclasses.dataclass(frozen=True)
class AllStates:
    """Put every state into the output: y becomes (y, state).

    Fields: cell. Params and state are the cell's.
    Shapes: y `[..., H]`, and the state after the step; under `scan` both get a leading T.

        >>> from jaxrnn import LSTM, scan
        >>> cell = AllStates(LSTM(2))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> last, (ys, states) = scan(cell, params, None, jnp.ones((5, 4, 3)))
        >>> states.c.shape, bool((states.c[-1] == last.c).all())
        ((5, 4, 2), True)
    """

    cell: Cell

    def __post_init__(self) -> None:
        as_cell("AllStates", self.cell)

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

    def step(self, params: Any, state: Any, u: Any) -> tuple[Any, tuple[Any, Any]]:
        """Advance one step."""
        state, y = self.cell.step(params, state, u)
        return state, (y, state)


def output_width(cell: Cell, params: Any, input_size: int) -> int:
    """Return the number of features of y, found without computing anything.

    Shapes: y `[..., width]`.
    Raises: TypeError if y is no single array.

        >>> from jaxrnn import LSTM
        >>> cell = LSTM(5, proj_size=2)
        >>> output_width(cell, cell.init(jax.random.key(0), 3), 3)
        2
    """
    dtype = params_dtype(params) or jnp.zeros(()).dtype

    def first_output(params: Any) -> Any:
        u = cell.project(params, jnp.zeros(input_size, dtype))
        return cell.step(params, cell.init_state(params), u)[1]

    y = jax.eval_shape(first_output, params)
    if not hasattr(y, "shape"):
        raise TypeError(
            f"{type(cell).__name__}: the output is a {type(y).__name__}, but a layer above or a "
            "residual needs one array. Put AllStates outermost: over the last of some cells, or "
            "over the one cell that RNN.as_cell returns."
        )
    return y.shape[-1]
