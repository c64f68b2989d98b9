"""From settings to everything that training needs."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import optax
from jax import Array

from jaxrnn.compare.methods import parse_method
from jaxrnn.gradients import Params, Problem
from jaxrnn.runs.errors import mendable
from jaxrnn.runs.model import Model, make_model
from jaxrnn.runs.settings import RunSettings
from jaxrnn.tasks.kinds import find_kind
from jaxrnn.tasks.task import Task
from jaxrnn.training.evaluate import evaluate, measure_outputs
from jaxrnn.training.gradient import Gradient, by_method
from jaxrnn.training.optimizers import build_optimizer
from jaxrnn.training.state import TrainState, init_state
from jaxrnn.training.step import Step, make_step

__all__ = ["Parts", "build", "evaluator", "first_state"]


class Parts(NamedTuple):
    """What is trained, on what, and how.

    Shapes: none.

        >>> from jaxrnn.runs.settings import default_settings
        >>> parts = build(default_settings("sine"))
        >>> int(first_state(parts).step)
        0
    """

    settings: RunSettings
    task: Task
    model: Model
    problem: Problem
    gradient: Gradient
    optimizer: optax.GradientTransformation
    step: Step


def build(settings: RunSettings) -> Parts:
    """Read the data and put the parts together; nothing is computed.

    Shapes: none.
    Raises: RunError if the data can't be read or a part refuses another.

        >>> from jaxrnn.runs.settings import default_settings
        >>> build(default_settings("sine")).task.metric
        'MSE'
    """
    with mendable():
        task = find_kind(settings.task).build(settings.data, settings.seed)
        model = make_model(settings.model, input_size=task.input_size, output_size=task.output_size)
        method = parse_method(settings.training.gradient).method
        optimizer = build_optimizer(settings.optimizer, settings.training.updates)
    problem = _problem(task, model)
    gradient: Gradient = by_method(problem, method, stream=task.stream)
    step = make_step(gradient, optimizer, average=settings.training.average or None)
    return Parts(settings, task, model, problem, gradient, optimizer, step)


def _problem(task: Task, model: Model) -> Problem:
    def loss(head: Any, ys: Array, targets: Any) -> Array:
        return task.loss(model.output.apply(head, ys), targets)

    return Problem(model.cell, loss)


def first_state(parts: Parts) -> TrainState:
    """Return the state before the first step, all of it from the seed.

    Shapes: those of the model.
    Raises: RunError if the gradient method does not fit the model or the memory.

        >>> from jaxrnn.runs.settings import default_settings
        >>> first_state(build(default_settings("sine"))).average is None
        True
    """
    params_key, key = jax.random.split(jax.random.key(parts.settings.seed))
    with mendable():
        return init_state(
            parts.gradient, parts.optimizer, parts.model.init(params_key), parts.task.train(0),
            key, average=parts.settings.training.average or None,
        )  # fmt: skip


def evaluator(parts: Parts) -> Callable[[Params], dict[str, float]]:
    """Return a function that judges params on the task's held-out chunks: loss, score, count.

    On a stream the state is carried from chunk to chunk; otherwise every chunk starts anew.

    Shapes: none.

        >>> from jaxrnn.runs.settings import default_settings
        >>> parts = build(default_settings("sine"))
        >>> evaluator(parts)(first_state(parts).params)["tokens"]
        20.0
    """
    task, output = parts.task, parts.model.output

    def score(head: Any, ys: Array, targets: Any) -> Array:
        return task.score(output.apply(head, ys), targets)

    measure = measure_outputs(parts.problem, {"score": score}, stream=task.stream)
    return lambda params: evaluate(measure, params, task.evaluation)
