"""A model that compiles in a moment, with everything random in it, and batches by their number."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn import Dropout, Elman
from jaxrnn.gradients import Chunk, Params, Problem
from jaxrnn.models import Output

T, B, D, H = 6, 4, 2, 3
HEAD = Output(1)


def loss(head, ys, targets):
    return ((HEAD.apply(head, ys) - targets) ** 2).sum(-1)


def problem_of(cell=None):
    return Problem(Dropout(Elman(H), 0.3) if cell is None else cell, loss)


PROBLEM = problem_of()


def params_of(problem=PROBLEM):
    return Params(problem.cell.init(jax.random.key(1), D), HEAD.init(jax.random.key(2), H))


def batch_at(number, *, rows=B, steps=T):
    """A pure function of the number, with a mask, weights and resets."""
    rng = np.random.default_rng((7, number))
    xs = rng.standard_normal((steps, rows, D)).astype(np.float32)
    mask = np.arange(steps)[:, None] < rng.integers(2, steps + 1, rows)
    resets = rng.random((steps, rows)) < 0.1
    weights = (rng.random((steps, rows)) < 0.7).astype(np.float32)
    return Chunk(xs, xs.sum(-1, keepdims=True), weights, mask, resets)


def same_bits(a, b):
    """Whether two states are the same to the last bit, keys and clocks included."""
    plain = [jax.tree.map(_data, tree) for tree in (a, b)]
    assert jax.tree.structure(plain[0]) == jax.tree.structure(plain[1])
    pairs = zip(jax.tree.leaves(plain[0]), jax.tree.leaves(plain[1]), strict=True)
    return all(x.dtype == y.dtype and x.tobytes() == y.tobytes() for x, y in pairs)


def _data(leaf):
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf)


def stored(state):
    """A copy by way of NumPy, as from a file: nothing of the process is in it."""

    def copy(leaf):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(jnp.asarray(np.array(jax.random.key_data(leaf))))
        return jnp.asarray(np.array(leaf))

    return jax.tree.map(copy, state)


class Numbers(NamedTuple):
    """A chunk for losses without a recurrence."""

    x: object
    weight: object


def linear(params, chunk, key):
    """A loss whose gradient is the mean of x: whatever is wanted can be put there."""
    del key
    return (params["w"] * chunk.x * chunk.weight).sum(), chunk.weight.sum()
