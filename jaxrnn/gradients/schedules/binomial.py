"""The binomial schedule: the fewest evaluations that m stored states allow."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem, run
from jaxrnn.gradients.schedules.costs import Costs, Prediction
from jaxrnn.gradients.schedules.revolve import binomial_evaluations, revolve
from jaxrnn.gradients.schedules.stretch import stretch
from jaxrnn.treemath import split_floats

__all__ = ["binomial"]


@dataclasses.dataclass(frozen=True)
class binomial:
    """Store m states at a time, where they save the most evaluations (revolve).

        (rho + 1) T - C(m + rho, rho - 1) forward evaluations, rho the least with C(m + rho, m) >= T
        about m c + r bytes

    No schedule that stores m states evaluates less. What to do when is a table made while tracing,
    so the program does not grow with T. Reverse mode only, and once: it is no function to take
    second derivatives of.
    Source: Griewank (1992), Optimization Methods and Software 1; Griewank and Walther (2000), ACM
    Transactions on Mathematical Software 26.
    Fields: slots (m), states stored at once, that before the first step included.
    Shapes: as `run`.
    Raises: TypeError and ValueError if slots is no int above zero.

        >>> from jaxrnn.gradients.schedules import Costs
        >>> costs = Costs(4, 16, padded_step=20, inputs=0, gradient=0, loss=0, loop=0)
        >>> binomial(10).predict(1000, costs).forward_evaluations
        4636
    """

    slots: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", as_positive_int("binomial", "slots", self.slots))

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        steps = chunk.xs.shape[0]
        if steps < 2:  # nothing to advance
            return run(problem, params, state, chunk)
        return _run(problem, min(self.slots, steps), params, state, chunk)

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return the slots, the residuals of one step and the fixed part."""
        slots = min(self.slots, max(steps, 1))
        return Prediction(
            (slots + 2) * costs.state
            + costs.step
            + costs.gradient
            + steps * costs.loss
            + costs.loop,
            binomial_evaluations(steps, slots),
            steps,
        )


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _run(
    problem: Problem, slots: int, params: Params, state: Any, chunk: Chunk
) -> tuple[Any, Array]:
    return run(problem, params, state, chunk)


def _forward(
    problem: Problem, slots: int, params: Params, state: Any, chunk: Chunk
) -> tuple[tuple[Any, Array], Any]:
    """Advance to the last step, storing on the way, and keep that step's residuals."""
    last = chunk.xs.shape[0] - 1
    store = jnp.asarray(revolve(last + 1, slots).store[:last])

    def advance(carry: Any, inputs: Any) -> tuple[Any, Array]:
        state, stored = carry
        t, slot = inputs
        state, losses = run(problem, params, state, stretch(chunk, t, 1))
        return (state, _put(stored, slot, state)), losses

    stored = jax.tree.map(lambda a: jnp.broadcast_to(a, (slots + 1, *a.shape)), state)
    times = jnp.arange(last, dtype=jnp.int32)
    (state, stored), losses = jax.lax.scan(advance, (state, stored), (times, store))
    (state, final), pullback = _differentiate(problem, params, state, stretch(chunk, last, 1))
    losses = jnp.concatenate([losses.reshape(-1), final])
    return (state, losses), (params, chunk, stored, pullback)


def _backward(problem: Problem, slots: int, saved: Any, cotangents: Any) -> Any:
    """Reverse the steps one by one, as the table says where to advance each from."""
    params, chunk, stored, pullback = saved
    last = chunk.xs.shape[0] - 1
    table = revolve(last + 1, slots)
    store = jnp.asarray(table.store)
    d_state, d_losses = _floats_of(cotangents[0], stored), cotangents[1]
    d_params, d_state, d_final = pullback((d_state, d_losses[last:]))

    def reverse(carry: Any, inputs: Any) -> tuple[Any, Any]:
        t, total, d_state, stored = carry
        restore, start, first = inputs

        def advance(i: Array, carry: Any) -> Any:
            state, stored = carry
            state, _ = run(problem, params, state, stretch(chunk, start + i, 1))
            return state, _put(stored, store[first + i], state)

        state = jax.tree.map(lambda a: a[restore], stored)
        state, stored = jax.lax.fori_loop(jnp.int32(0), t - start, advance, (state, stored))
        _, pullback = _differentiate(problem, params, state, stretch(chunk, t, 1))
        d_params, d_state, d_part = pullback(
            (d_state, jax.lax.dynamic_slice_in_dim(d_losses, t, 1))
        )
        return (t - jnp.int32(1), jax.tree.map(jnp.add, total, d_params), d_state, stored), d_part

    rows = [column[1:] for column in (table.restore, table.start, table.first)]
    carry = (jnp.int32(last - 1), d_params, d_state, stored)
    (_, d_params, d_state, _), d_parts = jax.lax.scan(reverse, carry, rows)
    d_chunk = [
        jnp.concatenate([parts[::-1, 0], final])
        for parts, final in zip(d_parts, d_final, strict=True)
    ]
    first = jax.tree.map(lambda a: a[0], stored)
    floats = (d_params, d_state, d_chunk)
    return tuple(_in_place(d, x) for d, x in zip(floats, (params, first, chunk), strict=True))


_run.defvjp(_forward, _backward)


def _put(stored: Any, slot: Array, state: Any) -> Any:
    """Return the slots with `state` in one of them; slot m is never read."""
    return jax.tree.map(lambda a, new: a.at[slot].set(new), stored, state)


def _differentiate(problem: Problem, params: Params, state: Any, part: Chunk) -> Any:
    """Return (state after the part, losses), and what maps cotangents of floats to theirs."""
    floats, joins = zip(*map(split_floats, (params, state, part)), strict=True)

    def step(*floats: list[Array]) -> Any:
        given = (join(f) for join, f in zip(joins, floats, strict=True))
        state, losses = run(problem, *given)
        return (split_floats(state)[0], losses), state

    (_, losses), pullback, state = jax.vjp(step, *floats, has_aux=True)
    return (state, losses), pullback


def _is_float(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.inexact)


def _floats_of(cotangent: Any, like: Any) -> list[Array]:
    """Return the cotangents of the leaves that are floating in `like`."""
    pairs = zip(jax.tree.leaves(cotangent), jax.tree.leaves(like), strict=True)
    return [d for d, leaf in pairs if _is_float(leaf)]


def _in_place(floats: list[Array], like: Any) -> Any:
    """Return a cotangent of the structure of `like`, None where nothing is floating."""
    leaves, structure = jax.tree.flatten(like)
    given = iter(floats)
    return structure.unflatten([next(given) if _is_float(leaf) else None for leaf in leaves])
