"""Judging params on held-out data: whole sequences, nothing truncated, for every method alike."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.compare.learner import Learner
from jaxrnn.drivers import scan
from jaxrnn.gradients import Chunk, Params
from jaxrnn.gradients.scale import loss_weights

__all__ = ["Judgement", "evaluator"]


class Judgement(NamedTuple):
    """Means over the counted tokens of all held-out chunks.

    Fields: loss and score, the task's, NaN if nothing counts.

        >>> Judgement(0.5, 0.9).score
        0.9
    """

    loss: float
    score: float


def evaluator(learner: Learner) -> Callable[[Params], Judgement]:
    """Return a function that judges params on the task's held-out chunks.

    On a stream the state is carried from chunk to chunk; otherwise every chunk starts anew.

    Shapes: chunks `[T, *batch, ...]`, of any lengths.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> evaluator(learner)(learner.init()).loss > 0
        True
    """
    chunks = [jax.tree.map(jnp.asarray, chunk) for chunk in learner.task.evaluation]

    @jax.jit
    def sums(params: Params, state: Any, chunk: Chunk) -> tuple[Any, Array]:
        state, ys = scan(
            learner.cell, params.cell, state, chunk.xs, mask=chunk.mask, resets=chunk.resets
        )
        outputs = learner.output.apply(params.head, ys)
        weights = loss_weights(chunk)
        counts = weights != 0

        def total(values: Array) -> Array:
            return (jnp.where(counts, values, 0) * weights).sum()

        loss = total(learner.task.loss(outputs, chunk.targets))
        score = total(learner.task.score(outputs, chunk.targets))
        return state, jnp.stack([loss, score, weights.sum()])

    def judge(params: Params) -> Judgement:
        rows, state = [], None
        for chunk in chunks:
            if state is None or not learner.task.stream:
                state = learner.cell.init_state(params.cell, chunk.xs.shape[1:-1])
            state, row = sums(params, state, chunk)
            rows.append(row)
        loss, score, count = np.sum([np.asarray(row, np.float64) for row in rows], axis=0)
        return Judgement(*(float(v / count) if count else float("nan") for v in (loss, score)))

    return judge
