"""Networks: against layers run by hand, streamed, and as one cell."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    Directions,
    Elman,
    LearnedState,
    LSTMState,
    RNNState,
    Stack,
    bidirectional,
    generate,
    scan,
    stack,
    with_key,
)
from jaxrnn.testing import example, loop, loop_bidirectional
from jaxrnn.testing.cells import randomise

T, B, D = 6, 3, 4


def inputs():
    return randomise(jnp.zeros((T, B, D)), 9)


def layers_by_hand(rnn, params, xs, **options):
    """Run the layers of a network one by one with the Python loops."""
    run = loop_bidirectional if rnn.bidirectional else loop
    _, ys = run(rnn.cell, params.first, None, xs, **options)
    for layer in range(rnn.num_layers - 1):
        own = jax.tree.map(lambda a, i=layer: a[i], params.rest)
        _, ys = run(rnn.cell, own, None, ys, **options)
    return ys


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("cell", [Elman(5), LSTM(5, proj_size=3), LearnedState(GRU(5))], ids=repr)
def test_a_network_is_its_layers(cell, both):
    with jax.enable_x64(True):
        rnn = RNN(cell, num_layers=3, bidirectional=both)
        params = randomise(rnn.init(jax.random.key(0), D), 1)
        options = {"lengths": np.array([6, 0, 4])}
        _, ys = rnn.apply(params, inputs(), **options)
        chex.assert_trees_all_close(
            ys, layers_by_hand(rnn, params, inputs(), **options), atol=1e-12
        )


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_streaming_one_step_at_a_time_is_the_whole_sequence(dropout):
    with jax.enable_x64(True):
        rnn = RNN(LSTM(5), num_layers=3, dropout=dropout)
        params, xs = randomise(rnn.init(jax.random.key(0), D), 1), inputs()
        options = {"train": True, "key": jax.random.key(3)}
        whole_state, whole = rnn.apply(params, xs, **options)
        state, steps = rnn.init_state(params, B), []
        for t in range(T):
            state, y = rnn.apply(params, xs[t : t + 1], state, **options)
            steps.append(y[0])
        chex.assert_trees_all_close(jnp.stack(steps), whole, atol=1e-12)
        chex.assert_trees_all_close(state, whole_state, atol=1e-12)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_as_one_cell_time_is_outside(dropout):
    with jax.enable_x64(True):
        rnn = RNN(LSTM(5), num_layers=3, dropout=dropout)
        params, xs = randomise(rnn.init(jax.random.key(0), D), 1), inputs()
        start = randomise(rnn.init_state(params, B), 4)
        final, whole = rnn.apply(params, xs, start)
        cell, cell_params, state = rnn.as_cell(params, start)
        assert isinstance(cell, Stack)
        state, ys = scan(cell, cell_params, state, xs)
        chex.assert_trees_all_close(ys, whole, atol=1e-12)
        chex.assert_trees_all_close(state[-1].c, final.c[-1], atol=1e-12)
    with pytest.raises(
        TypeError, match=r"RNN.as_cell: a bidirectional network can't run step by step"
    ):
        both = RNN(LSTM(5), bidirectional=True)
        both.as_cell(both.init(jax.random.key(0), D))


def test_a_state_may_be_given_bare_or_with_its_clock():
    rnn = RNN(LSTM(5), num_layers=2, dropout=0.5)
    params, xs = rnn.init(jax.random.key(0), D), inputs()
    bare = LSTMState(h=jnp.ones((2, B, 5)), c=jnp.ones((2, B, 5)))
    options = {"train": True, "key": jax.random.key(0)}
    state, ys = rnn.apply(params, xs, bare, **options)
    full = rnn.init_state(params, B)._replace(layers=bare)
    chex.assert_trees_all_equal((state, ys), rnn.apply(params, xs, full, **options))
    assert isinstance(state, RNNState) and int(state.clock.t) == T
    assert state.h.shape == (2, B, 5) and state.c.shape == (2, B, 5)


def test_shapes_of_the_house_example():
    rnn = RNN(LSTM(256), num_layers=3, bidirectional=True)
    params = rnn.init(jax.random.key(0), 128)
    state, ys = rnn.apply(params, randomise(jnp.zeros((6, 4, 128)), 1))
    assert ys.shape == (6, 4, 512) and state.h.shape == (6, 4, 256)
    # index layer * 2 + direction: the last layer's two final states end and begin the output
    np.testing.assert_array_equal(state.h[4], ys[-1, :, :256])
    np.testing.assert_array_equal(state.h[5], ys[0, :, 256:])


def test_layers_of_different_kind_and_size():
    with jax.enable_x64(True):
        cells = (LSTM(5), GRU(3), Elman(7))
        params = randomise(Stack(cells).init(jax.random.key(0), D), 1)
        lengths = np.array([6, 0, 4])
        states, ys = stack(cells, params, None, inputs(), lengths=lengths)
        one = scan(Stack(cells), params, None, inputs(), lengths=lengths)
        chex.assert_trees_all_close((states, ys), one, atol=1e-12)


def test_a_stack_of_both_directions():
    with jax.enable_x64(True):
        rnn = RNN(GRU(5), num_layers=3, bidirectional=True)
        params = randomise(rnn.init(jax.random.key(0), D), 1)
        _, first = bidirectional(rnn.cell, params.first, None, inputs())
        _, ys = stack(rnn.cell, params.rest, None, first, layer=bidirectional)
        chex.assert_trees_all_close(ys, rnn.apply(params, inputs())[1], atol=1e-12)
        assert isinstance(params.first, Directions)


def test_generate_is_a_python_loop():
    with jax.enable_x64(True):
        cell = GRU(4)
        params, state, x = example(cell, D)
        table = randomise(jnp.zeros((4, D)), 5)
        feedback = lambda y, key: jnp.tanh(y @ table)  # noqa: E731
        final, out = generate(cell, params, state, x, 5, feedback)
        for t in range(5):
            state, y = cell.step(params, state, cell.project(params, x))
            x = feedback(y, None)
            np.testing.assert_allclose(out.ys[t], y, atol=1e-12)
            np.testing.assert_allclose(out.xs[t], x, atol=1e-12)
        np.testing.assert_allclose(final.h, state.h, atol=1e-12)


def test_generate_draws_a_key_a_step():
    cell = GRU(4)
    params, state, x = example(cell, D)
    noise = lambda y, key: jax.random.normal(key, (2, D))  # noqa: E731
    _, out = generate(cell, params, state, x, 3, noise, key=jax.random.key(1))
    _, same = generate(cell, params, state, x, 3, noise, key=jax.random.key(1))
    chex.assert_trees_all_equal(out, same)
    assert len({float(v) for v in out.xs[:, 0, 0]}) == 3


def test_as_one_cell_no_two_layers_share_a_mask():
    rnn = RNN(GRU(5), num_layers=4, dropout=0.5)
    params = rnn.init(jax.random.key(0), D)
    _, _, states = rnn.as_cell(params, with_key(rnn.init_state(params, B), jax.random.key(1)))
    keys = {tuple(np.asarray(jax.random.key_data(s.clock.key))) for s in states[:-1]}
    assert len(keys) == 3
