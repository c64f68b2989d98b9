"""A language model writes: on from a prompt, or in turns with a person."""

from collections.abc import Iterable, Iterator
from typing import Any

import jax
import numpy as np
from jax import Array

from jaxrnn.data import doubling, pad_to_bucket
from jaxrnn.drivers import scan
from jaxrnn.runs.errors import RunError, mendable
from jaxrnn.runs.opened import Opened
from jaxrnn.tasks.language.writing import drawing, written_on
from jaxrnn.tasks.model import Model

__all__ = ["converse", "write_on"]

_BUCKETS = doubling(16)  # lengths of lines that are compiled


def _known_writer(run: Opened) -> Model:
    """Return the model, if it is one of language.

    Raises: RunError if not.
    """
    if not hasattr(run.codec, "next_input") or not isinstance(run.model, Model):
        raise RunError(
            f"the task {run.settings.task} has no text to generate; charlm and wordlm have."
        )
    return run.model


def write_on(
    run: Opened, prompt: str, length: int, *, seed: int = 0, temperature: float = 1.0,
    top_k: int = 0, nucleus: float = 1.0,
) -> str:  # fmt: skip
    """Return `length` tokens, such as characters, that a language model writes after a prompt.

    Shapes: none.
    Raises: RunError if it is no language model, or doesn't know a character of the prompt.

        >>> from jaxrnn.runs.building import build, first_state
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("charlm")
        >>> parts = build(settings)
        >>> run = Opened(settings, parts.model, first_state(parts).params, parts.task.codec, 0)
        >>> len(write_on(run, "The ", 5))
        5
    """
    model = _known_writer(run)
    with mendable():
        xs = run.codec.read(prompt)
        if not len(xs):
            raise ValueError("--prompt is empty: give at least one character, such as a newline.")
        return written_on(
            model, run.params, run.codec, xs, length, seed=seed, temperature=temperature,
            top_k=top_k, nucleus=nucleus,
        )  # fmt: skip


def converse(
    run: Opened, lines: Iterable[str], length: int, *, seed: int = 0, temperature: float = 1.0,
    top_k: int = 0, nucleus: float = 1.0,
) -> Iterator[str]:  # fmt: skip
    """Answer each line with what the model writes after it, up to the end of a line.

    All that was said before is in the state of the network, and nowhere else.

    Shapes: none.
    Args: length, the most tokens of an answer.
    Raises: RunError if it is no language model.

        >>> from jaxrnn.runs.building import build, first_state
        >>> from jaxrnn.runs.settings import default_settings
        >>> settings = default_settings("charlm")
        >>> parts = build(settings)
        >>> run = Opened(settings, parts.model, first_state(parts).params, parts.task.codec, 0)
        >>> len(list(converse(run, ["Hello", "\u2603", "So?"], 5)))
        3
    """
    model, params, codec = _known_writer(run), run.params.cell, run.codec
    cell = model.cell
    draw = drawing(model, run.params, codec, temperature=temperature, top_k=top_k, nucleus=nucleus)

    @jax.jit
    def hear(state: Any, xs: Array, lengths: Array) -> tuple[Any, Array]:
        state, ys = scan(cell, params, state, xs, lengths=lengths, padding="hold")
        return state, ys[-1]

    @jax.jit
    def say(state: Any, y: Array, key: Array) -> tuple[Any, Array, Array]:
        x = draw(y, key)
        state, ys = scan(cell, params, state, x[None])
        return state, ys[0], x

    key = jax.random.key(seed)
    state = cell.init_state(params, (1,))
    for line in lines:
        try:
            xs = codec.read(line + "\n")
        except ValueError as error:
            yield f"({error})"
            continue
        padded, lengths = pad_to_bucket([np.asarray(xs)], _BUCKETS)
        state, y = hear(state, padded, lengths)
        written: list[np.ndarray] = []
        while len(written) < length:
            key, of_token = jax.random.split(key)
            state, y, x = say(state, y, of_token)
            written.append(np.asarray(x[0]))
            if codec.text(codec.ids_of(written[-1][None])).endswith("\n"):
                break
        yield codec.text(codec.ids_of(np.stack(written))).strip()
