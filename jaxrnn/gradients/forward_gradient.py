"""Forward gradient: the slope along a random direction, times that direction."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.bptt import BPTTMemory
from jaxrnn.gradients.influence import transition
from jaxrnn.gradients.problem import Chunk, Params, Problem, losses
from jaxrnn.gradients.signs import check_key, random_signs
from jaxrnn.gradients.steps import each_step
from jaxrnn.treemath import split_floats

__all__ = ["along", "forward_gradient"]


@dataclasses.dataclass(frozen=True)
class forward_gradient:
    """The gradient of a window from its derivative along random directions.

        grad = mean over tangents of (dL/dparams . v) v,   v random signs over all params

    The mean over v is the gradient of the window; E|grad - mean|^2 = (P - 1) / tangents |mean|^2
    for P params, the head's included. Nothing is stored in T, whatever the length. The state that
    enters a window is a constant, so with a length k this is an unbiased estimate of `tbptt(k)`.
    Source: Baydin et al. (2022), arXiv:2202.08587; with signs for their Gaussian v the variance
    is less.
    Fields: tangents, directions that are averaged; length, steps of a window, 0 for the whole
    chunk.
    Shapes: gradients those of params; it keeps one state.
    Raises: ValueError if `tangents < 1` or `length < 0`, or if no key is given.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import accumulate
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> method, key = forward_gradient(), jax.random.key(1)
        >>> _, grads, _ = accumulate(method, problem, params, None, chunk, key=key)
        >>> sizes = abs(grads.cell.w_h)
        >>> bool((sizes == sizes[0, 0]).all())  # one slope, random signs
        True
    """

    tangents: int = 1
    length: int = 0

    def __post_init__(self) -> None:
        for name in ("tangents", "length") if self.length else ("tangents",):
            number = as_positive_int("forward_gradient", name, getattr(self, name))
            object.__setattr__(self, name, number)

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> BPTTMemory:
        """Return the memory before the first step."""
        return BPTTMemory(state)

    def consume(
        self, problem: Problem, params: Params, memory: BPTTMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[BPTTMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[T]`, estimate), the directions drawn from `key`."""
        keys = jax.random.split(check_key("forward_gradient", key), self.tangents)
        directions = jax.vmap(lambda k: random_signs(k, params))(keys)
        return along(problem, params, memory, chunk, directions)


def along(
    problem: Problem, params: Params, memory: BPTTMemory, chunk: Chunk, directions: Params
) -> tuple[BPTTMemory, Array, Params]:
    """Return (memory, losses, mean over directions v of (dL/dparams . v) v).

    Step by step: a derivative of the whole run would keep its projected inputs, for all steps and
    directions.

    Shapes: directions those of params with a leading axis `[m]`; losses `[T]`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: (ys * head).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), jnp.ones(2))
        >>> chunk, memory = Chunk(jnp.ones((5, 3)), None), BPTTMemory(cell.init_state(params.cell))
        >>> still = jax.tree.map(lambda leaf: jnp.zeros((7, *leaf.shape)), params)
        >>> print(along(problem, params, memory, chunk, still)[2].head)
        [0. 0.]
    """
    count = jax.tree.leaves(directions)[0].shape[0]

    def step(now: Any, part: Chunk, key: Any) -> tuple[Any, Array, Params]:
        state, tangents = now
        floats, move = transition(problem, state, part)

        def total(params: Params, floats: list[Array]) -> Any:
            (new, _), (state, ys) = move(params.cell, floats)
            each = losses(problem, params.head, ys, part)
            return (new, each.sum()), (state, each)

        def push(direction: Params, tangent: list[Array]) -> Any:
            _, moved, aux = jax.jvp(total, (params, floats), (direction, tangent), has_aux=True)
            return moved, aux

        # the run itself has no axis of directions: it is done once
        (tangents, slopes), (state, each) = jax.vmap(push, out_axes=(0, None))(directions, tangents)

        def mean(v: Array) -> Array:
            return jnp.tensordot(slopes.astype(v.dtype), v, 1, precision="highest") / count

        return (state, tangents), each, jax.tree.map(mean, directions)

    still = [jnp.zeros((count, *leaf.shape), leaf.dtype) for leaf in split_floats(memory.state)[0]]
    now = (memory.state, still)
    (state, _), each, grads = each_step(step, params, now, chunk, None)
    return BPTTMemory(state), each, grads
