"""No schedule: everything is stored."""

import dataclasses
from typing import Any

from jax import Array

from jaxrnn.gradients.problem import Chunk, Params, Problem, run
from jaxrnn.gradients.schedules.costs import Costs, Prediction

__all__ = ["plain"]


@dataclasses.dataclass(frozen=True)
class plain:
    """Store the residuals of all steps; compute nothing again.

        T forward evaluations, about T * r bytes

    Shapes: as `run`.

        >>> from jaxrnn.gradients.schedules import Costs
        >>> costs = Costs(4, 16, padded_step=20, inputs=0, gradient=0, loss=0, loop=0)
        >>> plain().predict(64, costs)
        Prediction(temp_bytes=1024, forward_evaluations=64, steps_once=64)
    """

    def run(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        """Return (state after the chunk, losses `[T]`)."""
        return run(problem, params, state, chunk)

    def predict(self, steps: int, costs: Costs) -> Prediction:
        """Return T * r and the fixed part, T evaluations."""
        temp_bytes = steps * costs.step + 2 * costs.gradient + costs.loop
        return Prediction(temp_bytes, steps, steps)
