"""Unbiased online recurrent optimisation: the influence matrix as one outer product.

The paper reads the gradient off the trace after the step, (dl_t/ds_t . s~_t) theta~_t. Here it is
read off the trace before the step, and what the step itself adds is exact:

    grad_t = dl_t/dparams at constant s_{t-1} + (dl_t/ds_{t-1} . s~_{t-1}) theta~_{t-1}

Both are unbiased. This one has no noise from the newest signs, and asks nothing of y.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.influence import inner, read_out, transition
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.signs import check_key, random_signs
from jaxrnn.gradients.steps import each_step
from jaxrnn.treemath import select_or_zero, split_floats

__all__ = ["UOROMemory", "uoro", "uoro_step"]

EPS = 1e-7  # of the paper; keeps the scales finite before the first step


class UOROMemory(NamedTuple):
    """What UORO keeps: the state, and s~ theta~ whose mean is the influence matrix."""

    state: Any
    by_state: list[Array]  # s~: one array like each floating leaf of the state, batch included
    by_params: Any  # theta~: like the params of the cell


@dataclasses.dataclass(frozen=True)
class uoro:
    """UORO: an unbiased rank-one estimate of RTRL, for the whole batch as one system.

        s~ <- r0 A s~ + r1 v,   theta~ <- theta~ / r0 + (v^T I) / r1,   v random signs, one a state
        r0 = sqrt((|theta~| + eps) / (|A s~| + eps)),   r1 = sqrt((|v^T I| + eps) / (|v| + eps))
        grad_t = dl_t/dparams at constant s_{t-1} + (dl_t/ds_{t-1} . s~_{t-1}) theta~_{t-1}

    The mean over v is the full gradient at frozen params. The variance is high and grows with the
    size of batch and state: it wants a small learning rate.
    Source: Tallec and Ollivier (2018), arXiv:1702.05043; the gradient before the newest signs.
    Fields: length, steps between gradients.
    Shapes: gradients those of params; it keeps as much as one more state and one more gradient.
    Raises: ValueError if `length < 1`, or if no key is given.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import accumulate, bptt
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((3, 3)), jnp.zeros((3, 2)))
        >>> def estimate(key):
        ...     return accumulate(uoro(), problem, params, None, chunk, key=key)[1].cell.b
        >>> mean = jax.vmap(estimate)(jax.random.split(jax.random.key(1), 4096)).mean(0)
        >>> exact = accumulate(bptt(), problem, params, None, chunk)[1].cell.b
        >>> bool((abs(mean - exact) < 0.1 * abs(exact)).all())
        True
    """

    length: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", as_positive_int("uoro", "length", self.length))

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> UOROMemory:
        """Return the memory before the first step."""
        by_state, by_params = jax.tree.map(jnp.zeros_like, (split_floats(state)[0], params.cell))
        return UOROMemory(state, by_state, by_params)

    def consume(
        self, problem: Problem, params: Params, memory: UOROMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[UOROMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[T]`, estimate), the signs drawn from `key`."""

        def step(memory: UOROMemory, part: Chunk, key: Any) -> tuple[UOROMemory, Array, Params]:
            return uoro_step(problem, params, memory, part, random_signs(key, memory.by_state))

        return each_step(step, params, memory, chunk, check_key("uoro", key))


def uoro_step(
    problem: Problem, params: Params, memory: UOROMemory, part: Chunk, signs: list[Array]
) -> tuple[UOROMemory, Array, Params]:
    """Take one step with the signs that are given.

    Shapes: part `[1, *batch, ...]`; signs those of the floating leaves of the state; losses `[1]`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> part = Chunk(jnp.ones((1, 4, 3)), None)
        >>> memory = uoro().init(problem, params, cell.init_state(params.cell, 4), part)
        >>> memory, _, _ = uoro_step(problem, params, memory, part, [jnp.ones((4, 2))])
        >>> memory.by_state[0].shape
        (4, 2)
    """
    if part.mask is not None:  # a state that is held needs no sign: nothing flows in
        signs = select_or_zero(part.mask[0], signs)
    floats, step = transition(problem, memory.state, part)
    constant = jax.tree.map(jnp.zeros_like, params.cell)
    _, (moved, _), _ = jax.jvp(
        step, (params.cell, floats), (constant, memory.by_state), has_aux=True
    )
    (new, y), pull, (state, ys) = jax.vjp(step, params.cell, floats, has_aux=True)
    losses, by_head, by_ys = read_out(problem, params.head, ys, part)
    immediate, by_floats = pull((jax.tree.map(jnp.zeros_like, new), by_ys))
    inflow, _ = pull((signs, jax.tree.map(jnp.zeros_like, y)))

    slope = inner(by_floats, memory.by_state)
    grads = _combine(1.0, immediate, slope, memory.by_params)
    r0 = _ratio(memory.by_params, moved)
    r1 = _ratio(inflow, signs)
    by_state = _combine(r0, moved, r1, signs)
    by_params = _combine(1 / r0, memory.by_params, 1 / r1, inflow)
    return UOROMemory(state, by_state, by_params), losses, Params(grads, by_head)


def _ratio(a: Any, b: Any) -> Array:
    """Return how to share a scale between two factors; even in the signs, else they'd be biased."""
    norms = (jnp.sqrt(inner(leaves, leaves)) + EPS for leaves in map(jax.tree.leaves, (a, b)))
    top, bottom = norms
    return jnp.sqrt(top / bottom)


def _combine(p: Any, a: Any, q: Any, b: Any) -> Any:
    """Return `p * a + q * b` for two trees, in their own dtypes."""

    def leaf(x: Array, y: Array) -> Array:
        return jnp.asarray(p, x.dtype) * x + jnp.asarray(q, y.dtype) * y

    return jax.tree.map(leaf, a, b)
