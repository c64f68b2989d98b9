"""What a task is: data, a loss and a metric, told apart from any model or gradient method."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jax import Array

from jaxrnn.gradients import Chunk

__all__ = ["Task"]


@dataclasses.dataclass(frozen=True)
class Task:
    """A supervised sequence task: chunks to train on, chunks to be judged on.

    A chunk is `[T, B, ...]`, its weights are 1 where a loss counts and 0 elsewhere (None: all
    count). With `stream` the state is carried from chunk to chunk, B texts read side by side;
    without it every chunk starts anew.
    Fields: name, a word; title and source, for people: what is learned, from which data;
    input_size D and output_size O; steps T and batch B of a training chunk; stream;
    loss `(outputs, targets) -> losses`; score `(outputs, targets) -> scores`, whose mean over the
    counted steps is the metric, named `metric`, better when `higher_is_better`;
    train, update number to chunk, the same number giving the same chunk; evaluation, the held-out
    chunks; settings, what a good first run uses (cell, hidden, layers, learning_rate, updates);
    baseline, the held-out loss of a trivial answer, None if it isn't known, and baseline_name, what
    it answers;
    content, a digest of the data, which tells whether a run goes on with what it began with;
    epoch, the chunks in one pass over the data, 0 if it is drawn for ever;
    codec, between what people write and chunks (`jaxrnn.tasks.codecs`), None if there is none.
    Shapes: outputs `[T, B, O]`; losses and scores `[T, B]`.

        >>> from jaxrnn.tasks import TASKS
        >>> task = TASKS["sine"]()
        >>> task.metric, task.train(0).xs.shape == (task.steps, task.batch, task.input_size)
        ('MSE', True)
    """

    name: str
    title: str
    source: str
    input_size: int
    output_size: int
    steps: int
    batch: int
    stream: bool
    loss: Callable[[Array, Any], Array]
    score: Callable[[Array, Any], Array]
    metric: str
    higher_is_better: bool
    train: Callable[[int], Chunk]
    evaluation: tuple[Chunk, ...]
    settings: dict[str, Any]
    baseline: float | None = None
    baseline_name: str = "the best answer that looks at no input"
    content: str = ""
    epoch: int = 0
    codec: Any = None
