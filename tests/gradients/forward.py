"""What the tests of forward methods share: a small problem, a difference, and a few odd cells."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array

from jaxrnn import Elman, ElmanState, IndRNN, IndRNNState
from jaxrnn.cells import output_width
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, online
from jaxrnn.testing.cells import randomise


def loss(head, ys, targets):
    return jnp.square(ys @ head - targets).sum(-1)


def drawn(cell, width=3):
    """Return asymmetric random params; what `init` draws is never computed."""
    return randomise(jax.eval_shape(lambda: cell.init(jax.random.key(0), width)), 1)


def numbers(seed, *shape):
    return randomise(jax.ShapeDtypeStruct(shape, jnp.zeros(()).dtype), seed)


def prepared(cell, steps=6, batch=(2,), width=3):
    """Return (problem, params, chunk)."""
    params = drawn(cell, width)
    head = numbers(2, output_width(cell, params, width), 2)
    chunk = Chunk(numbers(3, steps, *batch, width), numbers(4, steps, *batch, 2))
    return Problem(cell, loss), Params(params, head), chunk


def ragged(chunk):
    """Add weights, a mask with a hole and padding of NaN, and resets, of which one is masked."""
    steps, rows = chunk.xs.shape[:2]
    mask = np.ones((steps, rows), bool)
    mask[2, 0] = mask[-1, 1] = False
    resets = np.zeros((steps, rows), bool)
    resets[3, 0] = resets[2, 0] = resets[2, 1] = True
    xs = np.where(mask[:, :, None], chunk.xs, np.nan)
    weights = np.linspace(0, 2, steps * rows).reshape(steps, rows)
    return Chunk(*map(jnp.asarray, (xs, chunk.targets, weights, mask, resets)))


def off(got, want):
    """Return the norm of the difference relative to that of `want`, flattened."""
    got, want = (
        np.concatenate([np.ravel(a) for a in jax.tree.leaves(tree)]) for tree in (got, want)
    )
    return np.linalg.norm(got - want) / np.linalg.norm(want)


def total(method, problem, params, chunk, state=None, key=None):
    return accumulate(method, problem, params, state, chunk, key=key)


def full(problem, params, chunk, state=None):
    return accumulate(bptt(), problem, params, state, chunk)


@dataclasses.dataclass(frozen=True)
class Detached:
    """The cell with a constant state inside `recur`: what e-prop is the gradient of."""

    cell: Any

    def init(self, key, input_size):
        return self.cell.init(key, input_size)

    def init_state(self, params, batch=()):
        return self.cell.init_state(params, batch)

    def project(self, params, x):
        return self.cell.project(params, x)

    def step(self, params, state, u):
        r = self.cell.recur(params, jax.lax.stop_gradient(state))
        return self.cell.update(params, state, u, r)


class LeakyParams(NamedTuple):
    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array  # [H]
    start: Array  # [H]


@dataclasses.dataclass(frozen=True)
class Leaky(Elman):
    """A leaky network with a learned start, whose output is no function of its state alone."""

    def init(self, key, input_size):
        w_x, w_h, b = super().init(key, input_size)
        return LeakyParams(w_x, w_h, b, b)

    def init_state(self, params, batch=()):
        return ElmanState(_spread(jnp.tanh(params.start), batch))

    def update(self, params, state, u, r):
        h = 0.7 * state.h + 0.3 * jnp.tanh(u + r)
        return ElmanState(h), h * jax.nn.sigmoid(u)


class RowsParams(NamedTuple):
    w_x: Array  # [D, H]
    w_h: Array  # [H]
    gain: Array  # [2, H]
    start: Array  # [H]


@dataclasses.dataclass(frozen=True)
class Rows(IndRNN):
    """An elementwise cell with a param of two rows and a learned start."""

    def init(self, key, input_size):
        w_x, w_h, b = super().init(key, input_size)
        return RowsParams(w_x, w_h, jnp.stack([w_h, w_h]), b)

    def init_state(self, params, batch=()):
        return IndRNNState(_spread(jnp.tanh(params.start), batch))

    def project(self, params, x):
        return x @ params.w_x

    def update(self, params, state, u, r):
        h = params.gain[0] * jnp.tanh(u + r) + params.gain[1] * state.h
        return IndRNNState(h), h


def _spread(start, batch):
    lead = (batch,) if isinstance(batch, int) else tuple(batch)
    return jnp.broadcast_to(start, (*lead, *start.shape))


def check_stream(method, cell, key=None):
    """Hold a method against what all share: losses, the head, ragged windows, a saved memory."""
    problem, params, chunk = prepared(cell, 7)
    loss, grads, _ = total(method, problem, params, chunk, key=key)
    want, exact, _ = full(problem, params, chunk)
    assert off((loss, grads.head), (want, exact.head)) < 1e-12
    optimizer = optax.sgd(0.01, momentum=0.9)
    memory = method.init(problem, params, cell.init_state(params.cell, 2), chunk)
    start = (params, optimizer.init(params), memory)
    chunk = jax.tree.map(lambda a: a[:4], chunk)
    halves = [jax.tree.map(lambda a, s=s: a[s], chunk) for s in (slice(2), slice(2, 4))]
    first, before = online(method, problem, optimizer, *start, halves[0], key=key)
    saved = jax.tree.map(lambda a: jnp.asarray(np.asarray(a)), first)
    again = [
        online(method, problem, optimizer, *carry, halves[1], key=key) for carry in (first, saved)
    ]
    jax.tree.map(np.testing.assert_array_equal, *again)
    if key is None:  # keys are split over the windows of a call
        whole, losses = online(method, problem, optimizer, *start, chunk)
        jax.tree.map(np.testing.assert_array_equal, whole, again[0][0])
        np.testing.assert_array_equal(losses, jnp.concatenate([before, again[0][1]]))


def refused(method, cell, text):
    params = drawn(cell)
    problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
    chunk = Chunk(jnp.ones((2, 2, 3)), jnp.zeros((2, 2)))
    with pytest.raises(TypeError, match=text):
        accumulate(method, problem, Params(params, None), None, chunk)
