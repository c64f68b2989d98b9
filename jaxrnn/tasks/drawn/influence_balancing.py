"""One parameter whose early effects are outweighed by late ones: truncation gets the sign wrong."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_batch, as_positive_int
from jaxrnn.gradients import Chunk, Params, Problem
from jaxrnn.numerics import state_dtype

__all__ = ["Balance", "BalanceParams", "BalanceState", "influence_balancing"]

_UNITS = 23
_POSITIVE = 10  # units that theta pushes up; it pushes the others down


class BalanceParams(NamedTuple):
    """The one parameter of `Balance`."""

    theta: Array  # []


class BalanceState(NamedTuple):
    """What a `Balance` cell carries."""

    s: Array  # [..., 23]


@dataclasses.dataclass(frozen=True)
class Balance:
    """A fixed linear network of 23 units with one parameter; its input is not looked at.

        s = (s + shifted s) / 2 + theta v,   shifted s: unit i hears i + 1, the last one nobody
        v = +1 for the first 10 units, -1 for the others;   y = s

    Started at 0, s[0] ends at -6 theta. But what theta does within K steps pushes s[0] the other
    way for all K <= 40.

    Source: Tallec and Ollivier (2018), arXiv:1702.05043.
    Shapes: x `[..., D]`; u, state.s and y `[..., 23]`; theta `[]`.

        >>> cell, params = Balance(), BalanceParams(jnp.ones(()))
        >>> state = cell.init_state(params)
        >>> for _ in range(400):
        ...     state, y = cell.step(params, state, cell.project(params, jnp.zeros(1)))
        >>> y[0].item()
        -6.000
    """

    def init(self, key: Array, input_size: int) -> BalanceParams:
        """Return theta = 0; nothing is drawn."""
        return BalanceParams(jnp.zeros(()))

    def init_state(self, params: BalanceParams, batch: int | Sequence[int] = ()) -> BalanceState:
        """Return zeros `[*batch, 23]`."""
        shape = (*as_batch(batch), _UNITS)
        return BalanceState(jnp.zeros(shape, state_dtype(params.theta.dtype)))

    def project(self, params: BalanceParams, x: Array) -> Array:
        """Return `theta v` `[..., 23]`."""
        v = jnp.where(jnp.arange(_UNITS) < _POSITIVE, 1, -1).astype(params.theta.dtype)
        return jnp.broadcast_to(params.theta * v, (*x.shape[:-1], _UNITS))

    def step(
        self, params: BalanceParams, state: BalanceState, u: Array
    ) -> tuple[BalanceState, Array]:
        """Advance one step."""
        last = jnp.zeros_like(state.s[..., :1])
        shifted = jnp.concatenate([state.s[..., 1:], last], -1)
        s = (state.s + shifted) / 2 + u.astype(state.s.dtype)
        return BalanceState(s), s.astype(params.theta.dtype)


def _loss(head: Any, ys: Array, targets: Array) -> Array:
    return jnp.square(ys[..., 0] - targets) / 2


def influence_balancing(steps: int) -> tuple[Problem, Params, BalanceState, Chunk]:
    """Return (problem, params, state, chunk) of influence balancing, a binary test of bias.

        l_t = (s_t[0] - 1)^2 / 2,   at the best theta = -1/6 all of it is 0 in the long run

    Of the true derivative, ds[0]/dtheta = -6, the first K terms sum to 10 at K = 10, 16.5 at 20,
    0.57 at 40, -0.22 at 41, -4.75 at 50: TBPTT(1, K) runs away for every K <= 40, and disjoint
    TBPTT(k, k) for every k <= 109. Online methods want a learning rate of about 1e-4: the state
    answers to a change of theta after a while, and at 1e-3 even exact RTRL diverges.

    Source: Tallec and Ollivier (2018), arXiv:1702.05043.
    Shapes: no batch: xs `[T, 1]` of zeros, targets `[T]` of ones.
    Args: steps T of the chunk. To go on, take the state and the same chunk again.
    Raises: ValueError or TypeError if steps is no number of steps.

        >>> from jaxrnn.gradients import accumulate, tbptt
        >>> problem, params, state, chunk = influence_balancing(20)
        >>> chunk = chunk._replace(weights=jnp.zeros(20).at[-1].set(1))  # the last loss alone
        >>> accumulate(tbptt(10, 20), problem, params, state, chunk)[1].cell.theta.item()
        -16.5
    """
    steps = as_positive_int("influence_balancing", "steps", steps)
    cell = Balance()
    params = Params(BalanceParams(jnp.zeros(())), None)
    chunk = Chunk(jnp.zeros((steps, 1)), jnp.ones(steps))
    return Problem(cell, _loss), params, cell.init_state(params.cell), chunk
