"""A language model writes: on from a prompt, or in turns with a person."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.data import pad_to_bucket
from jaxrnn.drivers import generate, scan
from jaxrnn.models.sampling import sample
from jaxrnn.runs.errors import RunError, mendable
from jaxrnn.runs.opened import Opened
from jaxrnn.tasks.model import Model

__all__ = ["converse", "write_on"]

_BUCKETS = tuple(2**n for n in range(4, 31))  # lengths of lines that are compiled

Draw = Callable[[Any, Any], Array]  # (y, key) -> the next input


def _writer(run: Opened, **sampling: Any) -> tuple[Cell, Draw]:
    """Return the cell, and how the next input is drawn from one of its outputs.

    Raises: RunError if the run is no language model.
    """
    codec, model = run.codec, run.model
    if not hasattr(codec, "next_input") or not isinstance(model, Model):
        raise RunError(
            f"the task {run.settings.task} has no text to generate; charlm and wordlm have."
        )

    def draw(y: Any, key: Any) -> Array:
        logits = model.output.apply(run.params.head, y)
        logits = logits.at[..., list(codec.never)].set(-jnp.inf) if codec.never else logits
        return codec.next_input(sample(key, logits, **sampling))

    return model.cell, draw


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
    cell, draw = _writer(run, temperature=temperature, top_k=top_k, nucleus=nucleus)
    with mendable():
        xs = run.codec.read(prompt)
        if not len(xs):
            raise ValueError("--prompt is empty: give at least one character, such as a newline.")
    params = run.params.cell
    first_key, key = jax.random.split(jax.random.key(seed))
    state, ys = scan(cell, params, None, jnp.asarray(xs))
    with mendable():
        first = draw(ys[-1], first_key)
    written = [first[None]]
    if length > 1:
        written.append(generate(cell, params, state, first, length - 1, draw, key=key)[1].xs)
    return run.codec.text(run.codec.ids_of(np.concatenate(written)))


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
    cell, draw = _writer(run, temperature=temperature, top_k=top_k, nucleus=nucleus)
    params, codec = run.params.cell, run.codec

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
