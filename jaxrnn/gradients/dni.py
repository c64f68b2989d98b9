"""Decoupled neural interfaces: what lies beyond a window is predicted from its last state."""

import dataclasses
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive, as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem, run
from jaxrnn.treemath import split_floats

__all__ = ["DNIMemory", "Predictor", "dni", "window_gradient"]


class Predictor(NamedTuple):
    """A linear map from a state to the gradient of all later losses at it.

    Shapes: w `[S, S]`, b `[S]`; the floating leaves of a state side by side are `[*batch, S]`.
    """

    w: Array
    b: Array


class DNIMemory(NamedTuple):
    """What DNI keeps between windows: the state and the predictor."""

    state: Any
    predictor: Predictor


@dataclasses.dataclass(frozen=True)
class dni:
    """Truncated BPTT with a learned guess of the gradient that comes from beyond the window.

        g(s)  = s @ w + b, predicts the sum over r > e of dl_r/ds_e, future losses only
        grads = d/dparams of (the losses of the window + g(s_e) . s_e),      g(s_e) a constant
        g(s_a) is fitted to the same derivative at s_a, the state before the window, by one step of
        `learning_rate` on ||g(s_a) - target||^2 / 2, mean over the batch

    The predictor starts at 0, where this is `tbptt(k, k)`; an exact one would make it full BPTT.
    What it has learned is in the memory and is saved with it.
    Source: Jaderberg et al. (2017), arXiv:1608.05343.
    Fields: k, steps of a window; learning_rate of the predictor.
    Shapes: gradients those of params; it keeps one state and S * S + S numbers.
    Raises: TypeError and ValueError for fields out of range.

        >>> dni(8).length
        8
    """

    k: int
    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", as_positive_int("dni", "k", self.k))
        as_positive("dni", "learning_rate", self.learning_rate)

    @property
    def length(self) -> int:
        """Steps of a window."""
        return self.k

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> DNIMemory:
        """Return the memory before the first step: a predictor that says 0."""
        row = _rows(split_floats(state)[0], chunk)
        size = row.shape[-1]
        zero = Predictor(jnp.zeros((size, size), row.dtype), jnp.zeros(size, row.dtype))
        return DNIMemory(state, zero)

    def consume(
        self, problem: Problem, params: Params, memory: DNIMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[DNIMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[k]`, gradient); the key is not used."""
        predictor = memory.predictor

        def ahead(floats: list[Array]) -> list[Array]:
            rows = _rows(floats, chunk)
            return _like(floats, rows @ predictor.w + predictor.b)

        state, losses, grads, before = window_gradient(problem, params, memory.state, chunk, ahead)
        rows = _rows(split_floats(memory.state)[0], chunk)
        error = rows @ predictor.w + predictor.b - _rows(before, chunk)
        flat_rows, flat_error = (a.reshape(-1, a.shape[-1]) for a in (rows, error))
        rate = self.learning_rate / flat_rows.shape[0]
        predictor = Predictor(
            predictor.w - rate * flat_rows.T @ flat_error, predictor.b - rate * flat_error.sum(0)
        )
        return DNIMemory(state, predictor), losses, grads


def window_gradient(
    problem: Problem, params: Params, state: Any, chunk: Chunk, ahead: Any
) -> tuple[Any, Array, Params, list[Array]]:
    """Differentiate a window with a given gradient of what comes after it.

        grads, before = vjp of (sum of losses, last state) by (params, first state), at (1, ahead)

    Shapes: chunk `[k, *batch, ...]`; ahead maps the floating leaves of the last state to cotangents
    like them.
    Returns: (state, losses `[k]`, grads, gradient at the floating leaves of the first state).

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4)))
        >>> nothing = lambda floats: [jnp.zeros_like(leaf) for leaf in floats]
        >>> state = cell.init_state(params.cell, 4)
        >>> window_gradient(problem, params, state, chunk, nothing)[3][0].shape
        (4, 2)
    """
    start, join = split_floats(state)

    def window(params: Params, start: list[Array]) -> tuple[Any, Any]:
        state, losses = run(problem, params, join(start), chunk)
        return (losses.sum(), split_floats(state)[0]), (state, losses)

    (total, end), pull, (state, losses) = jax.vjp(window, params, start, has_aux=True)
    grads, before = pull((jnp.ones_like(total), ahead(end)))
    return state, losses, grads, before


def _rows(floats: list[Array], chunk: Chunk) -> Array:
    """Lay floating leaves side by side, `[*batch, S]`."""
    batch = chunk.xs.shape[1:-1]
    return jnp.concatenate([leaf.reshape((*batch, -1)) for leaf in floats], -1)


def _like(floats: list[Array], rows: Array) -> list[Array]:
    """Undo `_rows`."""
    batch = rows.shape[:-1]
    sizes = [leaf.size // max(math.prod(batch), 1) for leaf in floats]
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes) - 1)]
    parts = jnp.split(rows, ends, -1)
    return [part.reshape(leaf.shape) for part, leaf in zip(parts, floats, strict=True)]
