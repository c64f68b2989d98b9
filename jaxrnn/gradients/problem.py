"""What is differentiated: a cell, a loss of its outputs, and a stretch of sequence."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.drivers import scan

__all__ = ["Chunk", "Params", "Problem", "run", "windows"]


class Params(NamedTuple):
    """Everything that is learned: the cell's params, and those of the head that the loss uses."""

    cell: Any
    head: Any


@dataclasses.dataclass(frozen=True)
class Problem:
    """A recurrence and a loss.

        L = sum over t and batch of weights[t] * loss(head, ys, targets)[t]

    Fields: cell; loss, a pure function `(head, ys, targets) -> losses`, elementwise in its leading
    axes. L is a **sum**: for a mean put 1/count into the weights.
    Shapes: ys `[T, *batch, H]` or one step of it; targets the same leading axes; losses
    `[T, *batch]`.

        >>> from jaxrnn import Elman
        >>> Problem(Elman(2), lambda head, ys, targets: ((ys - targets) ** 2).sum(-1)).cell
        Elman(hidden_size=2, activation='tanh', bias=True, initializer=...)
    """

    cell: Cell
    loss: Callable[[Any, Any, Any], Array]


class Chunk(NamedTuple):
    """A stretch of consecutive steps.

    Shapes: xs `[T, *batch, D]`; targets `[T, *batch, ...]`; weights `[T, *batch]`, of each loss,
    None for 1; mask bool `[T, *batch]`, which steps exist, None for all; resets bool
    `[T, *batch]`, first steps of segments, None for none.
    """

    xs: Array
    targets: Any
    weights: Array | None = None
    mask: Array | None = None
    resets: Array | None = None


def run(problem: Problem, params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
    """Return (state after the chunk, weighted losses summed over the batch).

    Shapes: losses `[T]`; the state's own.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> state, losses = run(problem, params, None, Chunk(jnp.ones((5, 4, 3)), 0.0))
        >>> losses.shape
        (5,)
    """
    state, ys = scan(
        problem.cell, params.cell, state, chunk.xs, mask=chunk.mask, resets=chunk.resets
    )
    losses = problem.loss(params.head, ys, chunk.targets)
    if chunk.weights is not None:
        # selected, not multiplied: a loss that doesn't count may be NaN
        counts = chunk.weights != 0
        losses = jnp.where(counts, jnp.where(counts, losses, 0) * chunk.weights, 0)
    if chunk.mask is not None:
        losses = jnp.where(chunk.mask, losses, 0)
    return state, losses.sum(tuple(range(1, losses.ndim)))


def windows(chunk: Chunk, length: int) -> Chunk:
    """Cut a chunk into windows; a ragged tail is padded with steps that don't exist.

    Shapes: leaves `[T, ...]` become `[ceil(T / length), length, ...]`.

        >>> parts = windows(Chunk(jnp.ones((5, 2, 3)), jnp.ones((5, 2))), 2)
        >>> parts.xs.shape, parts.mask[-1].tolist()
        ((3, 2, 2, 3), [[True, True], [False, False]])
    """
    steps = chunk.xs.shape[0]
    tail = -steps % length
    count = (steps + tail) // length
    if tail and chunk.mask is None:
        chunk = chunk._replace(mask=jnp.ones(chunk.xs.shape[:-1], bool))

    def cut(leaf: Array) -> Array:
        leaf = jnp.concatenate([leaf, jnp.zeros((tail, *leaf.shape[1:]), leaf.dtype)])
        return leaf.reshape((count, length, *leaf.shape[1:]))

    return jax.tree.map(cut, chunk)
