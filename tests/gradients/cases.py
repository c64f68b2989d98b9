"""Small asymmetric problems, and the distance between gradients."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.gradients import Chunk, Params, Problem
from jaxrnn.testing.cells import randomise

WIDTH = 2  # of inputs and of targets


def loss(head, ys, targets):
    return jnp.square(jnp.tanh(ys) @ head - targets).sum(-1)


def problem_of(cell, steps=7, batch=2, **marks):
    """Return (problem, params, chunk), random; `marks` are a chunk's weights, mask, resets."""
    params = randomise(cell.init(jax.random.key(0), WIDTH), 1)
    state = cell.init_state(params)
    _, y = cell.step(params, state, cell.project(params, jnp.zeros(WIDTH)))
    head = randomise(jnp.zeros((y.shape[-1], WIDTH)), 2)
    xs, targets = (randomise(jnp.zeros((steps, batch, WIDTH)), seed) for seed in (3, 4))
    return Problem(cell, loss), Params(params, head), Chunk(xs, targets, **marks)


def flat(tree):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])


def distance(got, want):
    """Return the relative distance of two gradients."""
    got, want = flat(got), flat(want)
    return np.linalg.norm(got - want) / np.linalg.norm(want)


def marks(steps=7, batch=2):
    """Return weights with zeros, a mask with holes and resets."""
    generator = np.random.default_rng(5)
    shape = (steps, batch)
    return {
        "weights": jnp.asarray(generator.choice([0.0, 0.5, 2.0], shape)),
        "mask": jnp.asarray(generator.random(shape) < 0.8),
        "resets": jnp.asarray(generator.random(shape) < 0.25),
    }
