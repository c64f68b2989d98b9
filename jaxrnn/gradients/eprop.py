"""Eligibility propagation: forward traces inside each unit, and the loss's own learning signal."""

import dataclasses
from typing import Any

from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.traces import TracedMemory, first_traces, walk
from jaxrnn.gradients.watch import Watched

__all__ = ["eprop"]


@dataclasses.dataclass(frozen=True)
class eprop:
    """Eligibility propagation: the gradient without what passes from unit to unit.

        e_t = (d update / d s_{t-1}) e_{t-1} + d s_t / dp         s inside recur a constant
        grad_t = (dl_t/dy_t) dy_t/dp,  through e_t

    The gradient of the cell in which `recur` sees a constant state: memory inside a unit (a leak,
    an LSTM's c, a GRU's z) is followed back to the start, the recurrent product is not. For
    `Elman`, whose only memory is that product, nothing but the last step is left. With recurrent
    weights of zero it is the exact gradient.
    Source: Bellec et al. (2020), Nature Communications 11, 3625, with dl_t/dy_t as learning signal.
    For a split cell with an elementwise `update` whose state fields are all of width H.
    Fields: length, steps between gradients.
    Shapes: gradients those of params; memory for each example F times the params, F state fields.
    Raises: ValueError if `length < 1`; TypeError for another type, and in `init` for a cell that it
    does not fit.

        >>> import jax, jax.numpy as jnp
        >>> from jaxrnn import LSTM
        >>> from jaxrnn.gradients import accumulate
        >>> problem = Problem(LSTM(2), lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(LSTM(2).init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> loss, grads, memory = accumulate(eprop(), problem, params, None, chunk)
        >>> grads.cell.w_h.shape
        (2, 8)
    """

    length: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", as_positive_int("eprop", "length", self.length))

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> TracedMemory:
        """Return the memory before the first step; the state is a constant."""
        view = Watched(problem.cell, detached=True)
        instead = "tbptt(k1, k2) or rtrl()"
        return TracedMemory(state, first_traces("eprop", view, params.cell, state, chunk, instead))

    def consume(
        self, problem: Problem, params: Params, memory: TracedMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[TracedMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[length]`, gradient); the key is not used."""
        return walk(problem, Watched(problem.cell, detached=True), params, memory, chunk)
