"""Truncated BPTT with all windows at once: memory for time."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.gradients.bptt import BPTTMemory
from jaxrnn.gradients.problem import Chunk, Params, Problem, outputs, run, windows
from jaxrnn.gradients.window import check_lengths, explicit, only_newest
from jaxrnn.randomness import map_clocks, tick

__all__ = ["folded_tbptt"]


@dataclasses.dataclass(frozen=True)
class folded_tbptt:
    """TBPTT(k1, k2) of a whole chunk with its windows folded into the batch.

        s_a = the state before each window, by one run forward
        then for all windows together: the last k1 losses, differentiated back to s_a

    At frozen params the windows are independent once their first states are known, so this is the
    gradient of `tbptt(k1, k2)` to the last bit that another order of sums allows. It can't make an
    update per window: a call takes the whole chunk. No window reaches back beyond the chunk.
    Source: Williams and Peng (1990), Neural Computation 2, for the gradient.
    Fields: k1, steps between gradients; k2, steps of a gradient, k1 if not given.
    Shapes: gradients those of params; residuals O(T * k2 / k1).
    Raises: as `tbptt`.

        >>> folded_tbptt(16, 32).length
        0
    """

    k1: int
    k2: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "k2", self.k2 if self.k2 else self.k1)
        check_lengths(self, "k1", "k2")

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
        steps, past = chunk.xs.shape[0], self.k2 - self.k1
        # steps that don't exist, in front: every window has k2 steps then
        front = jax.tree.map(lambda a: jnp.pad(a, _in_front(past, a)), explicit(chunk))
        state = map_clocks(lambda clock: tick(clock, -past), memory.state)
        anchors, end = self._anchors(problem, params, state, front, steps)
        folded = self._windows(front, steps)

        def total(params: Params) -> tuple[Array, Array]:
            _, losses = jax.vmap(lambda s, part: run(problem, params, s, part))(anchors, folded)
            return losses.sum(), losses

        grads, losses = jax.grad(total, has_aux=True)(params)
        return BPTTMemory(end), losses[:, past:].reshape(-1)[:steps], grads

    def _anchors(
        self, problem: Problem, params: Params, state: Any, front: Chunk, steps: int
    ) -> tuple[Any, Any]:
        """Return (the state before each window, the state after the last step)."""
        blocks = windows(front, self.k1)
        count = -(-steps // self.k1)

        def block(state: Any, part: Chunk) -> tuple[Any, Any]:
            return outputs(problem, params.cell, state, part)[0], state

        end, before = jax.lax.scan(block, state, blocks)
        extra = blocks.xs.shape[0] * self.k1 - front.xs.shape[0]
        end = map_clocks(lambda clock: tick(clock, -extra), end)
        return jax.tree.map(lambda leaf: leaf[:count], before), end

    def _windows(self, front: Chunk, steps: int) -> Chunk:
        """Lay all windows out, leaves `[windows, k2, ...]`; the last k1 steps of each weigh."""
        count = -(-steps // self.k1)
        index = jnp.arange(count)[:, None] * self.k1 + jnp.arange(self.k2)
        tail = count * self.k1 - steps
        padded = jax.tree.map(lambda a: jnp.pad(a, _behind(tail, a)), front)
        parts = jax.tree.map(lambda a: a[index], padded)
        return jax.vmap(partial(only_newest, count=self.k1))(parts)


def _in_front(count: int, leaf: Array) -> list[tuple[int, int]]:
    return [(count, 0)] + [(0, 0)] * (leaf.ndim - 1)


def _behind(count: int, leaf: Array) -> list[tuple[int, int]]:
    return [(0, count)] + [(0, 0)] * (leaf.ndim - 1)
