"""Behaviour at the edges, E57-E58: truncated windows, resets inside a sequence."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, RNN, Dropout, Elman, LearnedState, Zoneout, scan, with_key
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, lag_profile, tbptt
from jaxrnn.testing.cells import randomise

T = 7
CELLS = (Elman(4), LSTM(4), Dropout(Zoneout(GRU(4), 0.2), 0.3))


def squares(head, ys, targets):
    return jnp.square(ys @ head - targets).sum(-1)


def prepared(cell, steps=T):
    params = Params(randomise(cell.init(jax.random.key(0), 3), 1), randomise(jnp.zeros((4, 2)), 2))
    chunk = Chunk(randomise(jnp.zeros((steps, 3, 3)), 3), randomise(jnp.zeros((steps, 3, 2)), 4))
    state = with_key(randomise(cell.init_state(params.cell, 3), 5), jax.random.key(6))
    return Problem(cell, squares), params, state, chunk


def by_definition(problem, params, state, chunk, k1, k2):
    """Sum, over every k1 steps, the gradient of their losses through the last k2 steps.

    The slow, obvious version: the states of a full run, and one gradient for each window.
    """
    steps = chunk.xs.shape[0]
    states = [state]
    for t in range(steps):
        states.append(scan(problem.cell, params.cell, states[-1], chunk.xs[t : t + 1])[0])
    total = jax.tree.map(jnp.zeros_like, params)
    for start in range(0, steps, k1):
        end = min(start + k1, steps)
        back = max(start + k1 - k2, 0)  # the grid of a ragged tail is that of a full window

        def loss(params, back=back, start=start, end=end):
            frozen = states[back]  # a constant: the gradient is cut here
            _, ys = scan(problem.cell, params.cell, frozen, chunk.xs[back:end])
            return problem.loss(params.head, ys[start - back :], chunk.targets[start:end]).sum()

        total = jax.tree.map(jnp.add, total, jax.grad(loss)(params))
    return total


@pytest.mark.parametrize("cell", CELLS, ids=repr)
@pytest.mark.parametrize("k1, k2", [(1, 1), (3, 3), (7, 7), (9, 9), (2, 5), (1, 6)])
def test_e57_truncated_windows(cell, k1, k2):
    with jax.enable_x64(True):
        problem, params, state, chunk = prepared(cell)
        loss, grads, memory = accumulate(tbptt(k1, k2), problem, params, state, chunk)
        whole, full, end = accumulate(bptt(), problem, params, state, chunk)
        np.testing.assert_allclose(loss, whole, rtol=1e-12)
        floating = lambda s: [  # noqa: E731 - a ragged tail moves clocks past the end
            a for a in jax.tree.leaves(s) if jnp.issubdtype(a.dtype, jnp.floating)
        ]
        chex.assert_trees_all_close(floating(memory.state), floating(end.state), rtol=1e-12)
        want = by_definition(problem, params, state, chunk, k1, k2)
        chex.assert_trees_all_close(grads, want, rtol=1e-11, atol=1e-11)
        if k2 >= T:
            chex.assert_trees_all_close(grads, full, rtol=1e-12, atol=1e-12)
        else:
            assert float(jnp.abs(grads.cell.w_h - full.cell.w_h).max()) > 1e-4


def test_e57_windows_that_make_no_sense():
    with pytest.raises(ValueError, match="tbptt: k1 must be greater than zero, got 0"):
        tbptt(0)
    with pytest.raises(ValueError, match="k2=3 is smaller than k1=5"):
        tbptt(5, 3)
    with pytest.raises(TypeError, match="k1 should be of type int, got: float"):
        tbptt(2.0)


def test_weights_and_resets_reach_the_windows():
    with jax.enable_x64(True):
        problem, params, state, chunk = prepared(GRU(4))
        generator = np.random.default_rng(0)
        weights = jnp.asarray(generator.random((T, 3)) * (generator.random((T, 3)) < 0.6))
        resets = jnp.asarray(generator.random((T, 3)) < 0.3)
        chunk = chunk._replace(weights=weights, resets=resets)

        def loss(params):
            _, ys = scan(problem.cell, params.cell, state, chunk.xs, resets=resets)
            return (squares(params.head, ys, chunk.targets) * weights).sum()

        want = jax.value_and_grad(loss)(params)
        for method in (bptt(), tbptt(2, T + 1), tbptt(T)):
            got = accumulate(method, problem, params, state, chunk)[:2]
            chex.assert_trees_all_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", [GRU(4), LearnedState(LSTM(4))], ids=repr)
def test_e58_resets_are_separate_runs(cell, reverse):
    with jax.enable_x64(True):
        params = randomise(cell.init(jax.random.key(0), 3), 1)
        xs = randomise(jnp.zeros((T, 2, 3)), 2)
        resets = jnp.zeros((T, 2), bool).at[3].set(True)

        def whole(params, xs):
            return scan(cell, params, None, xs, resets=resets, reverse=reverse)[1]

        def parts(params, xs):
            return jnp.concatenate(
                [scan(cell, params, None, part, reverse=reverse)[1] for part in (xs[:3], xs[3:])]
            )

        chex.assert_trees_all_close(whole(params, xs), parts(params, xs), atol=1e-12)
        weights = randomise(jnp.zeros((T, 2, 4)), 3)
        gradient = lambda run: jax.grad(  # noqa: E731
            lambda p, x: (run(p, x) * weights).sum(), argnums=(0, 1)
        )(params, xs)
        chex.assert_trees_all_close(gradient(whole), gradient(parts), atol=1e-12)


def test_e58_resets_of_a_network():
    rnn = RNN(GRU(4), 2, bidirectional=True)
    params = rnn.init(jax.random.key(0), 3)
    xs = randomise(jnp.zeros((T, 2, 3)), 2)
    resets = jnp.zeros((T, 2), bool).at[3].set(True)
    _, whole = rnn.apply(params, xs, resets=resets)
    parts = [rnn.apply(params, part)[1] for part in (xs[:3], xs[3:])]
    chex.assert_trees_all_close(whole, jnp.concatenate(parts), atol=1e-6)


def test_a_reset_on_a_step_that_is_not_valid_does_nothing():
    cell = GRU(4)
    params = cell.init(jax.random.key(0), 3)
    xs = randomise(jnp.zeros((T, 2, 3)), 2)
    mask = jnp.ones((T, 2), bool).at[3].set(False)
    resets = jnp.zeros((T, 2), bool).at[3].set(True)
    for reverse in (False, True):
        got = scan(cell, params, None, xs, mask=mask, resets=resets, reverse=reverse)
        want = scan(cell, params, None, xs, mask=mask, reverse=reverse)
        chex.assert_trees_all_close(got, want, atol=1e-6)


def test_lag_profile_is_the_gradient_at_each_state():
    with jax.enable_x64(True):
        problem, params, state, chunk = prepared(LSTM(4), steps=5)
        profile = lag_profile(problem, params, state, chunk)
        states = [state]
        for t in range(5):
            states.append(scan(problem.cell, params.cell, states[-1], chunk.xs[t : t + 1])[0])
        for t in range(5):

            def last(s, t=t):
                _, ys = scan(problem.cell, params.cell, s, chunk.xs[t:])
                return problem.loss(params.head, ys[-1], chunk.targets[-1]).sum()

            grad = jax.grad(last)(states[t])
            size = jnp.sqrt(sum(jnp.square(g).sum() for g in grad))
            np.testing.assert_allclose(profile[t], size, rtol=1e-12)
        masked = chunk._replace(mask=jnp.ones(chunk.xs.shape[:-1], bool))
        with pytest.raises(ValueError, match="lag_profile: chunk has a mask or resets"):
            lag_profile(problem, params, state, masked)
