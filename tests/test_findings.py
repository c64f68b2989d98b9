"""What a sceptical reader broke, kept from breaking again."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    AllStates,
    Dropout,
    LayerNorm,
    LayerNormCarryLSTM,
    LayerNormLSTM,
    LearnedState,
    Output,
    generate,
    scan,
    stack,
    with_key,
)
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, online, tbptt

KEY = jax.random.key(0)
CELL = GRU(8)
CELL_PARAMS = CELL.init(KEY, 8)
XS = jax.random.normal(KEY, (7, 4, 8))
PARAMS = Params(CELL_PARAMS, jnp.ones((8, 1)))
METHODS = (bptt(), tbptt(3), tbptt(2, 5))


def squares(head, ys, targets):
    return ((ys @ head - targets) ** 2).sum(-1)


PROBLEM = Problem(CELL, squares)
CHUNK = Chunk(XS, jnp.zeros((7, 4, 1)))


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_targets_that_do_not_count_may_be_nan(method):
    ok = jnp.ones((7, 4), bool).at[2:, 1].set(False)
    dirty = jnp.where(ok[..., None], 0.0, jnp.nan)
    for option in ({"mask": ok}, {"weights": ok.astype(jnp.float32)}):
        got = accumulate(method, PROBLEM, PARAMS, None, Chunk(XS, dirty, **option))[:2]
        want = accumulate(method, PROBLEM, PARAMS, None, Chunk(XS, CHUNK.targets, **option))[:2]
        chex.assert_tree_all_finite(got)
        chex.assert_trees_all_equal(got, want)


@pytest.mark.parametrize("method", (bptt(), tbptt(7), tbptt(3, 9)), ids=repr)
def test_a_learned_start_is_learned(method):
    cell = LearnedState(CELL)
    params = Params(cell.init(KEY, 8), PARAMS.head)
    loss = lambda p: squares(p.head, scan(cell, p.cell, None, XS)[1], CHUNK.targets).sum()  # noqa: E731
    want = jax.grad(loss)(params)
    _, got, _ = accumulate(method, Problem(cell, squares), params, None, CHUNK)
    assert float(abs(want.cell.initial.h).max()) > 0.1
    chex.assert_trees_all_close(got, want, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "loss",
    [
        lambda head, ys, targets: ((ys @ head - targets) ** 2).mean(),
        lambda head, ys, targets: (ys @ head - targets) ** 2,
        lambda head, ys, targets: ((ys @ head - targets) ** 2).sum((-1, -2)),
    ],
)
@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_a_loss_of_a_wrong_shape_is_refused(method, loss):
    with pytest.raises(ValueError, match="the result of problem.loss should have one number"):
        accumulate(method, Problem(CELL, loss), PARAMS, None, CHUNK)
    with pytest.raises(ValueError, match="chunk.weights should have one number"):
        accumulate(bptt(), PROBLEM, PARAMS, None, CHUNK._replace(weights=jnp.ones((7, 1))))


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_time_stops_at_the_last_step_that_exists(method):
    cell = Dropout(CELL, 0.5)
    problem = Problem(cell, squares)
    state = with_key(cell.init_state(CELL_PARAMS, 4), KEY)
    memory = accumulate(method, problem, PARAMS, state, CHUNK)[2]
    assert int(memory.state.clock.t) == 7
    double = jax.tree.map(lambda a: jnp.concatenate([a, a]), CHUNK)
    whole = accumulate(bptt(), problem, PARAMS, state, double)[0]
    first, _, memory = accumulate(method, problem, PARAMS, state, CHUNK)
    second = accumulate(method, problem, PARAMS, memory.state, CHUNK)[0]
    np.testing.assert_allclose(first + second, whole, rtol=1e-5)


def test_a_masked_window_makes_no_update():
    mask = jnp.ones((8, 4), bool).at[4:].set(False)
    chunk = Chunk(jnp.ones((8, 4, 8)), jnp.zeros((8, 4, 1)), mask=mask)
    method, optimizer = tbptt(4), optax.sgd(0.1, momentum=0.9)
    for full in (chunk, chunk._replace(weights=jnp.ones((8, 4)))):
        memory = method.init(PROBLEM, PARAMS, CELL.init_state(CELL_PARAMS, 4), full)
        start = (PARAMS, optimizer.init(PARAMS), memory)
        (got, *_), _ = online(method, PROBLEM, optimizer, *start, full)
        half = jax.tree.map(lambda a: a[:4], full)
        (want, *_), _ = online(method, PROBLEM, optimizer, *start, half)
        chex.assert_trees_all_close(got, want, rtol=1e-6)


def test_generate_sees_the_present_weights():
    weights = [jnp.eye(8)]
    feedback = lambda y, key: y @ weights[0]  # noqa: E731
    before = generate(CELL, CELL_PARAMS, None, XS[0], 5, feedback)[1].ys
    weights[0] = jnp.zeros((8, 8))
    assert bool((generate(CELL, CELL_PARAMS, None, XS[0], 5, feedback)[1].ys != before).any())


@pytest.mark.parametrize(
    "cell", [LayerNorm(GRU(4)), LayerNormLSTM(4), LayerNormCarryLSTM(4)], ids=repr
)
def test_fresh_params_and_states_can_be_donated(cell):
    params = cell.init(KEY, 8)
    fresh = (params, cell.init_state(params, 2))
    want = jax.tree.map(lambda a: np.asarray(a) + 1, fresh)
    got = jax.jit(lambda tree: jax.tree.map(lambda a: a + 1, tree), donate_argnums=0)(fresh)
    chex.assert_trees_all_equal(got, want)


def test_params_of_another_network_are_named():
    lstm = LSTM(8).init(KEY, 8)
    with pytest.raises(
        TypeError, match=r"scan: params: expected those of GRU.*GRUParams.*LSTMParams"
    ):
        scan(CELL, lstm, None, XS)
    with pytest.raises(ValueError, match=r"scan: params.w_x: expected \(8, 48\), got \(8, 24\)"):
        scan(GRU(16), CELL_PARAMS, None, XS)
    rnn = RNN(LSTM(8), num_layers=3)
    with pytest.raises(ValueError, match=r"RNN.apply: params.rest.w_x: expected \(2, 8, 32\)"):
        rnn.apply(RNN(LSTM(8), num_layers=2).init(KEY, 8), XS)
    both = RNN(LSTM(8), bidirectional=True)
    with pytest.raises(TypeError, match="RNN.apply: params: expected those of RNN"):
        both.apply(RNN(LSTM(8)).init(KEY, 8), XS)
    for wrong in (CELL_PARAMS, None, "params"):
        with pytest.raises(TypeError, match="RNN.apply: params: expected those of RNN"):
            rnn.apply(wrong, XS)


@pytest.mark.parametrize("model", [LSTM(4), GRU(4), RNN(LSTM(4)), Output(4)], ids=repr)
@pytest.mark.parametrize("key", [0, None, "key", jnp.ones(3, jnp.uint32)])
def test_init_needs_a_key(model, key):
    with pytest.raises(TypeError, match=r"init: key: expected one key made by jax.random.key"):
        model.init(key, 8)


def test_sizes_of_a_batch():
    for batch in (4, np.int64(4), jnp.int32(4), (4,), [4]):
        assert CELL.init_state(CELL_PARAMS, batch).h.shape == (4, 8)
    for wrong in (-1, 4.0, None, "4", True):
        with pytest.raises(ValueError, match="batch should be a size or a tuple of sizes, got"):
            CELL.init_state(CELL_PARAMS, wrong)


def test_small_refusals():
    with pytest.raises(TypeError, match="Output.apply: h should be floating, got int32"):
        Output(3).apply(Output(3).init(KEY, 8), jnp.ones((1, 8), jnp.int32))
    for wrong in ("1", True, [1.0]):
        with pytest.raises(TypeError, match="LSTM: forget_bias should be a number"):
            LSTM(2, forget_bias=wrong)
    with pytest.raises(ValueError, match="LSTM: forget_bias should be finite"):
        LSTM(2, forget_bias=float("nan"))
    with pytest.raises(ValueError, match="stack: dropout acts between equal layers"):
        stack((CELL, CELL), (CELL_PARAMS, CELL_PARAMS), None, XS, dropout=0.9)
    with pytest.raises(TypeError, match="AllStates: the output is a tuple.*AllStates outermost"):
        RNN(AllStates(LSTM(4)), num_layers=2).init(KEY, 8)
