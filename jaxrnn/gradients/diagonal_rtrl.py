"""Real-time recurrent learning for cells whose units see only themselves: exact, and cheap."""

import dataclasses
from typing import Any

from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.split_checks import refuse
from jaxrnn.gradients.traces import TracedMemory, first_traces, walk
from jaxrnn.gradients.watch import Watched, has_matrix

__all__ = ["diagonal_rtrl"]

INSTEAD = "rtrl() or snap(1)"


@dataclasses.dataclass(frozen=True)
class diagonal_rtrl:
    """Exact gradients forward in time, at the cost of the params, for elementwise recurrences.

        e_t = A_t e_{t-1} + d s_t / dp,   A_t = d s_t / d s_{t-1} diagonal, unit by unit
        grad_t = (dl_t/dy_t) dy_t/dp,  through e_t

    Summed over a stream at frozen params it is BPTT's gradient, without a past to store. While
    params move, e mixes derivatives at old ones.
    Source: Williams and Zipser (1989), Neural Computation 1, where A is dense; diagonal: Mozer
    (1989), Complex Systems 3; Zucchet et al. (2023), arXiv:2305.15947.
    For a split cell with one matrix w_x, all other params in blocks of H, and a step that keeps
    units apart, such as `IndRNN`.
    Fields: length, steps between gradients.
    Shapes: gradients those of params; memory for each example F times the params, F state fields.
    Raises: ValueError if `length < 1`; TypeError for another type, and in `init` for a cell that it
    does not fit.

        >>> import jax, jax.numpy as jnp
        >>> from jaxrnn import IndRNN
        >>> from jaxrnn.gradients import accumulate
        >>> problem = Problem(IndRNN(2), lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(IndRNN(2).init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> loss, grads, memory = accumulate(diagonal_rtrl(), problem, params, None, chunk)
        >>> grads.cell.w_h.shape
        (2,)
    """

    length: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", as_positive_int("diagonal_rtrl", "length", self.length))

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> TracedMemory:
        """Return the memory before the first step; the state is a constant."""
        if has_matrix(params.cell, "w_h"):
            why = "needs units that see only themselves, a w_h of shape [H]"
            raise refuse("diagonal_rtrl", why, problem.cell, INSTEAD)
        view = Watched(problem.cell, detached=False)
        traces = first_traces("diagonal_rtrl", view, params.cell, state, chunk, INSTEAD)
        return TracedMemory(state, traces)

    def consume(
        self, problem: Problem, params: Params, memory: TracedMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[TracedMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[length]`, gradient); the key is not used."""
        return walk(problem, Watched(problem.cell, detached=False), params, memory, chunk)
