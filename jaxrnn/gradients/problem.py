"""What is differentiated: a cell, a loss of its outputs, and a stretch of sequence."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.checks import as_cell
from jaxrnn.drivers import scan
from jaxrnn.treemath import map_numbers, select

__all__ = ["Chunk", "Params", "Problem", "counted", "losses", "outputs", "run", "windows"]


class Params(NamedTuple):
    """Everything that is learned: the cell's params, and those of the head that the loss uses."""

    cell: Any
    head: Any


@dataclasses.dataclass(frozen=True)
class Problem:
    """A recurrence and a loss.

        L = sum over t and batch of weights[t] * loss(head, ys, targets)[t]

    Fields: cell; loss, a pure function `(head, ys, targets) -> losses`, elementwise in its leading
    axes. L is a **sum**: for a mean put 1/count into the weights. The loss is compiled once: what
    learns or changes goes into head and targets, not into variables that it closes over.
    Shapes: ys `[T, *batch, H]` or one step of it; targets the same leading axes; losses
    `[T, *batch]`.
    Raises: TypeError if cell is no `Cell` or loss no function.

        >>> from jaxrnn import Elman
        >>> Problem(Elman(2), lambda head, ys, targets: ((ys - targets) ** 2).sum(-1)).cell
        Elman(hidden_size=2, activation='tanh', bias=True, initializer=...)
    """

    cell: Cell
    loss: Callable[[Any, Any, Any], Array]

    def __post_init__(self) -> None:
        if hasattr(self.cell, "as_cell"):  # an RNN is no cell
            raise TypeError(_not_one_step(self.cell))
        as_cell("Problem", self.cell)
        if not callable(self.loss):
            raise TypeError(
                "Problem: loss should be a function (head, ys, targets) -> losses, got "
                f"{type(self.loss).__name__}."
            )


def _not_one_step(network: Any) -> str:
    if getattr(network, "bidirectional", False):
        return (
            "Problem: a bidirectional network has no gradient method that goes forward in time or "
            "truncates: its first output needs the last input. Differentiate RNN.apply with "
            "jax.grad, or use bidirectional=False."
        )
    return (
        f"Problem: cell should be a Cell, got the network {network!r}. Take its cell: "
        "cell, params, state = rnn.as_cell(params)."
    )


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
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4, 2)))
        >>> state, losses = run(problem, params, None, chunk)
        >>> losses.shape
        (5,)
    """
    state, ys = outputs(problem, params.cell, state, chunk)
    return state, losses(problem, params.head, ys, chunk)


def outputs(problem: Problem, params: Any, state: Any, chunk: Chunk) -> tuple[Any, Any]:
    """Return (state after the chunk, ys): the part of `run` that the cell's params act on.

    Shapes: ys `[T, *batch, H]`; the state's own.

        >>> from jaxrnn import Elman
        >>> problem = Problem(Elman(2), lambda head, ys, targets: ys.sum(-1))
        >>> params = problem.cell.init(jax.random.key(0), 3)
        >>> outputs(problem, params, None, Chunk(jnp.ones((5, 4, 3)), None))[1].shape
        (5, 4, 2)
    """
    return scan(problem.cell, params, state, chunk.xs, mask=chunk.mask, resets=chunk.resets)


def losses(problem: Problem, head: Any, ys: Any, chunk: Chunk) -> Array:
    """Return the weighted losses of outputs, summed over the batch: the rest of `run`.

    Shapes: ys `[T, *batch, H]`; losses `[T]`.
    Raises: ValueError if the loss has not one number for each step and row.

        >>> from jaxrnn import Elman
        >>> problem = Problem(Elman(2), lambda head, ys, targets: ys.sum(-1))
        >>> print(losses(problem, None, jnp.ones((3, 4, 2)), Chunk(jnp.ones((3, 4, 5)), None)))
        [8. 8. 8.]
    """
    counts = counted(chunk)
    targets = chunk.targets
    if counts is not None:
        ys, targets = _only_counted(counts, (ys, targets))
        # where nothing counts at all the head has no gradient, whatever the loss makes of a 0
        head = select(counts.any(), head, jax.lax.stop_gradient(head))
    each = problem.loss(head, ys, targets)
    _check_shape("the result of problem.loss", each, chunk.xs)
    if counts is not None:
        if chunk.weights is not None:
            each = each * chunk.weights.astype(each.dtype)
        each = jnp.where(counts, each, 0)
    return each.sum(tuple(range(1, each.ndim)))


def _only_counted(counts: Array, tree: Any) -> Any:
    """Put a counted entry wherever none counts, and 0 if there is no such entry at all.

    What stands there may be NaN, or 0, where a loss such as a norm has no derivative: 0 * NaN is
    NaN, so neither may reach the loss.
    """
    if counts.size == 0:
        return tree
    first = jnp.argmax(counts.reshape(-1))

    def fill(leaf: Array) -> Array:
        rows = leaf.reshape((-1, *leaf.shape[counts.ndim :]))
        one = jnp.where(counts.any(), jax.lax.stop_gradient(rows[first]), jnp.zeros_like(rows[0]))
        return jnp.broadcast_to(one, leaf.shape)

    return select(counts, tree, map_numbers(fill, tree))


def counted(chunk: Chunk) -> Array | None:
    """Return which losses count, those of valid steps with a weight; None if all do.

    Shapes: result bool `[T, *batch]`.
    Raises: ValueError if the weights have another shape.

        >>> chunk = Chunk(jnp.ones((2, 3)), jnp.ones(2), weights=jnp.array([0.0, 0.5]))
        >>> counted(chunk).tolist()
        [False, True]
    """
    if chunk.weights is None:
        return chunk.mask
    _check_shape("chunk.weights", chunk.weights, chunk.xs)
    counts = chunk.weights != 0
    return counts if chunk.mask is None else counts & chunk.mask


def _check_shape(name: str, value: Any, xs: Array) -> None:
    if jnp.shape(value) != xs.shape[:-1]:
        raise ValueError(
            f"gradients: {name} should have one number for each step and row, [T, *batch] = "
            f"{xs.shape[:-1]}, got {jnp.shape(value)}. Sum a loss over its features only, as in "
            "((ys - targets) ** 2).sum(-1); weights say what it counts."
        )


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
