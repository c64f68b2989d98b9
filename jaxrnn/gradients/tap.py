"""A place to act on the state at every step of a run: to scale what flows back, or to nudge it."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells.resolve import resolve
from jaxrnn.drivers.advance import advance
from jaxrnn.gradients.problem import Params, Problem
from jaxrnn.randomness import Clock, new_clock, tick
from jaxrnn.treemath import split_floats

__all__ = ["nudge", "scale_cotangent", "tapped", "untapped"]

Tap = Callable[[list[Array], Any], list[Array]]


class TappedParams(NamedTuple):
    """Params of a tapped cell: the cell's own, and a value for each step."""

    cell: Any
    values: Any  # leaves [T, ...]


class TappedState(NamedTuple):
    """State of a tapped cell: the cell's own, and the index of the next step."""

    cell: Any
    clock: Clock  # counts steps in padding and across resets too


@dataclasses.dataclass(frozen=True)
class _Tapped:
    """A cell whose state goes through `tap(floats, values[t])` before step t."""

    cell: Cell
    tap: Tap

    def init(self, key: Array, input_size: int) -> TappedParams:
        raise NotImplementedError("its params are made by `tapped`")

    def init_state(self, params: TappedParams, batch: int | Sequence[int] = ()) -> TappedState:
        return TappedState(self.cell.init_state(params.cell, batch), new_clock())

    def project(self, params: TappedParams, x: Array) -> Any:
        return self.cell.project(params.cell, x)

    def resolve(self, params: TappedParams) -> tuple["_Tapped", TappedParams]:
        cell, inner = resolve(self.cell, params.cell)
        return dataclasses.replace(self, cell=cell), params._replace(cell=inner)

    def step(self, params: TappedParams, state: TappedState, u: Any) -> tuple[TappedState, Any]:
        value = jax.tree.map(lambda leaf: leaf[state.clock.t], params.values)
        floats, join = split_floats(state.cell)
        new, y = advance(self.cell, params.cell, join(self.tap(floats, value)), u)
        return TappedState(new, tick(state.clock)), y


def tapped(
    problem: Problem, params: Params, state: Any, tap: Tap, values: Any
) -> tuple[Problem, Params, Any]:
    """Return the same problem, params and state with `tap` between the steps.

        state = tap(state, values[t]) before step t, counted from this state on

    Shapes: values leaves `[T, ...]`; `untapped` takes the cell's state out again.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients.problem import Chunk, run
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> values = [jnp.zeros((5, 4, 2))]
        >>> state = cell.init_state(params.cell, 4)
        >>> problem, params, state = tapped(problem, params, state, nudge, values)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4)))
        >>> state, losses = run(problem, params, state, chunk)
        >>> untapped(state).h.shape
        (4, 2)
    """
    return (
        Problem(_Tapped(problem.cell, tap), problem.loss),
        Params(TappedParams(params.cell, values), params.head),
        TappedState(state, new_clock()),
    )


def untapped(state: TappedState) -> Any:
    """Return the cell's own state.

    Shapes: the cell's.

        >>> untapped(TappedState(jnp.ones(2), new_clock())).shape
        (2,)
    """
    return state.cell


def nudge(floats: list[Array], by: list[Array]) -> list[Array]:
    """Add `by` to the state: at zero, the gradient by `by` is the gradient by the state.

    Shapes: both lists the floating leaves of the state.

        >>> print(nudge([jnp.ones(2)], [jnp.ones(2)])[0])
        [2. 2.]
    """
    return [a + b for a, b in zip(floats, by, strict=True)]


def scale_cotangent(floats: list[Array], factor: Array) -> list[Array]:
    """Return the state as it is; its cotangent is multiplied by `factor` on the way back.

    Shapes: factor `[]`.

        >>> float(jax.grad(lambda a: scale_cotangent([a], jnp.float32(0.5))[0] * 3)(1.0))
        1.5
    """
    return [_scaled(leaf, factor) for leaf in floats]


@jax.custom_vjp
def _scaled(leaf: Array, factor: Array) -> Array:
    return leaf


def _scaled_forward(leaf: Array, factor: Array) -> tuple[Array, Array]:
    return leaf, factor


def _scaled_backward(factor: Array, cotangent: Array) -> tuple[Array, Array]:
    # selected, not only multiplied: beyond a cut there may be an infinite gradient
    scaled = cotangent * factor.astype(cotangent.dtype)
    return jnp.where(factor == 0, jnp.zeros_like(cotangent), scaled), jnp.zeros_like(factor)


_scaled.defvjp(_scaled_forward, _scaled_backward)
