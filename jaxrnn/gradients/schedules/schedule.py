"""What a memory schedule is: the values of `run`, with another way to remember them backwards."""

import dataclasses
from typing import Any, Protocol, runtime_checkable

from jax import Array

from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.schedules.costs import Costs, Prediction

__all__ = ["Schedule", "as_schedule", "without_defaults"]


@runtime_checkable
class Schedule(Protocol):
    """What of a window is stored for the way back, and what is computed again; static numbers only.

    Every schedule has the values and the gradient of `run`; they differ in bytes and in how often
    a step of the cell is evaluated.

    Shapes: of `run`, as in `jaxrnn.gradients.problem`.

        >>> from jaxrnn.gradients.schedules import segments
        >>> isinstance(segments(8), Schedule)
        True
    """

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        ...

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return what a gradient over `steps` steps of these sizes needs."""
        ...


def as_schedule(owner: str, name: str, schedule: Any) -> None:
    """Check that `schedule` is one.

    Shapes: none.
    Raises: TypeError saying what came.

        >>> from jaxrnn.gradients.schedules import plain
        >>> as_schedule("bptt", "schedule", plain())
    """
    if isinstance(schedule, type) or not isinstance(schedule, Schedule):
        raise TypeError(
            f"{owner}: {name} should be a memory schedule such as segments(32) or binomial(8), got "
            f"{schedule!r}."
        )


def without_defaults(method: Any) -> str:
    """Return the repr of a frozen dataclass, without the fields that are as they are by default.

    Shapes: none.

        >>> from jaxrnn.gradients.schedules import segments
        >>> without_defaults(segments(8))
        'segments(length=8)'
    """
    given = ((f, getattr(method, f.name)) for f in dataclasses.fields(method))
    shown = ", ".join(f"{f.name}={value!r}" for f, value in given if value != f.default)
    return f"{type(method).__name__}({shown})"
