"""What a task is: data, a loss and a metric, told apart from any model or gradient method."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from jax import Array

from jaxrnn.tasks.examination import Examination

__all__ = ["Task"]


def _not_said(outputs: Array, targets: Any) -> Array:
    raise TypeError("the loss and the score of this task are those of its network.")


@dataclasses.dataclass(frozen=True)
class Task:
    """A supervised sequence task: chunks to train on, chunks to be judged on.

    A chunk is `[T, B, ...]`, its weights are 1 where a loss counts and 0 elsewhere (None: all
    count). With `stream` the state is carried from chunk to chunk, B texts read side by side;
    without it every chunk starts anew. Where a network brings its own loss (`jaxrnn.tasks.network`)
    a chunk is what that network reads, and loss and score here are not asked for.
    Fields: name, a word; title and source, for people: what is learned, from which data;
    input_size D and output_size O; steps T and batch B of a training chunk; stream;
    loss `(outputs, targets) -> losses`; score `(outputs, targets) -> scores`, whose mean over the
    counted steps is the metric, named `metric`, better when `higher_is_better`;
    train, update number to chunk, the same number giving the same chunk; evaluation, the held-out
    chunks; settings, what a good first run uses (cell, hidden, layers, learning_rate, updates), of
    tasks that `jaxrnn compare` knows;
    baseline, the held-out loss of a trivial answer, None if it isn't known, and baseline_name, what
    it answers;
    content, a digest of the data, which tells whether a run goes on with what it began with;
    epoch, the chunks in one pass over the data, 0 if it is drawn for ever;
    codec, between what people write and chunks (`jaxrnn.tasks.codecs`), None if there is none;
    examine, `(model, params) -> Examination`, on data that nothing was chosen by, None if there is
    none.
    Shapes: outputs `[T, B, O]`; losses and scores `[T, B]`.

        >>> from jaxrnn.tasks import TASKS
        >>> task = TASKS["sine"]()
        >>> task.metric, task.train(0).xs.shape == (task.steps, task.batch, task.input_size)
        ('MSE', True)
    """

    name: str
    title: str
    source: str
    steps: int
    batch: int
    metric: str
    higher_is_better: bool
    train: Callable[[int], Any]
    evaluation: tuple[Any, ...]
    input_size: int = 0
    output_size: int = 0
    stream: bool = False
    loss: Callable[[Array, Any], Array] = _not_said
    score: Callable[[Array, Any], Array] = _not_said
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    baseline: float | None = None
    baseline_name: str = "the best answer that looks at no input"
    content: str = ""
    epoch: int = 0
    codec: Any = None
    examine: Callable[[Any, Any], Examination] | None = None
