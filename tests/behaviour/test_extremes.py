"""Behaviour at the edges, E23-E33: empty, extreme and poisoned input.

For single drivers E23-E27, E29 and E30 are laws of the contract suite; here are the networks.
"""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, RNN, Elman, GRUResetBefore, LearnedState, scan
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, tbptt
from jaxrnn.testing import loop, value_and_gradients
from jaxrnn.testing.cells import randomise

NETS = (
    RNN(Elman(4), num_layers=3),
    RNN(LSTM(4, proj_size=2), num_layers=3, bidirectional=True),
    RNN(GRU(4), num_layers=2, bidirectional=True),
    RNN(LearnedState(GRUResetBefore(4)), num_layers=2),
)
XS = randomise(jnp.zeros((5, 3, 3)), 2)


def as_driver(rnn, params, state, xs, **options):
    return rnn.apply(params, xs, state, **options)


def prepared(rnn, batch=3):
    params = randomise(rnn.init(jax.random.key(0), 3), 1)
    return params, randomise(rnn.init_state(params, batch), 3)


@pytest.mark.parametrize("rnn", NETS, ids=repr)
def test_e23_no_steps(rnn):
    params, state = prepared(rnn)
    xs = jnp.zeros((0, 3, 3))
    final, ys = rnn.apply(params, xs, state)
    chex.assert_trees_all_equal(final, state)
    assert ys.shape[:2] == (0, 3)
    _, grads = value_and_gradients(as_driver, rnn, params, state, xs, {})
    chex.assert_trees_all_equal(grads[0], jax.tree.map(jnp.zeros_like, params))
    jacobian = jax.jacobian(lambda s: rnn.apply(params, xs, s)[0].h)(state).h
    size = state.h.size
    np.testing.assert_array_equal(jacobian.reshape(size, size), np.eye(size))


@pytest.mark.parametrize("rnn", NETS, ids=repr)
def test_e24_no_rows(rnn):
    params, _ = prepared(rnn)
    final, ys = rnn.apply(params, XS[:, :0])
    assert ys.shape[:2] == (5, 0) and final.h.shape[1] == 0
    problem = Problem(Elman(2), lambda head, ys, targets: (ys**2).sum(-1))
    weights = Params(Elman(2).init(jax.random.key(0), 3), None)
    loss, grads, _ = accumulate(bptt(), problem, weights, None, Chunk(XS[:, :0], jnp.zeros((5, 0))))
    assert float(loss) == 0
    chex.assert_trees_all_equal(grads, jax.tree.map(jnp.zeros_like, weights))


@pytest.mark.parametrize("rnn", NETS, ids=repr)
def test_e25_a_row_of_length_0(rnn):
    params, state = prepared(rnn)
    lengths = np.array([5, 0, 2])
    final, ys = rnn.apply(params, XS, state, lengths=lengths)
    assert not ys[:, 1].any()
    row = lambda s: jax.tree.map(lambda a: a[:, 1], s)  # noqa: E731
    chex.assert_trees_all_equal(row(final), row(state))
    _, grads = value_and_gradients(as_driver, rnn, params, state, XS, {"lengths": lengths})
    assert not np.asarray(grads[2][:, 1]).any()
    jacobian = jax.jacobian(
        lambda h: rnn.apply(params, XS, state._replace(h=h), lengths=lengths)[0].h[:, 1]
    )(state.h)[:, :, :, 1]
    size = state.h[:, 1].size
    np.testing.assert_array_equal(jacobian.reshape(size, size), np.eye(size))


@pytest.mark.parametrize("rnn", NETS, ids=repr)
def test_e26_all_lengths_0(rnn):
    params, state = prepared(rnn)
    options = {"lengths": np.zeros(3, int)}
    _, grads = value_and_gradients(as_driver, rnn, params, state, XS, options)
    chex.assert_trees_all_equal(grads[0], jax.tree.map(jnp.zeros_like, params))


def test_e26_only_a_learned_start_has_a_gradient():
    cell = LearnedState(LSTM(4))
    params = randomise(cell.init(jax.random.key(0), 3), 1)
    zero = np.zeros(3, int)
    grads = jax.grad(lambda p: scan(cell, p, None, XS, lengths=zero)[0].h.sum())(params)
    assert not any(leaf.any() for leaf in jax.tree.leaves(grads.cell))
    np.testing.assert_array_equal(grads.initial.h, 3)


@pytest.mark.parametrize("rnn", NETS, ids=repr)
def test_e27_full_lengths_are_no_lengths(rnn):
    params, state = prepared(rnn)
    full = value_and_gradients(as_driver, rnn, params, state, XS, {"lengths": np.full(3, 5)})
    none = value_and_gradients(as_driver, rnn, params, state, XS, {})
    chex.assert_trees_all_close(full, none, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "size", [(1, 3, 4, 3), (5, 1, 4, 3), (5, 3, 1, 3), (5, 3, 4, 1), (1, 1, 1, 1)]
)
@pytest.mark.parametrize("make", [Elman, LSTM, GRU, GRUResetBefore])
def test_e28_ones(make, size):
    steps, batch, hidden, features = size
    cell = make(hidden)
    params = randomise(cell.init(jax.random.key(0), features), 1)
    xs = randomise(jnp.zeros((steps, batch, features)), 2)
    chex.assert_trees_all_close(
        scan(cell, params, None, xs), loop(cell, params, None, xs), atol=1e-6
    )
    if steps == 1:
        one = cell.step(params, cell.init_state(params, batch), cell.project(params, xs[0]))
        chex.assert_trees_all_close(scan(cell, params, None, xs)[1][0], one[1], atol=1e-6)


@pytest.mark.parametrize("value", [jnp.nan, jnp.inf, 1e38])
@pytest.mark.parametrize("rnn", NETS, ids=repr)
def test_e29_poison_in_padding(rnn, value):
    params, state = prepared(rnn)
    lengths = np.array([5, 0, 3])
    padding = (np.arange(5)[:, None] >= lengths)[:, :, None]
    options = {"lengths": lengths}
    clean = value_and_gradients(as_driver, rnn, params, state, jnp.where(padding, 0, XS), options)
    dirty = value_and_gradients(
        as_driver, rnn, params, state, jnp.where(padding, value, XS), options
    )
    chex.assert_tree_all_finite(dirty)
    chex.assert_trees_all_equal(dirty, clean)
    assert not np.where(padding, dirty[1][2], 0).any()


@pytest.mark.parametrize("value", [jnp.nan, jnp.inf, 1e38])
@pytest.mark.parametrize("method", [bptt(), tbptt(2), tbptt(2, 4)], ids=repr)
def test_e29_poison_in_padding_of_truncated_bptt(method, value):
    cell = LSTM(4)
    params = Params(randomise(cell.init(jax.random.key(0), 3), 1), None)
    problem = Problem(cell, lambda head, ys, targets: (ys**2).sum(-1))
    mask = np.arange(5)[:, None] < np.array([5, 0, 3])

    def run(fill):
        chunk = Chunk(
            jnp.where(mask[:, :, None], XS, fill), jnp.zeros((5, 3)), mask=jnp.array(mask)
        )
        return accumulate(method, problem, params, None, chunk)[:2]

    chex.assert_tree_all_finite(run(value))
    chex.assert_trees_all_equal(run(value), run(0.0))


@pytest.mark.parametrize("rnn", NETS, ids=repr)
def test_e30_nan_in_a_valid_step_stays_in_its_row(rnn):
    params, _ = prepared(rnn)
    _, clean = rnn.apply(params, XS)
    _, dirty = rnn.apply(params, XS.at[2, 1].set(jnp.nan))
    np.testing.assert_array_equal(clean[:, [0, 2]], dirty[:, [0, 2]])
    assert np.isnan(dirty[2:, 1]).any()


@pytest.mark.parametrize("cell", [Elman(4), LSTM(4), GRU(4), GRUResetBefore(4)], ids=repr)
@pytest.mark.parametrize("value", [1e30, -1e30])
def test_e31_huge_inputs(cell, value):
    params = randomise(cell.init(jax.random.key(0), 3), 1)
    state = cell.init_state(params, 2)
    out = value_and_gradients(scan, cell, params, state, jnp.full((4, 2, 3), value), {})
    chex.assert_tree_all_finite(out)


@pytest.mark.parametrize("value", [-0.0, 1e-40])
def test_e32_negative_zero_and_denormals(value):
    cell = LSTM(4)
    params = cell.init(jax.random.key(0), 3)
    state = cell.init_state(params, 2)
    out = value_and_gradients(scan, cell, params, state, jnp.full((4, 2, 3), value), {})
    chex.assert_tree_all_finite(out)


def test_e33_the_program_does_not_grow_with_length():
    cell = LSTM(4)
    params = cell.init(jax.random.key(0), 3)

    def size(steps):
        run = jax.jit(jax.grad(lambda p, x: scan(cell, p, None, x)[1].sum()))
        shape = jax.ShapeDtypeStruct((steps, 2, 3), jnp.float32)
        return len(run.lower(params, shape).as_text().splitlines())

    assert size(100_000) == size(100)


def test_depth_does_not_grow_the_program():
    def size(layers):
        rnn = RNN(LSTM(4), num_layers=layers, bidirectional=True)
        params = jax.eval_shape(lambda: rnn.init(jax.random.key(0), 3))
        run = jax.jit(jax.grad(lambda p, x: rnn.apply(p, x)[1].sum()))
        text = run.lower(params, jax.ShapeDtypeStruct((7, 2, 3), jnp.float32)).as_text()
        return len(text.splitlines())

    assert size(40) == size(4)
