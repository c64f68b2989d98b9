"""A synthetic gradient: zero is truncation, the truth is full BPTT."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn import GRU, LSTM, Elman
from jaxrnn.gradients import accumulate, bptt, online, tbptt
from jaxrnn.gradients.dni import dni, window_gradient
from jaxrnn.gradients.problem import run
from jaxrnn.gradients.tap import nudge, tapped
from jaxrnn.treemath import split_floats
from tests.gradients.cases import distance, marks, problem_of


def true_future(problem, params, state, chunk):
    """Return sum over r > e of dl_r/ds_e at every e: nudges before each step see just those."""
    zeros = [jnp.zeros((8, *leaf.shape)) for leaf in split_floats(state)[0]]

    def total(by):
        return run(*tapped(problem, params, state, nudge, by), chunk)[1].sum()

    return jax.grad(total)(zeros)


@pytest.mark.parametrize("cell", [Elman(3), LSTM(2)], ids=repr)
@pytest.mark.parametrize("marked", [False, True])
def test_the_true_gradient_ahead_makes_it_bptt(cell, marked):
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(cell, 8, **(marks(8) if marked else {}))
        state = cell.init_state(params.cell, 2)
        future = true_future(problem, params, state, chunk)
        total = jax.tree.map(jnp.zeros_like, params)
        for start in (0, 4):
            part = jax.tree.map(lambda a, s=start: a[s : s + 4], chunk)
            zero = [jnp.zeros_like(leaf[0]) for leaf in future]
            ahead = [leaf[4] for leaf in future] if start == 0 else zero
            state, _, grads, before = window_gradient(
                problem, params, state, part, lambda floats, g=ahead: g
            )
            # a mask may hold the state over the first step: then the nudge there is not seen
            if not marked:
                chex.assert_trees_all_close(before, [leaf[start] for leaf in future], rtol=1e-12)
            total = jax.tree.map(jnp.add, total, grads)
        _, full, _ = accumulate(bptt(), problem, params, None, chunk)
        if not marked:
            assert distance(total, full) < 1e-12
        _, cut, _ = accumulate(tbptt(4), problem, params, None, chunk)
        assert distance(cut, full) > 1e-3


def test_without_learning_it_is_truncation():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(GRU(3), 10, **marks(10))
        _, want, _ = accumulate(tbptt(4), problem, params, None, chunk)
        _, got, memory = accumulate(dni(4, 1e-300), problem, params, None, chunk)
        assert distance(got, want) < 1e-12
        assert np.abs(memory.predictor.w).max() > 0  # it did learn, by almost nothing


def test_the_predictor_learns_and_brings_the_gradient_nearer():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(Elman(3), 3000, 4)
        _, full, _ = accumulate(bptt(), problem, params, None, chunk)
        _, cut, _ = accumulate(tbptt(2), problem, params, None, chunk)
        _, learned, _ = accumulate(dni(2, 0.05), problem, params, None, chunk)
        assert distance(learned.cell, full.cell) < 0.5 * distance(cut.cell, full.cell)


def test_resumes_bit_for_bit():
    problem, params, chunk = problem_of(GRU(3), 12)
    method, optimizer = dni(3, 0.1), optax.sgd(0.01)
    memory = method.init(problem, params, problem.cell.init_state(params.cell, 2), chunk)
    start = (params, optimizer.init(params), memory)
    whole, _ = online(method, problem, optimizer, *start, chunk)
    half, _ = online(method, problem, optimizer, *start, jax.tree.map(lambda a: a[:6], chunk))
    saved = jax.tree.map(lambda a: jnp.asarray(np.asarray(a)), half)
    again, _ = online(method, problem, optimizer, *saved, jax.tree.map(lambda a: a[6:], chunk))
    chex.assert_trees_all_equal(again, whole)
