"""Real-time recurrent learning: the exact gradient, forward in time."""

import dataclasses
from typing import Any, NamedTuple

from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.influence import advance, nothing_yet, parameter_count
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.steps import each_step, refuse_bytes
from jaxrnn.treemath import split_floats

__all__ = ["RTRLMemory", "rtrl"]


class RTRLMemory(NamedTuple):
    """What RTRL keeps: the state, and how every parameter has influenced it."""

    state: Any
    influence: list[Array]  # [P, *leaf.shape] for each floating leaf of the state


@dataclasses.dataclass(frozen=True)
class rtrl:
    """Real-time recurrent learning.

        J_t = A_t J_{t-1} + I_t
        grad_t = dl_t/dhead + dl_t/dy_t dy_t/dparams,   dy_t/dparams by the same chain from J_{t-1}

    The gradient of each loss is complete as soon as the loss is known; nothing is stored in T. At
    frozen params it is exact. While params move, J mixes derivatives at older params, and the
    gradient is off by the order of the learning rate: that lies in the method.
    Source: Williams and Zipser (1989), Neural Computation 1.
    Fields: length, steps between gradients; max_bytes, the largest J that is allocated.
    Shapes: gradients those of params; J `[P, *batch, S]` for P params of the cell and S numbers of
    state, at S^2 P operations a step and example.
    Raises: ValueError if J would be larger than max_bytes, or a field is below 1.

        >>> import jax, jax.numpy as jnp
        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import accumulate, bptt
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> _, forward, memory = accumulate(rtrl(), problem, params, None, chunk)
        >>> _, backward, _ = accumulate(bptt(), problem, params, None, chunk)
        >>> bool(jnp.allclose(forward.cell.w_h, backward.cell.w_h, atol=1e-5))
        True
        >>> memory.influence[0].shape
        (12, 4, 2)
    """

    length: int = 1
    max_bytes: int = 2**30

    def __post_init__(self) -> None:
        for name in ("length", "max_bytes"):
            object.__setattr__(self, name, as_positive_int("rtrl", name, getattr(self, name)))

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> RTRLMemory:
        """Return the memory before the first step, once its size is allowed."""
        size = parameter_count(params.cell) * sum(leaf.nbytes for leaf in split_floats(state)[0])
        what = "the influence matrix [P, S] of every example"
        refuse_bytes("rtrl", what, size, self.max_bytes, "snap(1), uoro() or tbptt(k)")
        return RTRLMemory(state, nothing_yet(params.cell, state))

    def consume(
        self, problem: Problem, params: Params, memory: RTRLMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[RTRLMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[T]`, gradient of their sum); the key is not used."""

        def step(memory: RTRLMemory, part: Chunk, key: Any) -> tuple[RTRLMemory, Array, Params]:
            state, influence, losses, grads = advance(problem, params, *memory, part, None)
            return RTRLMemory(state, influence), losses, grads

        return each_step(step, params, memory, chunk, None)
