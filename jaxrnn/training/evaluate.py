"""Means over held-out chunks, each chunk counted by its tokens."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.drivers import scan
from jaxrnn.gradients import Chunk, Params, Problem
from jaxrnn.gradients.scale import loss_weights

__all__ = ["Measure", "evaluate", "measure_loss", "measure_outputs"]

# (params, carry, chunk) -> (sums by name, how many count in all of them, or by name, carry); the
# first carry is None
Measure = Callable[[Any, Any, Any], tuple[dict[str, Array], Array | dict[str, Array], Any]]
Score = Callable[[Any, Any, Any], Array]


def evaluate(measure: Measure, params: Any, chunks: Iterable[Any]) -> dict[str, float]:
    """Return the means over all counted tokens of all chunks, and how many count.

        mean = sum of sums / sum of counts,   0 where nothing counts

    Tokens are what counts for the loss.

    Shapes: chunks `[T, B, ...]`, of any lengths.

        >>> measure = measure_loss(lambda params, chunk, key: (chunk.sum(), chunk.size))
        >>> evaluate(measure, None, [jnp.zeros(1), jnp.ones(3)])
        {'loss': 0.75, 'tokens': 4.0}
    """
    totals: dict[str, float] = {}
    counts: dict[str, float] = {}
    carry = None
    for chunk in chunks:
        sums, counted, carry = measure(params, carry, chunk)
        for name, value in sums.items():  # many chunks: summed in float64
            count = counted[name] if isinstance(counted, dict) else counted
            totals[name] = totals.get(name, 0.0) + float(np.float64(value))
            counts[name] = counts.get(name, 0.0) + float(count)
    means = {name: value / (counts[name] or 1.0) for name, value in totals.items()}
    return {**means, "tokens": counts.get("loss", 0.0)}


def measure_outputs(
    problem: Problem, scores: Mapping[str, Score] | None = None, *, stream: bool = False
) -> Measure:
    """Return the measure of a recurrence and a loss: whole chunks, nothing truncated, no masks.

    Shapes: chunk `[T, *batch, ...]`; ys `[T, *batch, H]`; losses and scores `[T, *batch]`.
    Args: scores, by name, functions `(head, ys, targets) -> scores` like the loss; stream, whether
        the state is carried from chunk to chunk.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> sorted(evaluate(measure_outputs(problem), params, [chunk]))
        ['loss', 'tokens']
    """
    functions = {"loss": problem.loss, **(scores or {})}

    @jax.jit
    def sums(params: Params, state: Any, chunk: Chunk) -> tuple[dict[str, Array], Array, Any]:
        state, ys = scan(
            problem.cell, params.cell, state, chunk.xs, mask=chunk.mask, resets=chunk.resets
        )
        weights = loss_weights(chunk)
        found = {}
        for name, function in functions.items():
            values = function(params.head, ys, chunk.targets)
            values = values.astype(weights.dtype)  # a score may be a bool
            found[name] = jnp.where(weights != 0, values * weights, 0).sum()
        return found, weights.sum(), state

    def measure(params: Params, carry: Any, chunk: Chunk) -> tuple[dict[str, Array], Array, Any]:
        chunk = jax.tree.map(jnp.asarray, chunk)
        if carry is None or not stream:
            carry = problem.cell.init_state(params.cell, chunk.xs.shape[1:-1])
        return sums(params, carry, chunk)

    return measure


def measure_loss(loss: Callable[[Any, Any, Any], tuple[Array, Any]]) -> Measure:
    """Return the measure of a loss as `by_autodiff` takes it; its key is None: nothing is drawn.

    Shapes: sum and count `[]`.

        >>> measure = measure_loss(lambda params, chunk, key: (chunk.sum(), chunk.size))
        >>> measure(None, None, jnp.ones(3))[1].item()
        3
    """

    @jax.jit
    def measure(params: Any, carry: Any, chunk: Any) -> tuple[dict[str, Array], Array, Any]:
        del carry
        total, count = loss(params, chunk, None)
        return {"loss": total}, jnp.asarray(count), None

    return measure
