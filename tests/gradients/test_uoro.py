"""UORO: the mean over every pattern of signs is the full gradient."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Elman, LearnedState, Zoneout, with_key
from jaxrnn.gradients import accumulate, bptt
from jaxrnn.gradients.uoro import uoro, uoro_step
from jaxrnn.treemath import split_floats
from tests.gradients.cases import distance, flat, problem_of
from tests.gradients.laws import keeps_losses_and_head, resumes_bit_for_bit

STEPS, SIZE = 4, 2  # of time, and of the state of the whole batch
PATTERNS = np.array(list(itertools.product([-1.0, 1.0], repeat=STEPS * SIZE)))
HOLES = {
    "mask": np.array([[True, True], [False, True], [True, True], [True, False]]),
    "resets": np.array([[False, False], [False, False], [False, True], [False, False]]),
    "weights": np.array([[0.5, 2.0], [1.0, 0.0], [1.0, 1.0], [3.0, 1.0]]),
}
START = {"resets": np.array([[True], [False], [False], [False]])}


def gradients_of_all_patterns(problem, params, state, chunk):
    memory = uoro().init(problem, params, state, chunk)
    parts = jax.tree.map(lambda leaf: leaf[:, None], chunk)

    def one(pattern):
        pattern = pattern.reshape(STEPS, SIZE)

        def body(memory, inputs):
            part, row = inputs
            ends = np.cumsum([leaf.size for leaf in memory.by_state])[:-1]
            signs = zip(jnp.split(row, ends), memory.by_state, strict=True)
            signs = [s.reshape(leaf.shape) for s, leaf in signs]
            memory, _, grads = uoro_step(problem, params, memory, part, signs)
            return memory, grads

        return jax.tree.map(lambda g: g.sum(0), jax.lax.scan(body, memory, (parts, pattern))[1])

    return jax.jit(jax.vmap(one))(PATTERNS)


@pytest.mark.parametrize(
    ("cell", "batch", "marks"),
    [
        pytest.param(Elman(2), 1, {}, id="Elman"),
        pytest.param(LSTM(1), 1, {}, id="two fields"),
        pytest.param(Elman(1), 2, HOLES, id="a batch with holes is one system"),
        pytest.param(Zoneout(GRU(2), 0.3), 1, {}, id="random masks"),
        pytest.param(LearnedState(Elman(2)), 1, START, id="a learned start"),
    ],
)
def test_the_mean_over_all_signs_is_bptt(cell, batch, marks):
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(cell, STEPS, batch, **jax.tree.map(jnp.asarray, marks))
        state = with_key(cell.init_state(params.cell, batch), jax.random.key(7))
        assert sum(leaf.size for leaf in split_floats(state)[0]) == SIZE
        _, full, _ = accumulate(bptt(), problem, params, state, chunk)
        each = gradients_of_all_patterns(problem, params, state, chunk)
        assert distance(jax.tree.map(lambda g: g.mean(0), each), full) < 1e-12
        first = jax.tree.map(lambda g: g[0], each)
        assert distance(first.cell, full.cell) > 1e-2  # one pattern is no BPTT
        assert distance(first.head, full.head) < 1e-12


def test_losses_and_head_are_exact_and_signs_are_those_of_the_key():
    with jax.enable_x64(True):
        run = lambda seed: keeps_losses_and_head(uoro(3), GRU(2), jax.random.key(seed))  # noqa: E731
        grads = run(0)
        assert distance(run(0), grads) == 0
        assert distance(run(1).cell, grads.cell) > 1e-2


def test_both_factors_of_each_term_are_of_one_size():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(GRU(2), 1)
        step = jax.jit(lambda memory, signs: uoro_step(problem, params, memory, chunk, [signs])[0])
        signs = jnp.array([[1.0, -1.0], [1.0, 1.0]])
        state = problem.cell.init_state(params.cell, 2)
        memory = step(uoro().init(problem, params, state, chunk), signs)
        both = step(memory, signs), step(memory, -signs)
        for sign in (1, -1):  # the old term is even in the newest signs, the new one odd
            size_s, size_p = (
                np.linalg.norm(flat(a) + sign * flat(b))
                for a, b in zip(both[0][1:], both[1][1:], strict=True)
            )
            assert size_s > 0.1
            np.testing.assert_allclose(size_s, size_p, rtol=1e-5)


def test_padding_leaves_the_estimate_as_it_is():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(Elman(2), 1, mask=jnp.ones((1, 2), bool))
        step = jax.jit(lambda *a: uoro_step(problem, params, *a))
        state = problem.cell.init_state(params.cell, 2)
        signs = [jnp.array([[1.0, -1.0], [1.0, 1.0]])]
        memory, _, _ = step(uoro().init(problem, params, state, chunk), chunk, signs)
        nothing = chunk._replace(mask=jnp.zeros((1, 2), bool), xs=jnp.full_like(chunk.xs, jnp.nan))
        after, loss, grads = step(memory, nothing, signs)

        def estimate(memory):
            return jax.tree.map(lambda p: jnp.outer(memory.by_state[0], p), memory.by_params)

        assert distance(estimate(after), estimate(memory)) < 1e-12
        assert float(loss[0]) == 0 and not any(map(np.any, jax.tree.leaves(grads)))


def test_resumes():
    resumes_bit_for_bit(uoro(length=2), jax.random.key(1))


def test_needs_a_key():
    problem, params, chunk = problem_of(Elman(2))
    with pytest.raises(ValueError, match="uoro: key is None, but the signs are random"):
        accumulate(uoro(), problem, params, None, chunk)
    with pytest.raises(ValueError, match="uoro: length must be greater than zero, got 0"):
        uoro(0)
