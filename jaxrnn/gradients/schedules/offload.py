"""Segments whose starts wait in the memory of the host."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.ad_checkpoint import checkpoint_name

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.schedules.costs import Costs, Prediction
from jaxrnn.gradients.schedules.plain import plain
from jaxrnn.gradients.schedules.schedule import Schedule, as_schedule
from jaxrnn.gradients.schedules.segments import segments
from jaxrnn.gradients.schedules.stretch import stretch, whole, without_padding
from jaxrnn.treemath import split_floats

__all__ = ["offloaded"]

_START = "jaxrnn_segment_start"


@dataclasses.dataclass(frozen=True)
class offloaded:
    """`segments(length, inside)` that moves the state at the start of each to the host's memory.

        on the device: k r bytes and transfer buffers; on the host: (T / k) c

    On a CPU, whose memory is the host's, nothing moves.
    Fields: length, steps of a segment; inside, the schedule of a segment.
    Shapes: as `run`.
    Raises: as `segments`.

        >>> offloaded(64)
        offloaded(length=64, inside=plain())
    """

    length: int
    inside: Schedule = dataclasses.field(default=plain())

    def __post_init__(self) -> None:
        length = as_positive_int("offloaded", "length", self.length)
        object.__setattr__(self, "length", length)
        as_schedule("offloaded", "inside", self.inside)

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        policy = jax.checkpoint_policies.save_and_offload_only_these_names(
            names_which_can_be_saved=[], names_which_can_be_offloaded=[_START],
            offload_src="device", offload_dst="pinned_host",
        )  # fmt: skip

        steps = chunk.xs.shape[0]
        length = min(self.length, max(steps, 1))
        padded = whole(chunk, length)

        @partial(jax.checkpoint, prevent_cse=False, policy=policy)
        def segment(state: Any, start: Array) -> tuple[Any, Array]:
            floats, join = split_floats(state)  # keys and counts are small: they stay
            state = join([checkpoint_name(leaf, _START) for leaf in floats])
            return self.inside.run(problem, params, state, stretch(padded, start, length))

        starts = jnp.arange(0, padded.xs.shape[0], length, dtype=jnp.int32)
        state, losses = jax.lax.scan(segment, state, starts)
        return without_padding(state, losses, steps)

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return that of `segments`, all of whose bytes are the device's where nothing moves."""
        return segments(self.length, self.inside).predict(steps, costs)
