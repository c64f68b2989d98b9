"""Sparse n-step approximation of RTRL: only influences that arrive within n steps are kept.

Which ones those are is found by probing: derivatives at several random states and inputs, with and
without a reset, at the params that `init` is given. An entry that is zero at all of them is taken
for structure. So zeros in a sparse matrix count as structure too, those of units that are off
(relu) do not; and a weight that is zero by chance in `init` only leaves out influences that pass
through it. States are probed without keys, where a random cell drops nothing.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.cells.embedded import vocabulary_of
from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.influence import advance, nothing_yet, parameter_count, transition
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.steps import each_step, refuse_bytes
from jaxrnn.treemath import split_floats

__all__ = ["SnapMemory", "snap", "within"]

PROBES = 16  # half of them with a reset

Keep = tuple[list[Array], list[Array]]  # of the floating leaves of (state, y)


class SnapMemory(NamedTuple):
    """What SnAp keeps: the state, the influences that count, and which ones those are."""

    state: Any
    influence: list[Array]  # [P, *leaf.shape] for each floating leaf of the state
    keep: Keep  # bool [P, ...], without batch axes


@dataclasses.dataclass(frozen=True)
class snap:
    """SnAp-n: RTRL with a mask on the influence matrix.

        J_t = M_n * (A_t J_{t-1} + I_t),   M_n = nonzero(|I| + |A| |I| + .. + |A|^(n-1) |I|)
        grad_t = dl_t/dhead + dl_t/dy_t (dy_t/dparams, masked alike)

    y is taken as a part of the state that nothing comes out of. Biased, unless every influence
    arrives within n steps: n = 1 is exact if no unit hears another one, and any n of at least the
    diameter of the network is RTRL. The mask is that of the params given to `init`.
    Source: Menick et al. (2021), arXiv:2006.07232.
    Fields: n; length, steps between gradients; max_bytes, the largest J that is
    allocated; finding the mask takes about as much as J of one example, once.
    Shapes: gradients those of params; J `[P, *batch, S]`, stored densely: the mask changes what is
    learned, it saves neither time nor memory here.
    Raises: ValueError if J would be larger than max_bytes, or a field is below 1.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 1), None)
        >>> chunk, state = Chunk(jnp.ones((6, 1)), jnp.zeros((6, 2))), cell.init_state(params.cell)
        >>> of_state, of_y = snap(1).init(problem, params, state, chunk).keep
        >>> print(of_state[0].astype(int).T)  # w_x, w_h by rows, b: each weight moves its own unit
        [[1 0 1 0 1 0 1 0]
         [0 1 0 1 0 1 0 1]]
    """

    n: int
    length: int = 1
    max_bytes: int = 2**30

    def __post_init__(self) -> None:
        for name in ("n", "length", "max_bytes"):
            object.__setattr__(self, name, as_positive_int("snap", name, getattr(self, name)))

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> SnapMemory:
        """Return the memory before the first step, once its size is allowed."""
        # J alone: the masks are one byte an entry, of one example
        size = parameter_count(params.cell) * sum(leaf.nbytes for leaf in split_floats(state)[0])
        what = "the influence matrix [P, S] of every example, stored densely,"
        refuse_bytes("snap", what, size, self.max_bytes, "uoro() or tbptt(k)")
        keep = within(self.n, problem, params.cell, chunk)
        return SnapMemory(state, nothing_yet(params.cell, state), keep)

    def consume(
        self, problem: Problem, params: Params, memory: SnapMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[SnapMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[T]`, gradient); the key is not used."""

        def step(memory: SnapMemory, part: Chunk, key: Any) -> tuple[SnapMemory, Array, Params]:
            state, influence, losses, grads = advance(problem, params, *memory[:2], part, keep)
            return SnapMemory(state, influence, keep), losses, grads

        keep = memory.keep
        return each_step(step, params, memory, chunk, None)


def within(n: int, problem: Problem, cell: Any, chunk: Chunk) -> Keep:
    """Return M_n: which params reach which entries of the state and of y within n steps.

    Shapes: bool `[P, ...]` for each floating leaf of (state, y) of one example; any chunk.

        >>> from jaxrnn import Elman
        >>> problem = Problem(Elman(2), lambda head, ys, targets: ys.sum(-1))
        >>> params = problem.cell.init(jax.random.key(0), 1)
        >>> chunk = Chunk(jnp.ones((6, 1)), None)
        >>> [float(within(n, problem, params, chunk)[0][0].mean()) for n in (1, 2)]
        [0.5, 1.0]
    """
    at, step = _one_example(problem, cell, chunk)
    leaves = jax.eval_shape(step, cell, *at, True)
    nonzero = _nonzero(step, cell, at, [leaf.size for leaf in leaves])
    by_params, by_state = jnp.split(nonzero, [parameter_count(cell)], axis=1)
    entries = by_state.shape[1]  # rows of y come after those of the state; nothing leaves y

    def one_more_step(_: Any, reached: Array) -> Array:
        paths = by_state.astype(jnp.float32) @ reached[:entries].astype(jnp.float32)
        return by_params | (paths > 0)

    reached = jax.lax.fori_loop(0, n - 1, one_more_step, by_params)
    ends = np.cumsum([leaf.size for leaf in leaves])[:-1]
    blocks = zip(jnp.split(reached.T, ends, axis=1), leaves, strict=True)
    masks = [block.reshape(-1, *leaf.shape) for block, leaf in blocks]
    return masks[: len(at[0])], masks[len(at[0]) :]


def _one_example(problem: Problem, cell: Any, chunk: Chunk) -> tuple[Any, Callable[..., Any]]:
    """Return (state floats, x) and step(cell, floats, x, reset), floats of (state, y)."""
    floats, join = split_floats(problem.cell.init_state(cell))
    if jnp.issubdtype(chunk.xs.dtype, jnp.integer):  # one id would show the row of one token only
        x = jnp.zeros(vocabulary_of(problem.cell))
    else:
        x = jnp.zeros(chunk.xs.shape[-1], chunk.xs.dtype)

    def step(cell: Any, floats: list[Array], x: Array, reset: Any) -> list[Array]:
        part = Chunk(x[None], None, resets=jnp.asarray(reset)[None])
        _, move = transition(problem, join(floats), part)
        (new, ys), _ = move(cell, floats)
        return [*new, *(y[0] for y in ys)]

    return (floats, x), step


def _nonzero(step: Callable[..., Any], cell: Any, at: Any, sizes: list[int]) -> Array:
    """Return where a derivative by (params, state) is not zero at every probe, `[S', P + S]`."""
    like, structure = jax.tree.flatten(at)
    ends = np.cumsum([leaf.size for leaf in like])
    draws = jnp.asarray(np.random.default_rng(0).normal(size=(PROBES, ends[-1])), jnp.float32)

    def probe(i: Array, seen: Array) -> Array:
        cut = zip(jnp.split(draws[i], ends[:-1]), like, strict=True)
        floats, x = structure.unflatten([d.reshape(a.shape).astype(a.dtype) for d, a in cut])
        rows = jax.jacrev(step, (0, 1))(cell, floats, x, i % 2 == 1)
        return seen | jnp.concatenate([_matrix(b, n) for b, n in zip(rows, sizes, strict=True)])

    columns = parameter_count(cell) + parameter_count(at[0])
    return jax.lax.fori_loop(0, PROBES, probe, jnp.zeros((sum(sizes), columns), bool))


def _matrix(blocks: Any, rows: int) -> Array:
    """Lay the derivatives of one leaf by all others side by side, as True where not zero."""
    return jnp.concatenate([(b != 0).reshape(rows, -1) for b in jax.tree.leaves(blocks)], axis=1)
