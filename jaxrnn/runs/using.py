"""What a trained run is for: to be judged, to answer, to write on."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.data import pad_to_bucket
from jaxrnn.drivers import generate, scan
from jaxrnn.models.sampling import sample
from jaxrnn.runs.building import build, evaluator
from jaxrnn.runs.errors import RunError, mendable
from jaxrnn.runs.opened import Opened
from jaxrnn.tasks.codecs import CharacterCodec
from jaxrnn.tasks.task import Task

__all__ = ["judge", "predict", "write_on"]

_BUCKETS = tuple(2**n for n in range(3, 31))  # lengths that are compiled


def judge(run: Opened) -> tuple[Task, dict[str, float]]:
    """Return the task of a run and how its params do on the held-out data.

    Shapes: none.
    Raises: RunError if the data can't be read.

        >>> from jaxrnn.runs.building import first_state
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("sine")
        >>> parts = build(settings)
        >>> run = Opened(settings, parts.model, first_state(parts).params, parts.task.codec, 0)
        >>> judge(run)[1]["loss"] > 0
        True
    """
    parts = build(run.settings)
    return parts.task, evaluator(parts)(run.params)


def _outputs(run: Opened, xs: np.ndarray) -> np.ndarray:
    """Return the outputs `[T, O]` for a sequence `[T, D]`."""
    padded, lengths = pad_to_bucket([xs], _BUCKETS)
    ys = scan(run.model.cell, run.params.cell, None, jnp.asarray(padded), lengths=lengths)[1]
    return np.asarray(run.model.output.apply(run.params.head, ys))[: len(xs), 0]


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
    with mendable():
        sequences = run.codec.inputs(text)
    for xs in sequences:
        yield run.codec.answer(_outputs(run, xs))


def write_on(
    run: Opened, prompt: str, length: int, *, seed: int = 0, temperature: float = 1.0,
    top_k: int = 0, nucleus: float = 1.0,
) -> str:  # fmt: skip
    """Return `length` characters that a character model writes after a prompt.

    Shapes: none.
    Raises: RunError if it is no character model, or doesn't know a character of the prompt.

        >>> from jaxrnn.runs.building import first_state
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("charlm")
        >>> parts = build(settings)
        >>> run = Opened(settings, parts.model, first_state(parts).params, parts.task.codec, 0)
        >>> len(write_on(run, "The ", 5))
        5
    """
    if not isinstance(run.codec, CharacterCodec):
        raise RunError(f"the task {run.settings.task} has no text to generate; charlm has.")
    with mendable():
        if not prompt:
            raise ValueError("--prompt is empty: give at least one character, such as a newline.")
        xs = run.codec.one_hot(run.codec.vocabulary.encode(prompt))
    model, params, width = run.model, run.params, run.codec.input_size

    def draw(y: Any, key: Any) -> Array:
        logits = model.output.apply(params.head, y)
        chosen = sample(key, logits, temperature=temperature, top_k=top_k, nucleus=nucleus)
        return jax.nn.one_hot(chosen, width, dtype=xs.dtype)

    first_key, key = jax.random.split(jax.random.key(seed))
    state, ys = scan(model.cell, params.cell, None, jnp.asarray(xs))
    with mendable():
        first = draw(ys[-1], first_key)
    written = [first[None]]
    if length > 1:
        written.append(
            generate(model.cell, params.cell, state, first, length - 1, draw, key=key)[1].xs
        )
    return run.codec.vocabulary.decode(np.concatenate(written).argmax(-1))
