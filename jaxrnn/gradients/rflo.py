"""Random feedback local online learning: unit-wise traces, and a learning signal sent at random."""

import dataclasses
import math
import operator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.traces import Traces, first_traces, walk
from jaxrnn.gradients.watch import Watched

__all__ = ["RFLOMemory", "rflo"]


class RFLOMemory(NamedTuple):
    """What `rflo` keeps: the state, how it depends on the params, and where signals are sent."""

    state: Any
    traces: Traces
    feedback: Any  # [H, H] for every output, None if signals go where they belong


@dataclasses.dataclass(frozen=True)
class rflo:
    """Random feedback local online learning.

        e_t = (d update / d s_{t-1}) e_{t-1} + d s_t / dp         s inside recur a constant
        grad_t = ((dl_t/dy_t) @ feedback) dy_t/dp,  through e_t

    The traces of `eprop`, with a learning signal through a fixed random matrix. A loss here is any
    function of y, so what is projected is dl_t/dy_t, in which the head's own weights have had
    their part already: for a linear head e @ w.T @ feedback, where the paper sends the error e of
    the output through a matrix in place of w.T. No direction is kept: the gradient is one to learn
    by alignment with, not one to compare with BPTT's. The head's gradient is exact.
    Source: Murray (2019), eLife 8, e43299; feedback alignment: Lillicrap et al. (2016), Nature
    Communications 7, 13276.
    For the cells of `eprop`.
    Fields: length, steps between gradients; seed, that the normal entries of feedback, of variance
    1/H, are drawn from, or None for the symmetric form, which is `eprop`.
    Shapes: gradients those of params; feedback `[H, H]`; memory for each example as `eprop`.
    Raises: ValueError if `length < 1` or `seed < 0`; TypeError for other types, and in `init` for a
    cell that it does not fit.

        >>> from jaxrnn import GRU
        >>> from jaxrnn.gradients import accumulate
        >>> problem = Problem(GRU(2), lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(GRU(2).init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> loss, grads, memory = accumulate(rflo(seed=1), problem, params, None, chunk)
        >>> memory.feedback.shape
        (2, 2)
    """

    length: int = 1
    seed: int | None = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", as_positive_int("rflo", "length", self.length))
        if self.seed is not None:
            object.__setattr__(self, "seed", _as_seed(self.seed))

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> RFLOMemory:
        """Return the memory before the first step; the state is a constant."""
        view = Watched(problem.cell, detached=True)
        traces = first_traces("rflo", view, params.cell, state, chunk, "tbptt(k1, k2) or rtrl()")

        def output() -> Any:
            u = problem.cell.project(params.cell, chunk.xs[0])
            return problem.cell.step(params.cell, state, u)[1]

        seed = self.seed
        feedback = None if seed is None else _feedback(seed, jax.eval_shape(output))
        return RFLOMemory(state, traces, feedback)

    def consume(
        self, problem: Problem, params: Params, memory: RFLOMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[RFLOMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[length]`, gradient); the key is not used."""

        def sent(signal: Any) -> Any:
            if memory.feedback is None:
                return signal
            return jax.tree.map(jnp.matmul, signal, memory.feedback)

        return walk(problem, Watched(problem.cell, detached=True), params, memory, chunk, sent)


def _as_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"rflo: seed should be an int or None, got {seed!r}.")
    if operator.index(seed) < 0:
        raise ValueError(f"rflo: seed should not be below 0, got {seed}.")
    return operator.index(seed)


def _feedback(seed: int, outputs: Any) -> Any:
    """Draw a matrix for every output; a signal keeps its size on average."""

    def draw(y: jax.ShapeDtypeStruct) -> Array:
        width = y.shape[-1]
        drawn = jax.random.normal(jax.random.key(seed), (width, width), y.dtype)
        return drawn / math.sqrt(width)

    return jax.tree.map(draw, outputs)
