"""Random cuts lose nothing in the mean: every pattern of cuts, with its probability."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Dropout, Elman, LearnedState, with_key
from jaxrnn.gradients import accumulate, bptt
from jaxrnn.gradients.artbp import artbp
from jaxrnn.gradients.bptt import BPTTMemory
from tests.gradients.cases import distance, marks, problem_of

STEPS = 6
PATTERNS = np.array(list(itertools.product([False, True], repeat=STEPS - 1)))


def mean_over_patterns(method, problem, params, state, chunk):
    memory = BPTTMemory(state)

    def one(cuts):
        grads = method.with_cuts(problem, params, memory, chunk, cuts)[2]
        return method.factors(cuts)[1], grads

    chances, grads = jax.jit(jax.vmap(one))(PATTERNS)
    np.testing.assert_allclose(chances.sum(), 1, rtol=1e-12)
    return jax.tree.map(lambda g: jnp.tensordot(chances, g, 1), grads), grads


@pytest.mark.parametrize("cell", [Elman(3), LSTM(2), Dropout(GRU(2), 0.3)], ids=repr)
@pytest.mark.parametrize("marked", [False, True])
def test_the_mean_over_all_patterns_is_bptt(cell, marked):
    with jax.enable_x64(True):
        options = marks(STEPS) if marked else {}
        problem, params, chunk = problem_of(cell, STEPS, **options)
        state = with_key(cell.init_state(params.cell, 2), jax.random.key(7))
        _, full, _ = accumulate(bptt(), problem, params, state, chunk)
        mean, each = mean_over_patterns(artbp(2.5), problem, params, state, chunk)
        assert distance(mean, full) < 1e-12
        first = jax.tree.map(lambda leaf: leaf[0], each)
        assert distance(first, full) > 1e-2  # a single pattern is no BPTT


def test_a_learned_start_is_in_the_mean():
    with jax.enable_x64(True):
        cell = LearnedState(GRU(2))
        resets = jnp.zeros((STEPS, 2), bool).at[0].set(True)
        problem, params, chunk = problem_of(cell, STEPS, resets=resets)
        _, full, _ = accumulate(bptt(), problem, params, None, chunk)
        mean, _ = mean_over_patterns(
            artbp(3.0, 5.0), problem, params, cell.init_state(params.cell, 2), chunk
        )
        assert distance(mean, full) < 1e-12
        assert np.abs(full.cell.initial.h).min() > 0


@pytest.mark.parametrize(("mean_length", "tail"), [(4.0, 4.0), (6.0, 6.0), (16.0, 6.0)])
def test_the_mean_length_is_what_was_asked_for(mean_length, tail):
    method = artbp(mean_length, tail)
    with jax.enable_x64(True):
        since = np.arange(1, 2_000_000)
        survival = np.cumprod(1 - method.hazard(since))  # P(length > n)
        np.testing.assert_allclose(1 + survival.sum(), mean_length, rtol=1e-4)


def test_drawn_cuts_have_the_mean_length():
    cuts = jax.vmap(lambda key: artbp(8.0).draw(key, 400))(jax.random.split(jax.random.key(0), 200))
    rate = cuts.mean()
    assert 1 / 9.0 < rate < 1 / 7.0


def test_draws_from_the_key_and_keeps_the_losses():
    problem, params, chunk = problem_of(GRU(3), 12)
    run = lambda key: accumulate(artbp(3.0), problem, params, None, chunk, key=key)  # noqa: E731
    loss, grads, memory = run(jax.random.key(0))
    full, _, after = accumulate(bptt(), problem, params, None, chunk)
    np.testing.assert_array_equal(loss, full)
    np.testing.assert_array_equal(memory.state.h, after.state.h)
    assert distance(run(jax.random.key(0))[1], grads) == 0
    assert distance(run(jax.random.key(1))[1], grads) > 1e-3
    with pytest.raises(ValueError, match="artbp: key is None, but the cuts are random"):
        run(None)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((1.0,), "artbp: mean_length must be greater than 1, got 1.0"),
        ((8, 2), "artbp: tail must be greater than 2, got 2"),
        ((float("nan"),), "artbp: mean_length should be finite"),
    ],
)
def test_fields_out_of_range_are_named(fields, text):
    with pytest.raises(ValueError, match=text):
        artbp(*fields)
