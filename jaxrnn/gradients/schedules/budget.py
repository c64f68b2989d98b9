"""The cheapest schedule for a number of bytes."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.compiled import compile_program
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.schedules.binomial import binomial
from jaxrnn.gradients.schedules.costs import Costs, Prediction, costs_of
from jaxrnn.gradients.schedules.plain import plain
from jaxrnn.gradients.schedules.schedule import Schedule
from jaxrnn.gradients.schedules.segments import even_lengths, nested, per_step, segments
from jaxrnn.treemath import split_floats

__all__ = ["Check", "Plan", "budget", "plan", "verify"]


class Plan(NamedTuple):
    """A schedule, and what it should need."""

    schedule: Schedule
    temp_bytes: int
    forward_evaluations: int


class Check(NamedTuple):
    """What a schedule should need, and what the compiled gradient does."""

    predicted_bytes: int
    temp_bytes: int | None  # None where the backend doesn't tell
    forward_evaluations: int


@dataclasses.dataclass(frozen=True)
class budget:
    """The schedule with the fewest forward evaluations whose temporary bytes fit.

        budget(m).run == plan(..., m).schedule.run, chosen while tracing, when all sizes are known

    Fields: max_bytes, for the temporary memory of one gradient: residuals, stored states, the
    gradient's own sums; inputs, params and results are not counted.
    Shapes: as `run`.
    Raises: ValueError if nothing fits, with the least possible bytes; TypeError if it is no int.

        >>> budget(2**20)
        budget(max_bytes=1048576)
    """

    max_bytes: int

    def __post_init__(self) -> None:
        size = as_positive_int("budget", "max_bytes", self.max_bytes)
        object.__setattr__(self, "max_bytes", size)

    def at(self, steps: int, costs: Costs) -> Schedule:
        """Return the schedule for these sizes."""
        return _cheapest(steps, costs, self.max_bytes).schedule

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        chosen = self.at(chunk.xs.shape[0], costs_of(problem, params, state, chunk))
        return chosen.run(problem, params, state, chunk)

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return that of the chosen schedule."""
        return self.at(steps, costs).predict(steps, costs)


def plan(problem: Problem, params: Params, state: Any, chunk: Chunk, max_bytes: int) -> Plan:
    """Return the schedule with the fewest forward evaluations whose predicted bytes fit.

    Candidates: all of plain, segments, nested in three and four levels, per step, and binomial.
    Of two with equally many evaluations it is the one with fewer bytes. Nothing is compiled.

    Shapes: chunk `[T, *batch, ...]`, arrays or `jax.ShapeDtypeStruct`s.
    Raises: ValueError if nothing fits, with the least possible bytes.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import Elman
        >>> cell = Elman(8)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((64, 4, 3)), jnp.zeros((64, 4, 8)))
        >>> state = cell.init_state(params.cell, 4)
        >>> plan(problem, params, state, chunk, 10**6).schedule
        plain()
        >>> plan(problem, params, state, chunk, 10**4).forward_evaluations
        128
    """
    max_bytes = as_positive_int("plan", "max_bytes", max_bytes)
    return _cheapest(chunk.xs.shape[0], costs_of(problem, params, state, chunk), max_bytes)


def verify(schedule: Schedule, problem: Problem, params: Params, state: Any, chunk: Chunk) -> Check:
    """Compile the gradient with a schedule, and hold its temporary bytes against the prediction.

    Shapes: chunk `[T, *batch, ...]`, arrays or `jax.ShapeDtypeStruct`s.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import Elman
        >>> cell = Elman(8)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((64, 4, 3)), jnp.zeros((64, 4, 8)))
        >>> check = verify(segments(8), problem, params, cell.init_state(params.cell, 4), chunk)
        >>> check.temp_bytes <= check.predicted_bytes
        True
    """

    def gradient(params: Params, state: Any, chunk: Chunk) -> Any:
        floats, join = split_floats(params)

        def total(floats: list[Array]) -> tuple[Array, Any]:
            state_after, losses = schedule.run(problem, join(floats), state, chunk)
            return losses.sum(), (state_after, losses)

        return jax.grad(total, has_aux=True)(floats)

    predicted = schedule.predict(chunk.xs.shape[0], costs_of(problem, params, state, chunk))
    used = compile_program(gradient, params, state, chunk).temp_bytes
    return Check(predicted.temp_bytes, used, predicted.forward_evaluations)


def _cheapest(steps: int, costs: Costs, max_bytes: int) -> Plan:
    plans = [_plan(s, steps, costs) for s in _candidates(steps, costs, max_bytes)]
    fitting = [p for p in plans if p.temp_bytes <= max_bytes]
    if not fitting:
        least = min(plans, key=lambda p: p.temp_bytes)
        raise ValueError(
            f"budget: no schedule of {steps} steps fits in {max_bytes:,} bytes. The least possible "
            f"is {least.temp_bytes:,} bytes, with {least.schedule!r} and "
            f"{least.forward_evaluations:,} forward evaluations; a smaller batch needs less."
        )
    return min(fitting, key=lambda p: (p.forward_evaluations, p.temp_bytes))


def _plan(schedule: Schedule, steps: int, costs: Costs) -> Plan:
    predicted = schedule.predict(steps, costs)
    return Plan(schedule, predicted.temp_bytes, predicted.forward_evaluations)


def _candidates(steps: int, costs: Costs, max_bytes: int) -> Iterator[Schedule]:
    """Yield every schedule that can be the cheapest for some number of bytes."""
    yield plain()
    for length in even_lengths(steps):
        yield segments(length)
        yield segments(length, per_step())
        for levels in (2, 3):  # above the innermost, evenly cut
            cut = max(1, math.ceil((steps / length) ** (1 / levels)))
            yield nested((cut,) * levels + (length,))
            yield nested((cut,) * levels + (length,), per_step())
    # evaluations fall and bytes grow with each slot: the last that fits. As many slots as steps is
    # per_step() with one evaluation less and a slower loop
    fixed = binomial(1).predict(steps, costs).temp_bytes - costs.state
    slots = (max_bytes - fixed) // max(costs.state, 1)
    yield binomial(max(1, min(slots, steps - 2)))
