"""Wrappers Cell -> Cell that draw random masks: dropouts, zoneout, weight drop.

Each keeps a `Clock` beside the cell's state. Without a key in it (see `jaxrnn.with_key`) nothing
is drawn, which is evaluation. Masks depend on the key and the absolute time step alone.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell, SplitCell
from jaxrnn.cells.resolve import resolve_inner
from jaxrnn.checks import as_cell, as_rate
from jaxrnn.randomness import Clock, always, dropout, new_clock, now, tick

__all__ = [
    "Dropout", "InputDropout", "RecurrentDropout", "StochasticState", "VariationalDropout",
    "WeightDrop", "Zoneout",
]  # fmt: skip


class StochasticState(NamedTuple):
    """The state of a cell beside the clock that its masks are drawn by."""

    cell: Any
    clock: Clock


class _Masked:
    """What all of these wrappers do alike: the cell's own params, and a clock beside its state."""

    cell: Cell

    def init(self, key: Array, input_size: int) -> Any:
        """Draw the cell's params."""
        return self.cell.init(key, input_size)

    def init_state(self, params: Any, batch: int | Sequence[int] = ()) -> StochasticState:
        """Return the cell's first state and a clock without a key."""
        return StochasticState(self.cell.init_state(params, batch), new_clock())

    def resolve(self, params: Any) -> tuple[Cell, Any]:
        """Return it around the cell resolved: see `jaxrnn.cells.resolve`."""
        return resolve_inner(self, params)

    def project(self, params: Any, x: Array) -> Any:
        """Return the cell's u."""
        return self.cell.project(params, x)


def _check(wrapper: Any, *rates: str, contract: type = Cell) -> None:
    """Check the wrapped cell and make each rate a float (equal rates then share one trace)."""
    name = type(wrapper).__name__
    as_cell(name, wrapper.cell, contract)
    for rate in rates:
        object.__setattr__(wrapper, rate, as_rate(name, rate, getattr(wrapper, rate)))


@dataclasses.dataclass(frozen=True)
class Dropout(_Masked):
    """Dropout of the output with a new mask at every step.

        y = dropout(cell's y), the mask drawn from (key, t)

    Source: Zaremba, Sutskever and Vinyals (2014), arXiv:1409.2329: not on the recurrence.
    Fields: cell; rate, the probability of dropping. Params are the cell's.
    Shapes: as the cell's; the clock beside the state is a scalar.
    Raises: ValueError if rate is not in [0, 1].

        >>> from jaxrnn import Elman, scan, with_key
        >>> cell = Dropout(Elman(2), 0.5)
        >>> params = cell.init(jax.random.key(0), 1)
        >>> state = with_key(cell.init_state(params), jax.random.key(1))
        >>> state, ys = scan(cell, params, state, jnp.ones((4, 1)))
        >>> print((ys == 0).astype(int), state.clock.t)
        [[0 0]
         [1 0]
         [0 0]
         [0 0]] 4
    """

    cell: Cell
    rate: float

    def __post_init__(self) -> None:
        _check(self, "rate")

    def step(self, params: Any, state: StochasticState, u: Any) -> tuple[StochasticState, Array]:
        """Advance one step."""
        inner, y = self.cell.step(params, state.cell, u)
        return StochasticState(inner, tick(state.clock)), dropout(y, self.rate, now(state.clock))


@dataclasses.dataclass(frozen=True)
class VariationalDropout(_Masked):
    """Dropout of the output with one mask for all steps ("locked" dropout).

        y = dropout(cell's y), the mask drawn from the key alone

    Source: Gal and Ghahramani (2016), arXiv:1512.05287.
    Fields: cell; rate, the probability of dropping. Params are the cell's.
    Shapes: as the cell's; the clock beside the state is a scalar.
    Raises: ValueError if rate is not in [0, 1].

        >>> from jaxrnn import Elman, scan, with_key
        >>> cell = VariationalDropout(Elman(4), 0.5)
        >>> params = cell.init(jax.random.key(0), 1)
        >>> state = with_key(cell.init_state(params), jax.random.key(1))
        >>> _, ys = scan(cell, params, state, jnp.ones((3, 1)))
        >>> bool(((ys == 0) == (ys[0] == 0)).all())
        True
    """

    cell: Cell
    rate: float

    def __post_init__(self) -> None:
        _check(self, "rate")

    def step(self, params: Any, state: StochasticState, u: Any) -> tuple[StochasticState, Array]:
        """Advance one step."""
        inner, y = self.cell.step(params, state.cell, u)
        return StochasticState(inner, tick(state.clock)), dropout(y, self.rate, always(state.clock))


@dataclasses.dataclass(frozen=True)
class InputDropout(_Masked):
    """Dropout of the input with one mask for all steps.

        u = cell.project(dropout(x)), the mask drawn from the key alone

    The mask needs the state's key, so the projection moves into the step and isn't hoisted.
    Source: Gal and Ghahramani (2016), arXiv:1512.05287.
    Fields: cell; rate, the probability of dropping. Params are the cell's.
    Shapes: as the cell's, but u is x `[..., D]`.
    Raises: ValueError if rate is not in [0, 1].

        >>> from jaxrnn import Elman, scan, with_key
        >>> cell = InputDropout(Elman(2), 1.0)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = with_key(cell.init_state(params), jax.random.key(1))
        >>> _, ys = scan(cell, params, state, jnp.ones((2, 3)))
        >>> print(ys[0])
        [0. 0.]
    """

    cell: Cell
    rate: float

    def __post_init__(self) -> None:
        _check(self, "rate")

    def project(self, params: Any, x: Array) -> Array:
        """Return x itself, once the cell has accepted its width and dtype."""
        jax.eval_shape(self.cell.project, params, x)
        return x

    def step(self, params: Any, state: StochasticState, u: Array) -> tuple[StochasticState, Any]:
        """Advance one step."""
        x = dropout(u, self.rate, always(state.clock))
        inner, y = self.cell.step(params, state.cell, self.cell.project(params, x))
        return StochasticState(inner, tick(state.clock)), y


@dataclasses.dataclass(frozen=True)
class RecurrentDropout(_Masked):
    """Dropout of the recurrent connections with one mask for all steps.

        r = cell.recur(state with h = dropout(h)), the mask drawn from the key alone
        state, y = cell.update(state, u, r)

    Only the matrix product sees the mask: an LSTM's c and a GRU's z * h keep the whole state.
    Source: Gal and Ghahramani (2016), arXiv:1512.05287.
    Fields: cell, one with `recur` and `update` and a state with `h`; rate. Params are the cell's.
    Shapes: as the cell's; the clock beside the state is a scalar.
    Raises: ValueError if rate is not in [0, 1]; TypeError if the cell can't be split.

        >>> from jaxrnn import LSTM, scan, with_key
        >>> cell = RecurrentDropout(LSTM(2), 0.3)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = with_key(cell.init_state(params), jax.random.key(1))
        >>> scan(cell, params, state, jnp.ones((4, 3)))[1].shape
        (4, 2)
    """

    cell: Cell
    rate: float

    def __post_init__(self) -> None:
        _check(self, "rate", contract=SplitCell)

    def step(self, params: Any, state: StochasticState, u: Any) -> tuple[StochasticState, Any]:
        """Advance one step."""
        h = dropout(state.cell.h, self.rate, always(state.clock))
        cell = cast(SplitCell, self.cell)
        r = cell.recur(params, state.cell._replace(h=h))
        inner, y = cell.update(params, state.cell, u, r)
        return StochasticState(inner, tick(state.clock)), y


@dataclasses.dataclass(frozen=True)
class WeightDrop(_Masked):
    """DropConnect of the recurrent matrix with one mask for all steps.

        w_h = dropout(w_h), the mask drawn from the key alone, one for the whole batch

    Source: Merity, Keskar and Socher (2018), arXiv:1708.02182.
    Fields: cell, one whose params have `w_h`; rate. Params are the cell's.
    Shapes: as the cell's; the clock beside the state is a scalar.
    Raises: ValueError if rate is not in [0, 1]; TypeError in `init` if there is no `w_h`.

        >>> from jaxrnn import LSTM, scan, with_key
        >>> cell = WeightDrop(LSTM(2), 0.5)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = with_key(cell.init_state(params), jax.random.key(1))
        >>> scan(cell, params, state, jnp.ones((4, 3)))[1].shape
        (4, 2)
    """

    cell: Cell
    rate: float

    def __post_init__(self) -> None:
        _check(self, "rate")

    def init(self, key: Array, input_size: int) -> Any:
        """Draw the cell's params."""
        params = super().init(key, input_size)
        if not hasattr(params, "w_h"):
            raise TypeError(
                f"WeightDrop: the params of {self.cell!r} have no field w_h to drop from. "
                "Put WeightDrop directly around the recurrent cell."
            )
        return params

    def step(self, params: Any, state: StochasticState, u: Any) -> tuple[StochasticState, Any]:
        """Advance one step."""
        params = params._replace(w_h=dropout(params.w_h, self.rate, always(state.clock)))
        inner, y = self.cell.step(params, state.cell, u)
        return StochasticState(inner, tick(state.clock)), y


@dataclasses.dataclass(frozen=True)
class Zoneout(_Masked):
    """Randomly keep entries of the old state; evaluation takes the expectation.

        h = h_old where a coin of probability `rate` falls so, else h_new      (with a key)
        h = rate * h_old + (1 - rate) * h_new                                  (without)
        c the same with `c_rate`; y = h

    Source: Krueger et al. (2017), arXiv:1606.01305.
    Fields: cell, one whose state has `h` and whose y is h; rate, of h; c_rate, of an LSTM's c.
    Params are the cell's.
    Shapes: as the cell's; the clock beside the state is a scalar.
    Raises: ValueError if a rate is not in [0, 1], or if c_rate is set and there is no c; TypeError
    in `init_state` if the state has no `h`: put Zoneout directly around the recurrent cell.

        >>> from jaxrnn import Elman, scan, with_key
        >>> cell = Zoneout(Elman(2), 1.0)  # never lets anything in
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = with_key(cell.init_state(params), jax.random.key(1))
        >>> print(scan(cell, params, state, jnp.ones((2, 3)))[1][-1])
        [0. 0.]
    """

    cell: Cell
    rate: float
    c_rate: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "rate", "c_rate")

    def init_state(self, params: Any, batch: int | Sequence[int] = ()) -> StochasticState:
        """Return the cell's first state and a clock without a key."""
        state = super().init_state(params, batch)
        if not hasattr(state.cell, "h"):
            raise TypeError(
                f"Zoneout: the state of {self.cell!r} has no field h. "
                "Put Zoneout directly around the recurrent cell."
            )
        if self.c_rate and not hasattr(state.cell, "c"):
            raise ValueError(
                f"Zoneout: c_rate={self.c_rate}, but the state of {self.cell!r} has no c."
            )
        return state

    def step(self, params: Any, state: StochasticState, u: Any) -> tuple[StochasticState, Array]:
        """Advance one step."""
        new, y = self.cell.step(params, state.cell, u)
        key = now(state.clock)
        k_h, k_c = (None, None) if key is None else jax.random.split(key)
        old = state.cell
        new = new._replace(h=_zone(old.h, new.h, self.rate, k_h))
        if self.c_rate:
            new = new._replace(c=_zone(old.c, new.c, self.c_rate, k_c))
        return StochasticState(new, tick(state.clock)), new.h.astype(y.dtype)


def _zone(old: Array, new: Array, rate: float, key: Array | None) -> Array:
    if rate == 0:
        return new
    if key is None:
        return rate * old + (1 - rate) * new
    return jnp.where(jax.random.bernoulli(key, rate, new.shape), old, new)
