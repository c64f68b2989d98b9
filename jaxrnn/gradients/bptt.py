"""Full backpropagation through time: the exact gradient, and the oracle of every other method."""

import dataclasses
from typing import Any, NamedTuple

import jax
from jax import Array

from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.schedules.plain import plain
from jaxrnn.gradients.schedules.schedule import Schedule, as_schedule, without_defaults

__all__ = ["BPTTMemory", "bptt"]


class BPTTMemory(NamedTuple):
    """What full BPTT keeps between chunks: the state."""

    state: Any


@dataclasses.dataclass(frozen=True)
class bptt:
    """Full backpropagation through time, by autodiff of the scan.

        dL/dp = sum over t of (dl_t/dp + d_t I_t),   d_t = dl_t/ds_t + d_{t+1} A_{t+1}

    On a stream 'full' is over the chunk that is given; the state that enters it is a constant.
    Source: Werbos (1990), Proceedings of the IEEE 78.
    Fields: schedule, what is stored on the way; the gradient is the same with each.
    Shapes: gradients those of params; it keeps one state, and while it runs O(T) residuals or what
    the schedule stores.
    Raises: TypeError if the schedule is none.

        >>> from jaxrnn.gradients.schedules import segments
        >>> bptt(), bptt(schedule=segments(32))
        (bptt(), bptt(schedule=segments(length=32, inside=plain())))
    """

    schedule: Schedule = dataclasses.field(default=plain(), kw_only=True)

    def __post_init__(self) -> None:
        as_schedule("bptt", "schedule", self.schedule)

    def __repr__(self) -> str:
        return without_defaults(self)

    @property
    def length(self) -> int:
        """0: the whole chunk at once."""
        return 0

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> BPTTMemory:
        """Return the memory before the first step."""
        return BPTTMemory(state)

    def consume(
        self, problem: Problem, params: Params, memory: BPTTMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[BPTTMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[T]`, gradient of their sum); the key is not used."""

        def total(params: Params) -> tuple[Array, Any]:
            state, losses = self.schedule.run(problem, params, memory.state, chunk)
            return losses.sum(), (state, losses)

        grads, (state, losses) = jax.grad(total, has_aux=True)(params)
        return BPTTMemory(state), losses, grads
