"""How a model does on held-out chunks, whatever it is made of."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.gradients import Problem
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.network import Network
from jaxrnn.training.evaluate import Measure, measure_outputs

__all__ = ["Loss", "measure_of", "problem_of"]

Loss = Callable[[Array, Any], Array]  # (outputs, targets) -> losses or scores, elementwise
Sums = dict[str, Array]


def problem_of(model: Model, loss: Loss) -> Problem:
    """Return a loss of the outputs as a loss of the cell under the output layer.

    Shapes: outputs `[T, B, O]`.

        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> from jaxrnn.tasks.scores import squared_error
        >>> model = make_model(ModelSettings("gru", 4), input_size=3, output_size=2)
        >>> problem_of(model, squared_error).cell
        GRU(hidden_size=4, ...)
    """

    def of_head(head: Any, ys: Array, targets: Any) -> Array:
        return loss(model.output.apply(head, ys), targets)

    return Problem(model.cell, of_head)


def measure_of(model: Model | Network, loss: Loss, score: Loss, *, stream: bool = False) -> Measure:
    """Return the measure of loss and score on chunks, for `jaxrnn.training.evaluate`.

    A network measures itself; loss and score are then not asked.

    Shapes: outputs `[T, B, O]`; losses and scores `[T, B]`.
    Args: stream, whether the state is carried from chunk to chunk.

        >>> from jaxrnn.tasks import TASKS
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> task, model = TASKS["sine"](), make_model(ModelSettings("gru", 4), input_size=1,
        ...                                            output_size=1)
        >>> measure = measure_of(model, task.loss, task.score)
        >>> sums, count, _ = measure(model.init(jax.random.key(0)), None, task.evaluation[0])
        >>> sorted(sums), float(count)
        (['loss', 'score'], 20.0)
    """
    if not isinstance(model, Model):
        return _of_network(model)

    def of_head(head: Any, ys: Array, targets: Any) -> Array:
        return score(model.output.apply(head, ys), targets)

    return measure_outputs(problem_of(model, loss), {"score": of_head}, stream=stream)


def _of_network(network: Network) -> Measure:
    @jax.jit
    def measure(params: Any, carry: Any, chunk: Any) -> tuple[Sums, Sums, Any]:
        loss, count = network.loss(params, chunk, None)
        score, scored = network.score(params, chunk)
        counts = {"loss": jnp.asarray(count), "score": jnp.asarray(scored)}
        return {"loss": loss, "score": score}, counts, carry

    return measure
