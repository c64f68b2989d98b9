"""Behaviour at the edges, E41-E47 and E51: transforms and compilation."""

import warnings

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, RNN, Dropout, Elman, Zoneout, scan
from jaxrnn.drivers import retrace
from jaxrnn.testing.cells import randomise
from tests.subjects import EVERY_CELL

XS = randomise(jnp.zeros((4, 2, 3)), 2)


@pytest.mark.parametrize("cell", EVERY_CELL, ids=repr)
def test_e41_transforms_of_whole_runs(cell):
    params = randomise(cell.init(jax.random.key(0), 3), 1)

    def loss(params, xs):
        return sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(scan(cell, params, None, xs)[1])
                   if jnp.issubdtype(leaf.dtype, jnp.floating))  # fmt: skip

    grads = jax.jit(jax.grad(loss))(params, XS)
    checkpointed = jax.grad(jax.checkpoint(loss))(params, XS)
    chex.assert_trees_all_close(grads, checkpointed, atol=1e-5, rtol=1e-5)
    # jvp along params agrees with the gradient
    tangent = jax.tree.map(jnp.ones_like, params)
    _, along = jax.jvp(lambda p: loss(p, XS), (params,), (tangent,))
    inner = sum(g.sum() for g in jax.tree.leaves(grads))
    np.testing.assert_allclose(along, inner, rtol=2e-4, atol=1e-4)
    # an ensemble by vmap over params, and a batch by vmap over xs
    pair = jax.tree.map(lambda a: jnp.stack([a, 0.5 * a]), params)
    both = jax.vmap(loss, (0, None))(pair, XS)
    alone = [loss(jax.tree.map(lambda a, i=i: a[i], pair), XS) for i in range(2)]
    np.testing.assert_allclose(both, alone, rtol=1e-5)
    rows = jax.vmap(loss, (None, 1))(params, XS).sum()
    np.testing.assert_allclose(rows, loss(params, XS), rtol=1e-5)


def test_e41_nested_scan():
    cell = GRU(3)
    params = cell.init(jax.random.key(0), 3)
    xs = randomise(jnp.zeros((3, 4, 2, 3)), 1)

    def outer(state, chunk):
        return scan(cell, params, state, chunk)

    state, ys = jax.lax.scan(outer, cell.init_state(params, 2), xs)
    whole_state, whole = scan(cell, params, None, xs.reshape(12, 2, 3))
    chex.assert_trees_all_close((state, ys.reshape(12, 2, 3)), (whole_state, whole), atol=1e-6)


def test_e42_eager_is_jit():
    cell = Elman(4)
    params = randomise(cell.init(jax.random.key(0), 3), 1)
    run = lambda p, x: scan(cell, p, None, x)  # noqa: E731
    with jax.disable_jit():
        eager = run(params, XS)
    chex.assert_trees_all_close(jax.jit(run)(params, XS), eager, atol=1e-6)


def test_e43_network_lengths_do_not_retrace():
    rnn = RNN(LSTM(3), 2, bidirectional=True)
    params = rnn.init(jax.random.key(0), 3)
    chex.clear_trace_counter()
    run = jax.jit(chex.assert_max_traces(lambda p, x, n: rnn.apply(p, x, lengths=n)[1], n=1))
    generator = np.random.default_rng(0)
    for _ in range(10):
        run(params, XS, jnp.asarray(generator.integers(0, 5, 2)))


def test_e43_eager_calls_do_not_retrace_either():
    traces = []

    class Counted(Elman):
        def step(self, params, state, u):
            traces.append(1)
            return super().step(params, state, u)

    rnn = RNN(Counted(3), 2)
    params = rnn.init(jax.random.key(0), 3)
    rnn.apply(params, XS)
    first = len(traces)
    rnn.apply(params, XS + 1)
    assert first > 0 and len(traces) == first


def test_e43_many_lengths_warn_once():
    cell = Elman(2, bias=False, activation="softsign")
    params = cell.init(jax.random.key(0), 3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for steps in range(1, retrace.LIMIT + 4):
            jax.eval_shape(lambda p, n=steps: scan(cell, p, None, jnp.ones((n, 2, 3))), params)
    texts = [str(w.message) for w in caught if "different sequence lengths" in str(w.message)]
    assert len(texts) == 1 and "pad_to_bucket" in texts[0]


def test_e44_numbers_and_arrays_share_one_trace():
    traces = []

    def run(cell, params, xs):
        traces.append(1)
        return scan(cell, params, None, xs)[1]

    compiled = jax.jit(run, static_argnums=0)
    for rate in (0.5, np.float32(0.5), jnp.array(0.5), np.array(0.5)):
        cell = Zoneout(Dropout(GRU(3), rate).cell, rate)
        compiled(cell, cell.init(jax.random.key(0), 3), XS)
    assert len(traces) == 1


@pytest.mark.parametrize("unroll", [1, 3, 4, 50])
def test_e45_unroll_changes_nothing(unroll):
    cell = LSTM(3)
    params = randomise(cell.init(jax.random.key(0), 3), 1)
    got = scan(cell, params, None, XS, unroll=unroll)
    chex.assert_trees_all_close(got, scan(cell, params, None, XS), atol=1e-6)


@pytest.mark.parametrize("unroll", [0, -1, 2.5, True])
def test_e45_unroll_must_be_a_positive_int(unroll):
    cell = LSTM(3)
    with pytest.raises(ValueError, match="unroll should be an int of at least 1, got"):
        scan(cell, cell.init(jax.random.key(0), 3), None, XS, unroll=unroll)


def test_e46_lengths_masks_and_resets_may_be_traced():
    rnn = RNN(GRU(3), 2, bidirectional=True)
    params = rnn.init(jax.random.key(0), 3)
    lengths, mask = jnp.array([3, 0]), jnp.ones((4, 2), bool).at[1].set(False)
    resets = jnp.zeros((4, 2), bool).at[2].set(True)
    run = lambda n, m, r: rnn.apply(params, XS, lengths=n, mask=m, resets=r)  # noqa: E731
    got = jax.jit(run)(lengths, mask, resets)
    chex.assert_trees_all_close(got, run(lengths, mask, resets), atol=1e-6)
    mapped = jax.vmap(lambda n: run(n, mask, resets)[1])(jnp.stack([lengths, lengths]))
    chex.assert_trees_all_close(mapped[0], got[1], atol=1e-6)


def test_e47_nothing_is_donated():
    rnn = RNN(GRU(3), 2)
    params = rnn.init(jax.random.key(0), 3)
    state = rnn.init_state(params, 2)
    once = rnn.apply(params, XS, state)
    again = rnn.apply(params, XS, state)
    chex.assert_trees_all_equal(once, again)
    assert not XS.is_deleted() and not state.h.is_deleted()


def test_e51_closed_over_in_plain_transforms():
    rnn = RNN(LSTM(3), 2, bidirectional=True)
    params = rnn.init(jax.random.key(0), 3)
    grad = jax.grad(lambda x: rnn.apply(params, x)[1].sum())(XS)
    compiled = jax.jit(lambda x: rnn.apply(params, x)[1])(XS)
    rows = jax.vmap(lambda x: rnn.apply(params, x)[1], 1, 1)(XS)
    chex.assert_trees_all_close(compiled, rows, atol=1e-6)
    assert grad.shape == XS.shape and bool((grad != 0).all())
