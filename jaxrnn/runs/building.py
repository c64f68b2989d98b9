"""From settings to everything that training needs."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import optax

from jaxrnn.compare.methods import parse_method, within
from jaxrnn.runs.errors import mendable
from jaxrnn.runs.settings import RunSettings
from jaxrnn.tasks.judging import measure_of, problem_of
from jaxrnn.tasks.kinds import find_kind
from jaxrnn.tasks.model import Model, make_model
from jaxrnn.tasks.network import Network
from jaxrnn.tasks.task import Task
from jaxrnn.training.evaluate import evaluate
from jaxrnn.training.gradient import Gradient, by_autodiff, by_method
from jaxrnn.training.optimizers import build_optimizer
from jaxrnn.training.state import TrainState, init_state
from jaxrnn.training.step import Step, make_step

__all__ = ["Parts", "build", "build_model", "evaluator", "first_state"]


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
    model: Model | Network
    gradient: Gradient
    optimizer: optax.GradientTransformation
    step: Step


def build(settings: RunSettings, codec: Any = None) -> Parts:
    """Read the data and put the parts together; nothing is computed.

    Shapes: none.
    Args: codec, of a run that was begun before, None if it is a new one.
    Raises: RunError if the data can't be read or a part refuses another.

        >>> from jaxrnn.runs.settings import default_settings
        >>> build(default_settings("sine")).task.metric
        'MSE'
    """
    with mendable():
        task = find_kind(settings.task).build(settings.data, settings.seed, codec)
        model = build_model(settings, task.codec, (task.input_size, task.output_size))
        optimizer = build_optimizer(settings.optimizer, settings.training.updates)
        gradient = _gradient(settings, task, model)
    step = make_step(gradient, optimizer, average=settings.training.average or None)
    return Parts(settings, task, model, gradient, optimizer, step)


def build_model(settings: RunSettings, codec: Any, sizes: tuple[int, int]) -> Model | Network:
    """Return what is trained.

    Shapes: none.
    Args: codec, of the task; sizes D and O, for a cell under an output layer.
    Raises: ValueError if the settings don't fit each other.

        >>> from jaxrnn.runs.settings import default_settings
        >>> build_model(default_settings("sine"), None, (1, 1)).input_size
        1
    """
    network = find_kind(settings.task).network
    if network is not None:
        return network(settings.model, codec)
    if getattr(codec, "ids", False) and not settings.model.embedding:
        raise ValueError(
            f"model.embedding: the task {settings.task} reads ids of tokens, which need vectors: "
            "expected a number above 0, such as 64, got 0."
        )
    return make_model(settings.model, input_size=sizes[0], output_size=sizes[1])


def _gradient(settings: RunSettings, task: Task, model: Model | Network) -> Gradient:
    name = settings.training.gradient
    method = parse_method(name).method
    if isinstance(model, Model):
        # a window is never padded beyond the chunk
        cut = within(method, task.steps, stream=task.stream)
        return by_method(problem_of(model, task.loss), cut, stream=task.stream)
    if name != "full":
        raise ValueError(
            f"training.gradient: the network of {settings.task} is differentiated as a whole, by "
            f"full, got {name!r}. Other methods need a cell that is read forwards alone."
        )
    return by_autodiff(model.loss)


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


def evaluator(parts: Parts) -> Callable[[Any], dict[str, float]]:
    """Return a function that judges params on the task's held-out chunks: loss, score, count.

    On a stream the state is carried from chunk to chunk; otherwise every chunk starts anew.

    Shapes: none.

        >>> from jaxrnn.runs.settings import default_settings
        >>> parts = build(default_settings("sine"))
        >>> evaluator(parts)(first_state(parts).params)["tokens"]
        20.0
    """
    task = parts.task
    measure = measure_of(parts.model, task.loss, task.score, stream=task.stream)
    return lambda params: evaluate(measure, params, task.evaluation)
