"""What a trained run is for: to be judged, and to answer."""

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxrnn.data import pad_to_bucket
from jaxrnn.drivers import scan
from jaxrnn.runs.building import build, evaluator
from jaxrnn.runs.errors import RunError, mendable
from jaxrnn.runs.opened import Opened
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.task import Task

__all__ = ["judge", "predict"]

_BUCKETS = tuple(2**n for n in range(3, 31))  # lengths that are compiled


def judge(run: Opened) -> tuple[Task, dict[str, float]]:
    """Return the task of a run and how its params do on the held-out data.

    Shapes: none.
    Raises: RunError if the data can't be read, or have changed.

        >>> from jaxrnn.runs.building import first_state
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("sine")
        >>> parts = build(settings)
        >>> run = Opened(settings, parts.model, first_state(parts).params, parts.task.codec, 0)
        >>> judge(run)[1]["loss"] > 0
        True
    """
    parts = build(run.settings, run.codec)
    if run.content not in ("", parts.task.content):
        raise RunError(
            "the data of this run have changed since it was trained: their digest is "
            f"{parts.task.content}, saved was {run.content}. Put them back to judge it."
        )
    return parts.task, evaluator(parts)(run.params)


def _outputs(model: Model, params: Any, xs: np.ndarray) -> np.ndarray:
    """Return the outputs `[T, O]` for a sequence `[T, D]`."""
    padded, lengths = pad_to_bucket([xs], _BUCKETS)
    ys = scan(model.cell, params.cell, None, jnp.asarray(padded), lengths=lengths)[1]
    return np.asarray(model.output.apply(params.head, ys))[: len(xs), 0]


def predict(run: Opened, text: str) -> Iterator[str]:
    r"""Answer each sequence in a text, in a line each.

    Shapes: none.
    Raises: RunError if the task has no words for people, or the text is not what it reads.

        >>> from jaxrnn.runs.building import first_state
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("sine")
        >>> parts = build(settings)
        >>> run = Opened(settings, parts.model, first_state(parts).params, parts.task.codec, 0)
        >>> [line[:2] for line in predict(run, "0.1\n0.5\n\n0.3\n")]
        ['y ', 'y ']
    """
    if run.codec is None:
        raise RunError(f"the task {run.settings.task} has no inputs that people write.")
    if not isinstance(run.model, Model):
        with mendable():
            yield from run.model.predict(run.params, text)
        return
    with mendable():
        sequences = run.codec.inputs(text)
    for xs in sequences:
        outputs = _outputs(run.model, run.params, xs)
        if hasattr(run.codec, "level"):
            outputs = outputs + run.codec.level(xs)
        yield run.codec.answer(outputs)
