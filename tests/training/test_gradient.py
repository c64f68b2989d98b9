"""One chunk, its mean loss and its gradient: by a method on a stream and off it, by autodiff."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn import Elman
from jaxrnn.gradients import Chunk, accumulate, bptt, rtrl, tbptt, uoro
from jaxrnn.gradients.scale import chunk_mean
from jaxrnn.randomness import with_key
from jaxrnn.training import by_autodiff, by_method, init_state, make_step
from tests.training.tiny import (
    PROBLEM,
    B,
    H,
    T,
    batch_at,
    loss,
    params_of,
    problem_of,
    same_bits,
)  # fmt: skip

KEY = jax.random.key(5)


def taken_by(gradient, params, carry, chunk, step=0):
    return jax.jit(gradient.take)(params, carry, chunk, KEY, jnp.int32(step))


def close(a, b, tolerance=1e-6):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def test_a_chunk_that_starts_anew_is_accumulate_on_the_mean():
    method = tbptt(4)
    params, chunk = params_of(), jax.tree.map(jnp.asarray, batch_at(0))
    taken = taken_by(by_method(PROBLEM, method), params, None, chunk, 3)
    masks = jax.random.fold_in(jax.random.fold_in(KEY, 3), 0)
    state = with_key(PROBLEM.cell.init_state(params.cell, B), masks)
    want, grads, _ = accumulate(method, PROBLEM, params, state, chunk_mean(chunk))
    close((taken.loss, taken.grads), (want, grads))
    assert taken.tokens == (np.asarray(chunk.weights) * np.asarray(chunk.mask)).sum()


def test_masks_depend_on_the_step_and_the_key_alone():
    params, chunk, gradient = params_of(), batch_at(0), by_method(PROBLEM, bptt())
    take = jax.jit(lambda key, step: gradient.take(params, None, chunk, key, step).loss)
    one = take(KEY, jnp.int32(1))
    assert one == take(KEY, jnp.int32(1))
    assert one != take(KEY, jnp.int32(2))
    assert one != take(jax.random.key(6), jnp.int32(1))


@pytest.mark.parametrize("method", [tbptt(2, 5), rtrl()], ids=repr)
def test_a_stream_in_chunks_is_the_stream_in_one(method):
    """Memory and masks go over the border of chunks: nothing is cut or drawn anew there."""
    params = params_of()
    whole = jax.tree.map(jnp.asarray, batch_at(0, steps=8))._replace(mask=None)
    gradient = by_method(PROBLEM, method, stream=True)
    carry = gradient.init(params, whole, KEY)
    state = carry.state
    # every loss counts once, so that the mean of halves is the mean of the whole
    whole = whole._replace(weights=jnp.ones((8, B)))
    want, grads, end = accumulate(method, PROBLEM, params, state, whole)
    total, found = jnp.zeros(()), jax.tree.map(jnp.zeros_like, params)
    halves = [jax.tree.map(lambda leaf, s=s: leaf[s], whole) for s in (slice(4), slice(4, 8))]
    carry, take = gradient.init(params, halves[0], KEY), jax.jit(gradient.take)
    for step, half in enumerate(halves):
        taken = take(params, carry, half, KEY, jnp.int32(step))
        carry = taken.carry
        total += taken.loss * taken.tokens
        found = jax.tree.map(lambda a, b, n=taken.tokens: a + b * n, found, taken.grads)
    close((total, found), (want, grads), 1e-5)
    close(carry.state.cell, end.state.cell)
    assert carry.state.clock.t == 8
    assert carry.state.clock.key == state.clock.key


def test_a_method_that_draws_draws_anew_at_each_step():
    problem = problem_of(Elman(H))
    gradient, params = by_method(problem, uoro()), params_of(problem)
    take = jax.jit(lambda step: gradient.take(params, None, batch_at(0), KEY, step).grads.cell.w_h)
    assert (take(jnp.int32(1)) == take(jnp.int32(1))).all()
    assert (take(jnp.int32(1)) != take(jnp.int32(2))).any()


def test_autodiff_is_the_method_where_both_apply():
    problem = problem_of(Elman(H))
    params, chunk = params_of(problem), jax.tree.map(jnp.asarray, batch_at(1))._replace(resets=None)

    def total(params, chunk, key):
        del key
        h, sums = jnp.zeros((B, H)), jnp.zeros(())
        for t in range(T):
            _, new = problem.cell.step(
                params.cell, problem.cell.init_state(params.cell, B)._replace(h=h),
                problem.cell.project(params.cell, chunk.xs[t]),
            )  # fmt: skip
            h = jnp.where(chunk.mask[t][:, None], new, h)
            weight = jnp.where(chunk.mask[t], chunk.weights[t], 0)
            sums += (loss(params.head, h, chunk.targets[t]) * weight).sum()
        return sums, jnp.where(chunk.mask, chunk.weights, 0).sum()

    by_loss = taken_by(by_autodiff(total), params, None, chunk)
    by_scan = taken_by(by_method(problem, bptt()), params, None, chunk)
    close(by_loss[:3], by_scan[:3])


@pytest.mark.parametrize("nothing", ["no weight", "no valid step", "B = 0", "T = 0"])
def test_e24_the_mean_over_no_tokens_is_0_and_makes_no_update(nothing):
    problem = problem_of(Elman(H))
    chunk = jax.tree.map(jnp.asarray, batch_at(0))
    if nothing == "no weight":
        chunk = chunk._replace(weights=jnp.zeros((T, B)), targets=jnp.full((T, B, 1), jnp.nan))
    elif nothing == "no valid step":
        chunk = chunk._replace(mask=jnp.zeros((T, B), bool), xs=jnp.full_like(chunk.xs, jnp.nan))
    else:
        part = (slice(None), slice(0)) if nothing == "B = 0" else slice(0)
        chunk = jax.tree.map(lambda leaf: leaf[part], chunk)
    gradient, optimizer = by_method(problem, bptt()), optax.sgd(0.1, momentum=0.9)
    state = init_state(gradient, optimizer, params_of(problem), chunk, KEY)
    moving = jax.tree.map(jnp.ones_like, state.opt_state)
    state = state._replace(opt_state=moving)
    after, report = jax.jit(make_step(gradient, optimizer))(state, chunk)
    assert report.finite and report.tokens == report.loss == report.grad_norm == 0
    assert same_bits(after._replace(step=state.step), state)  # momentum did not move it either


def test_e24_the_mean_of_a_plain_loss_over_no_tokens_is_0():
    def nothing(params, chunk, key):
        return (params * chunk).sum(), chunk.size

    taken = by_autodiff(nothing).take(jnp.float32(2), None, jnp.ones((0, 3)), KEY, 0)
    assert [float(value) for value in taken[:3]] == [0, 0, 0]


def test_a_learned_start_is_learned():
    cell = Learned(Elman(H))
    problem = problem_of(cell)
    params = params_of(problem)
    chunk = Chunk(*jax.tree.map(jnp.asarray, batch_at(0))[:2])
    taken = taken_by(by_method(problem, bptt()), params, None, chunk)
    assert (taken.grads.cell[1] != 0).all()
    fixed = by_method(problem, bptt(), start=lambda p, batch: cell.init_state(p, batch))
    assert (taken_by(fixed, params, None, chunk).grads.cell[1] == 0).all()


@dataclasses.dataclass(frozen=True)
class Learned:
    """An Elman cell whose first state is learned."""

    cell: Elman

    def init(self, key, input_size):
        return self.cell.init(key, input_size), jnp.ones(self.cell.hidden_size)

    def init_state(self, params, batch=()):
        state = self.cell.init_state(params[0], batch)
        return state._replace(h=state.h + params[1])

    def project(self, params, x):
        return self.cell.project(params[0], x)

    def step(self, params, state, u):
        return self.cell.step(params[0], state, u)
