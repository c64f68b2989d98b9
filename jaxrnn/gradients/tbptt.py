"""Truncated backpropagation through time, with forward and backward lengths set apart."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.gradients.bptt import BPTTMemory, bptt
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.schedules.plain import plain
from jaxrnn.gradients.schedules.schedule import Schedule, as_schedule, without_defaults
from jaxrnn.gradients.window import check_lengths, explicit, only_newest
from jaxrnn.randomness import map_clocks, tick

__all__ = ["TBPTTMemory", "no_past", "tbptt"]


class TBPTTMemory(NamedTuple):
    """What truncated BPTT keeps: the state, and the last k2 - k1 steps from their own state on."""

    state: Any  # after the last step
    anchor: Any  # k2 - k1 steps earlier
    past: Chunk  # those steps, [k2 - k1, *batch, ...]


@dataclasses.dataclass(frozen=True)
class tbptt:
    """Truncated backpropagation through time, TBPTT(k1, k2).

        every k1 steps: the losses of the last k1 steps, differentiated back through k2 steps

    The state is always carried, so values are those of the full run; only the gradient is cut.
    `k2 = k1` cuts the stream into disjoint windows; `k2 - k1 >= d` gives every loss its terms up to
    lag d. With k2 > k1 the last k2 steps are run again from the state before them, with the present
    params.
    Source: Williams and Peng (1990), Neural Computation 2.
    Fields: k1, steps between gradients; k2, steps of a gradient, k1 if not given; schedule, what is
    stored of a window, or of its first k1 and its last k2 - k1 steps, each for itself.
    Shapes: gradients those of params; it keeps k2 - k1 steps of input, and O(k2) residuals.
    Raises: ValueError if `k1 < 1` or `k2 < k1`; TypeError if they are no integers, or the schedule
    is none.

        >>> tbptt(16, 32)
        tbptt(k1=16, k2=32)
    """

    k1: int
    k2: int = 0
    schedule: Schedule = dataclasses.field(default=plain(), kw_only=True)

    def __post_init__(self) -> None:
        as_schedule("tbptt", "schedule", self.schedule)
        object.__setattr__(self, "k2", self.k2 if self.k2 else self.k1)
        check_lengths(self, "k1", "k2")

    def __repr__(self) -> str:
        return without_defaults(self)

    @property
    def length(self) -> int:
        """Steps consumed at a time, k1."""
        return self.k1

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> Any:
        """Return the memory before the first step: a past of steps that don't exist."""
        extra = self.k2 - self.k1
        return no_past(extra, state, chunk) if extra else BPTTMemory(state)

    def consume(
        self, problem: Problem, params: Params, memory: Any, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[Any, Array, Params]:  # fmt: skip
        """Return (memory, losses `[k1]`, gradient of their sum); the key is not used."""
        if self.k2 == self.k1:
            return bptt(schedule=self.schedule).consume(problem, params, memory, chunk, key=key)
        k1 = self.k1
        window = jax.tree.map(lambda *a: jnp.concatenate(a), memory.past, explicit(chunk))
        counted = only_newest(window, k1)
        head, tail = (
            jax.tree.map(lambda a, s=s: a[s], counted) for s in (slice(k1), slice(k1, None))
        )

        def total(params: Params) -> tuple[Array, Any]:
            anchor, before = self.schedule.run(problem, params, memory.anchor, head)
            state, after = self.schedule.run(problem, params, anchor, tail)
            losses = jnp.concatenate([before, after])
            return losses.sum(), (state, anchor, losses)

        grads, (state, anchor, losses) = jax.grad(total, has_aux=True)(params)
        past = jax.tree.map(lambda a: a[k1:], window)
        return TBPTTMemory(state, anchor, past), losses[-k1:], grads


def no_past(steps: int, state: Any, chunk: Chunk) -> TBPTTMemory:
    """Return the memory before the first step: a past of steps that don't exist.

    Shapes: past leaves `[steps, *batch, ...]`, like those of any chunk.

        >>> no_past(3, jnp.ones(2), Chunk(jnp.ones((5, 2, 1)), None)).past.xs.shape
        (3, 2, 1)
    """

    def blank(leaf: Array) -> Array:
        return jnp.zeros((steps, *leaf.shape[1:]), leaf.dtype)

    past = jax.tree.map(blank, explicit(chunk))
    # clocks count steps that don't exist too: start earlier to arrive at the right time
    return TBPTTMemory(state, map_clocks(lambda c: tick(c, -steps), state), past)
