"""KF-RTRL: over all signs its mean is BPTT's gradient, exactly."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import pytest

from jaxrnn import GRU, LSTM, Elman, GRUResetBefore, IndRNN, LayerNormLSTM
from jaxrnn.gradients import Chunk
from jaxrnn.gradients.kf_rtrl import kf_rtrl, signed_step
from tests.gradients.forward import (
    Leaky,
    check_stream,
    full,
    off,
    prepared,
    ragged,
    refused,
    total,
)  # fmt: skip


def every_gradient(problem, params, chunk):
    """Return the gradients for all signs that matter, `[patterns, ...]`.

    The first factors are an input and its derivative, and the last are not used: their signs,
    which only turn both factors, are 1.
    """
    steps, pairs = chunk.xs.shape[0], 2
    free = itertools.product((1.0, -1.0), repeat=pairs * (steps - 2))
    drawn = jnp.array(list(free)).reshape(-1, steps - 2, pairs)
    signs = jnp.pad(drawn, ((0, 0), (1, 1), (0, 0)), constant_values=1.0)
    parts = jax.tree.map(lambda a: a[:, None], chunk)
    memory = kf_rtrl().init(problem, params, problem.cell.init_state(params.cell), chunk)

    def gradient(signs):
        def body(memory, inputs):
            part, sign = inputs
            memory, _, grads = signed_step(problem, params, memory, part, sign)
            return memory, grads

        return jax.tree.map(lambda a: a.sum(0), jax.lax.scan(body, memory, (parts, signs))[1])

    return jax.jit(jax.vmap(gradient))(signs)


@pytest.mark.parametrize(
    ("cell", "steps"), [(Elman(2), 6), (GRU(1), 5), (LSTM(1, peephole=True), 5)], ids=repr
)
def test_the_mean_over_all_signs_is_bptt(cell, steps):
    with jax.enable_x64(True):
        problem, params, chunk = prepared(cell, steps, (), 2)
        each = every_gradient(problem, params, chunk)
        want = full(problem, params, chunk)[1]
        assert each.head.shape[0] == 4 ** (steps - 2)
        assert off(jax.tree.map(lambda a: a.mean(0), each), want) < 1e-12
        # one draw is far off, in the matrices only: vectors go forward exactly
        one = jax.tree.map(lambda a: a[1], each)
        assert off((one.cell.w_x, one.cell.w_h), (want.cell.w_x, want.cell.w_h)) > 1e-3
        assert off(one.cell[2:], want.cell[2:]) < 1e-12


def test_the_mean_keeps_resets_and_holes():
    with jax.enable_x64(True):
        problem, params, chunk = prepared(Elman(2), 6, (), 2)
        mask = jnp.array([True, True, True, False, True, True])
        resets = jnp.array([False, False, True, True, False, False])
        xs = jnp.where(mask[:, None], chunk.xs, jnp.nan)
        chunk = Chunk(xs, chunk.targets, jnp.linspace(0, 2, 6), mask, resets)
        each = every_gradient(problem, params, chunk)
        want = full(problem, params, chunk)[1]
        assert off(jax.tree.map(lambda a: a.mean(0), each), want) < 1e-12
        memory = kf_rtrl().init(problem, params, problem.cell.init_state(params.cell), chunk)
        step = jax.jit(partial(signed_step, problem))
        memories = []
        for t in range(4):
            part = jax.tree.map(lambda a, t=t: a[t : t + 1], chunk)
            memory, _, _ = step(params, memory, part, jnp.ones(2))
            memories.append(memory)
        after, held = memories[2:]
        # after a reset the past is gone, and a step that does not exist changes nothing
        assert off(after.factors[0].a / after.factors[0].a[0], xs[2] / xs[2, 0]) < 1e-12
        assert off(held, after) == 0


def test_what_is_no_matrix_is_exact_with_a_learned_start_too():
    with jax.enable_x64(True):
        problem, params, chunk = prepared(Leaky(2))
        chunk = ragged(chunk)
        got, other = (
            total(kf_rtrl(), problem, params, chunk, key=jax.random.key(s)) for s in (3, 4)
        )
        want = full(problem, params, chunk)
        assert off((got[0], got[1].cell[2:]), (want[0], want[1].cell[2:])) < 1e-12
        assert off(other[1].cell[:2], got[1].cell[:2]) > 1e-3


def test_a_cell_without_a_recurrent_matrix_has_one_pair():
    with jax.enable_x64(True):
        problem, params, chunk = prepared(IndRNN(2, activation="tanh"), 3)
        _, got, memory = total(kf_rtrl(), problem, params, chunk, key=jax.random.key(0))
        want = full(problem, params, chunk)[1]
        assert len(memory.factors) == 1
        assert off((got.cell.w_h, got.cell.b), (want.cell.w_h, want.cell.b)) < 1e-12


def test_it_is_a_method_like_any_other():
    with jax.enable_x64(True):
        check_stream(kf_rtrl(2), Elman(2), jax.random.key(1))


def test_it_needs_a_key():
    problem, params, chunk = prepared(Elman(2))
    with pytest.raises(ValueError, match=r"kf_rtrl: .* needs a key, got None.*jax.random.key"):
        total(kf_rtrl(), problem, params, chunk)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (GRUResetBefore(3), r"kf_rtrl: needs recur and update .*Use uoro\(\) or rtrl\(\)"),
        (LayerNormLSTM(3), r"needs project\(x\) = x @ w_x \+ b"),
        (LSTM(8, proj_size=7), r"needs params that are w_x, w_h and vectors"),
    ],
)
def test_what_it_does_not_fit_is_refused(cell, text):
    refused(kf_rtrl(), cell, text)


def test_a_length_below_one():
    with pytest.raises(ValueError, match="kf_rtrl: length must be greater than zero"):
        kf_rtrl(0)
