"""Segments: store the state at the start of each, and compute its inside again."""

import dataclasses
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.schedules.costs import Costs, Prediction, costs_of
from jaxrnn.gradients.schedules.plain import plain
from jaxrnn.gradients.schedules.schedule import Schedule, as_schedule
from jaxrnn.gradients.schedules.stretch import stretch, whole, without_padding

__all__ = ["even_lengths", "nested", "per_step", "segments", "sqrt"]


@dataclasses.dataclass(frozen=True)
class segments:
    """Cut the window into segments; store the state at the start of each.

        forward evaluations: T + those of all insides; bytes: (T / length) * c + those of one inside

    Each segment is run again when the way back comes to it. With a plain inside that is 2 T
    evaluations and `(T / k) c + k r` bytes, least at k = sqrt(T c / r). A T that is no multiple is
    padded with steps that don't exist, which are evaluated too.
    Source: Chen et al. (2016), arXiv:1604.06174.
    Fields: length, steps of a segment; inside, the schedule of a segment.
    Shapes: as `run`.
    Raises: TypeError and ValueError if the length is no int above zero, or inside no schedule.

        >>> from jaxrnn.gradients.schedules import Costs
        >>> costs = Costs(4, 16, padded_step=20, inputs=0, gradient=0, loss=0, loop=0)
        >>> segments(8).predict(64, costs)
        Prediction(temp_bytes=160, forward_evaluations=128, steps_once=64)
        >>> segments(8, per_step()).predict(64, costs)
        Prediction(temp_bytes=80, forward_evaluations=192, steps_once=64)
    """

    length: int
    inside: Schedule = dataclasses.field(default=plain())

    def __post_init__(self) -> None:
        length = as_positive_int("segments", "length", self.length)
        object.__setattr__(self, "length", length)
        as_schedule("segments", "inside", self.inside)

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        steps = chunk.xs.shape[0]
        length = self._length(steps)
        padded = whole(chunk, length)

        @partial(jax.checkpoint, prevent_cse=False)  # the scan keeps both passes apart
        def segment(state: Any, start: Array) -> tuple[Any, Array]:
            return self.inside.run(problem, params, state, stretch(padded, start, length))

        starts = jnp.arange(0, padded.xs.shape[0], length, dtype=jnp.int32)
        state, losses = jax.lax.scan(segment, state, starts)
        return without_padding(state, losses, steps)

    def _length(self, steps: int) -> int:
        return min(self.length, max(steps, 1))

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return the starts, one inside and its inputs; a pass more than the insides evaluate."""
        length = self._length(steps)
        count = -(-steps // length)
        padded = count * length > steps
        inside = self.inside.predict(length, costs.when_padded(padded))
        taken = (length + (count * length if padded else 0)) * costs.inputs
        starts = count * (costs.state + costs.loss)
        return Prediction(
            starts + taken + inside.temp_bytes + costs.gradient + costs.loop,
            count * (inside.steps_once + inside.forward_evaluations),
            count * inside.steps_once,
        )


def per_step() -> segments:
    """Store the state at every step, and compute each step again: segments of one.

        2 T forward evaluations, about T * c + r bytes

    Shapes: none.

        >>> per_step()
        segments(length=1, inside=plain())
    """
    return segments(1)


@dataclasses.dataclass(frozen=True)
class nested:
    """Cut the window into l_1 segments, each into l_2, and so on; the innermost have l_n steps.

        n * T forward evaluations, about (l_1 + ... + l_{n-1}) * c + l_n * r bytes, inside plain
        (n + 1) * T, about (l_1 + ... + l_n) * c + r bytes, inside per_step()

    A T below the product is padded.
    Source: Chen et al. (2016), arXiv:1604.06174, section 4.4.
    Fields: lengths (l_1, ..., l_n); inside, the schedule of the innermost segments.
    Shapes: as `run`.
    Raises: ValueError if a length is below 1, or T is above their product; TypeError for no ints.

        >>> from jaxrnn.gradients.schedules import Costs
        >>> costs = Costs(4, 16, padded_step=20, inputs=0, gradient=0, loss=0, loop=0)
        >>> nested((4, 4, 4)).predict(64, costs)
        Prediction(temp_bytes=96, forward_evaluations=192, steps_once=64)
    """

    lengths: Sequence[int]
    inside: Schedule = dataclasses.field(default=plain())

    def __post_init__(self) -> None:
        if isinstance(self.lengths, str) or not isinstance(self.lengths, Sequence):
            raise TypeError(f"nested: lengths should be a tuple of ints, got {self.lengths!r}.")
        lengths = tuple(as_positive_int("nested", "each of lengths", k) for k in self.lengths)
        if not lengths:
            raise ValueError("nested: lengths should name at least one level, got ().")
        object.__setattr__(self, "lengths", lengths)
        as_schedule("nested", "inside", self.inside)

    def _levels(self, steps: int) -> Schedule:
        """Return the same as segments of segments."""
        if steps > math.prod(self.lengths):
            raise ValueError(
                f"nested: the lengths {self.lengths} are for at most {math.prod(self.lengths)} "
                f"steps, got T={steps}. Make one of them longer."
            )
        schedule = self.inside
        for level in range(len(self.lengths) - 1, 0, -1):
            schedule = segments(math.prod(self.lengths[level:]), schedule)
        return schedule

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        return self._levels(chunk.xs.shape[0]).run(problem, params, state, chunk)

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return that of segments in segments."""
        return self._levels(steps).predict(steps, costs)


@dataclasses.dataclass(frozen=True)
class sqrt:
    """Cut the window into segments of the length that takes the least bytes.

        about sqrt(T c / r) steps with a plain inside, 2 sqrt(T c r) bytes
        about sqrt(T) steps with per_step() inside, 2 sqrt(T) c + r bytes

    T, c and r are known when the program is traced.
    Source: Chen et al. (2016), arXiv:1604.06174.
    Fields: inside, the schedule of a segment.
    Shapes: as `run`.
    Raises: TypeError if inside is no schedule.

        >>> from jaxrnn.gradients.schedules import Costs
        >>> costs = Costs(4, 16, padded_step=20, inputs=0, gradient=0, loss=0, loop=0)
        >>> sqrt().at(64, costs), sqrt(per_step()).at(64, costs).length
        (segments(length=4, inside=plain()), 8)
    """

    inside: Schedule = dataclasses.field(default=plain())

    def __post_init__(self) -> None:
        as_schedule("sqrt", "inside", self.inside)

    def at(self, steps: int, costs: Costs) -> segments:
        """Return the segments for these sizes."""
        options = [segments(length, self.inside) for length in even_lengths(steps)]
        return min(options, key=lambda option: option.predict(steps, costs).temp_bytes)

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        chosen = self.at(chunk.xs.shape[0], costs_of(problem, params, state, chunk))
        return chosen.run(problem, params, state, chunk)

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return that of the chosen segments."""
        return self.at(steps, costs).predict(steps, costs)


def even_lengths(steps: int) -> list[int]:
    """Return the shortest segment length for every count of segments, longest first.

    Shapes: none.

        >>> even_lengths(10)
        [10, 5, 4, 3, 2, 1]
    """
    return list(dict.fromkeys(-(-steps // count) for count in range(1, steps + 1))) or [1]
