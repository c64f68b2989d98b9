"""Tasks of a few numbers, so that a whole comparison takes seconds."""

import dataclasses

import jax
import jax.numpy as jnp

from jaxrnn.gradients import Chunk
from jaxrnn.tasks import Task

T, B = 6, 3


def _squares(outputs, targets):
    return jnp.square(outputs - targets).sum(-1)


def _hits(outputs, targets):
    return (jnp.abs(outputs - targets).sum(-1) < 0.5).astype(outputs.dtype)


def _chunk(number, steps, weights=None):
    xs = jax.random.normal(jax.random.fold_in(jax.random.key(5), number), (steps, B, 2))
    targets = jnp.cumsum(xs, axis=0)[..., :1]  # the whole past counts
    return Chunk(xs, targets, weights)


def stream(**changes):
    """A task with a loss at every step and the state carried over."""
    task = Task(
        name="tiny",
        title="What is the sum so far?",
        source="random numbers",
        input_size=2,
        output_size=1,
        steps=T,
        batch=B,
        stream=True,
        loss=_squares,
        score=_hits,
        metric="hits",
        higher_is_better=True,
        train=lambda number: _chunk(number, T),
        evaluation=(_chunk(100, 9), _chunk(101, 9)),
        settings={"cell": "elman", "hidden": 4, "layers": 1, "learning_rate": 0.02, "updates": 4},
    )
    return dataclasses.replace(task, **changes)


def at_the_end(**changes):
    """A task with one loss, at the last step, and a fresh state for every chunk."""
    last = jnp.zeros((T, B)).at[-1].set(1)
    return stream(stream=False, train=lambda number: _chunk(number, T, last), **changes)
