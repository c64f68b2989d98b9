"""Behaviour at the edges, E11-E22: shapes of inputs, states, lengths, masks and resets."""

import re

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    Directions,
    Elman,
    LSTMState,
    bidirectional,
    generate,
    scan,
    stack,
)  # fmt: skip
from jaxrnn.testing import loop
from jaxrnn.testing.cells import randomise

CELL = LSTM(5)
PARAMS = randomise(CELL.init(jax.random.key(0), 3), 1)
XS = randomise(jnp.zeros((6, 4, 3)), 2)
NET = RNN(LSTM(5), num_layers=2)
NET_PARAMS = NET.init(jax.random.key(0), 3)


def test_e11_wrong_feature_size():
    message = re.escape(
        "LSTM.project: x has 7 features on its last axis, but params.w_x was made for "
        "input_size=3 (x.shape=(4, 7), expected [..., D=3]). Call init(key, input_size=7) or "
        "pass x of width 3."
    )
    with pytest.raises(ValueError, match=message):
        CELL.project(PARAMS, jnp.ones((4, 7)))
    for run in (lambda x: scan(CELL, PARAMS, None, x), lambda x: NET.apply(NET_PARAMS, x)):
        with pytest.raises(ValueError, match="features.*input_size=3.*6, 4, 7"):
            run(jnp.ones((6, 4, 7)))


def test_e12_rank_too_low():
    with pytest.raises(ValueError, match=r"rank 0"):
        CELL.project(PARAMS, jnp.float32(1))
    for run in (lambda x: scan(CELL, PARAMS, None, x), lambda x: NET.apply(NET_PARAMS, x)):
        with pytest.raises(ValueError, match=r"rank 1 .*\[T, B, D\]"):
            run(jnp.ones(3))


def test_e12_rank_4_is_two_batch_axes():
    xs = randomise(jnp.zeros((6, 2, 4, 3)), 2)
    lengths = np.array([[6, 0, 3, 2], [1, 2, 5, 6]])
    state, ys = scan(CELL, PARAMS, None, xs, lengths=lengths)
    flat_state, flat = scan(CELL, PARAMS, None, xs.reshape(6, 8, 3), lengths=lengths.reshape(8))
    chex.assert_trees_all_close(ys, flat.reshape(6, 2, 4, 5), atol=1e-6)
    chex.assert_trees_all_close(state.h, flat_state.h.reshape(2, 4, 5), atol=1e-6)
    _, deep = NET.apply(NET_PARAMS, xs, lengths=lengths)
    _, deep_flat = NET.apply(NET_PARAMS, xs.reshape(6, 8, 3), lengths=lengths.reshape(8))
    chex.assert_trees_all_close(deep, deep_flat.reshape(6, 2, 4, 5), atol=1e-6)


@pytest.mark.parametrize("lengths", [None, 4])
def test_e13_unbatched_is_a_batch_of_one_to_the_bit(lengths):
    one = None if lengths is None else np.array([lengths])
    state, ys = scan(CELL, PARAMS, None, XS[:, 0], lengths=lengths)
    state_1, ys_1 = scan(CELL, PARAMS, None, XS[:, :1], lengths=one)
    chex.assert_trees_all_equal((state, ys), jax.tree.map(jnp.squeeze, (state_1, ys_1)))
    bi = RNN(GRU(5), 2, bidirectional=True)
    params = bi.init(jax.random.key(0), 3)
    _, ys = bi.apply(params, XS[:, 0], lengths=lengths)
    chex.assert_trees_all_equal(ys, bi.apply(params, XS[:, :1], lengths=one)[1][:, 0])


def test_e13_state_of_the_other_rank():
    with pytest.raises(ValueError, match=r"state.h: Expected hidden size \(5,\), got \[1, 5\]"):
        scan(CELL, PARAMS, CELL.init_state(PARAMS, 1), XS[:, 0])


DRIVERS = {
    "scan": lambda xs, **kw: scan(CELL, PARAMS, None, xs, **kw),
    "bidirectional": lambda xs, **kw: bidirectional(
        CELL, Directions(PARAMS, PARAMS), None, xs, **kw
    ),
    "stack": lambda xs, **kw: stack((CELL,), (PARAMS,), None, xs, **kw),
    "RNN.apply": lambda xs, **kw: NET.apply(NET_PARAMS, xs, **kw),
}


@pytest.mark.parametrize("run", DRIVERS.values(), ids=DRIVERS)
def test_e14_lengths_of_a_wrong_kind(run):
    xs = XS[:, :3]
    equal = r"Expected `len\(lengths\)` to be equal to batch_size, but got 2 \(batch_size=3\)"
    for lengths, error, text in (
        (jnp.array([1, 2]), ValueError, equal),
        (jnp.ones((3, 1), int), ValueError, "lengths must be a vector"),
        (jnp.array([1.0, 2.0, 3.0]), TypeError, "lengths should be integers.*float32"),
        (jnp.array([True, False, True]), TypeError, r"did you mean mask=\?"),
        (np.array([9, 1, 2]), ValueError, "must be >= 0 and <= T=6, got 9 at index 0"),
        ([1, 2, -1], ValueError, "must be >= 0 and <= T=6, got -1 at index 2"),
    ):
        with pytest.raises(error, match=text):
            run(xs, lengths=lengths)


def test_e14_traced_lengths_are_clamped():
    run = jax.jit(lambda lengths: scan(CELL, PARAMS, None, XS, lengths=lengths))
    chex.assert_trees_all_equal(run(jnp.array([9, -3, 2, 6])), run(jnp.array([6, 0, 2, 6])))


@pytest.mark.parametrize("run", DRIVERS.values(), ids=DRIVERS)
def test_e14_checkify_reports_from_inside_jit(run):
    checked = jax.jit(checkify.checkify(lambda lengths: run(XS, lengths=lengths)[1]))
    error, _ = checked(jnp.array([6, 9, 0, 1]))
    assert "must be >= 0 and <= T=6, got 9 at index 1" in error.get()
    assert checked(jnp.array([6, 2, 0, 1]))[0].get() is None


@pytest.mark.parametrize("length", [2**31 + 1, 2**40, -(2**40)])
def test_e70_lengths_that_int32_can_not_hold(length):
    """Named on the host: as an int32, which x64 off makes of it, 2^40 is 0."""
    cell = GRU(2)
    params = cell.init(jax.random.key(0), 3)
    with pytest.raises(ValueError, match=f"must be >= 0 and <= T=4, got {length} at index 0"):
        scan(cell, params, None, jnp.ones((4, 1, 3)), lengths=np.array([length]))


def test_e15_uint8_lengths_with_a_zero():
    lengths = np.array([0, 1, 6, 3], np.uint8)
    for reverse in (False, True):
        got = scan(CELL, PARAMS, None, XS, lengths=lengths, reverse=reverse)
        want = scan(CELL, PARAMS, None, XS, lengths=lengths.astype(int), reverse=reverse)
        chex.assert_trees_all_equal(got, want)
    assert not got[0].h[0].any()


def test_e16_unsorted_lengths_are_the_sorted_run_permuted():
    lengths = np.array([2, 6, 0, 4])
    order = np.argsort(-lengths)
    _, ys = scan(CELL, PARAMS, None, XS, lengths=lengths)
    _, by_length = scan(CELL, PARAMS, None, XS[:, order], lengths=lengths[order])
    chex.assert_trees_all_close(ys[:, order], by_length, atol=1e-6)


def test_e17_state_of_a_wrong_shape_names_the_leaf():
    state = NET.init_state(NET_PARAMS, 4)
    wrong = state._replace(h=jnp.zeros((2, 7, 5)))
    message = re.escape("RNN.apply: state.h: Expected hidden size (2, 4, 5), got [2, 7, 5]")
    with pytest.raises(ValueError, match=message):
        NET.apply(NET_PARAMS, XS, wrong)
    for shape in ((2, 4, 6), (3, 4, 5), (4, 5)):
        with pytest.raises(ValueError, match=r"state.c: Expected hidden size \(2, 4, 5\)"):
            NET.apply(NET_PARAMS, XS, state._replace(c=jnp.zeros(shape)))


@pytest.mark.parametrize("shape", [(1, 5), (4, 1)])
def test_e18_nothing_broadcasts(shape):
    state = CELL.init_state(PARAMS, 4)._replace(h=jnp.zeros(shape))
    with pytest.raises(ValueError, match=r"state.h: Expected hidden size \(4, 5\)"):
        scan(CELL, PARAMS, state, XS)


def test_e19_state_of_another_structure():
    h = jnp.zeros((4, 5))
    for state in (h, (h, h), (h,), (h, h, h), [h, h], {"h": h, "c": h}):
        with pytest.raises(TypeError, match=r"state: expected LSTMState\(h, c\), got"):
            scan(CELL, PARAMS, state, XS)
    cell = LSTM(5, proj_size=2)
    params = cell.init(jax.random.key(0), 3)
    swapped = LSTMState(h=jnp.zeros((4, 5)), c=jnp.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"state.h: .*state.c: "):
        scan(cell, params, swapped, XS)


@pytest.mark.parametrize("run", DRIVERS.values(), ids=DRIVERS)
@pytest.mark.parametrize("name", ["mask", "resets"])
def test_e20_flags_of_a_wrong_shape(run, name):
    with pytest.raises(
        ValueError, match=rf"{name} should have shape \[T, B\] = \(6, 4\), got \(5, 4\)"
    ):
        run(XS, **{name: jnp.ones((5, 4), bool)})
    with pytest.raises(TypeError, match=f"{name} should be bool"):
        run(XS, **{name: jnp.ones((6, 4))})


def test_e21_mask_with_holes_holds_the_state():
    mask = np.array([1, 1, 0, 0, 1, 0], bool)[:, None] & np.ones((6, 4), bool)
    state, ys = scan(CELL, PARAMS, None, XS, mask=mask)
    want_state, want = loop(CELL, PARAMS, None, XS, mask=mask)
    chex.assert_trees_all_close((state, ys), (want_state, want), atol=1e-6)
    assert not ys[2:4].any()
    _, held = scan(CELL, PARAMS, None, XS, mask=mask, padding="hold")
    chex.assert_trees_all_equal(held, ys[np.array([0, 1, 1, 1, 4, 4])])
    _, backwards = scan(CELL, PARAMS, None, XS, mask=mask, reverse=True)
    _, held = scan(CELL, PARAMS, None, XS, mask=mask, padding="hold", reverse=True)
    chex.assert_trees_all_equal(held[:5], backwards[np.array([0, 1, 4, 4, 4])])
    assert not held[5].any()  # before the first valid step in the direction of travel
    with pytest.raises(ValueError, match="padding should be 'zero' or 'hold', got 'last'"):
        scan(CELL, PARAMS, None, XS, padding="last")


def test_e22_batch_major_input_is_recognised_where_it_can_be():
    state = CELL.init_state(PARAMS, 4)
    with pytest.raises(ValueError, match="time-major.*did you pass batch-major data?"):
        scan(CELL, PARAMS, state, XS.swapaxes(0, 1))
    with pytest.raises(ValueError, match="time-major.*did you pass batch-major data?"):
        NET.apply(NET_PARAMS, XS.swapaxes(0, 1), NET.init_state(NET_PARAMS, 4))


def test_stack_says_what_does_not_fit():
    with pytest.raises(ValueError, match="outputs as wide as inputs, got 5 from 3"):
        stack(CELL, jax.tree.map(lambda a: jnp.stack([a, a]), PARAMS), None, XS)
    with pytest.raises(ValueError, match="2 cells need as many params"):
        stack((CELL, CELL), (PARAMS,), None, XS)
    with pytest.raises(ValueError, match="stacked over layers"):
        stack(CELL, PARAMS, None, XS)
    with pytest.raises(TypeError, match=r"params: expected Directions\(forward, backward\)"):
        bidirectional(CELL, (PARAMS, PARAMS), None, XS)


def test_generate_says_what_does_not_fit():
    with pytest.raises(
        ValueError, match=r"feedback should return an input like x.*\[4, 3\].*\[4, 5\]"
    ):
        generate(CELL, PARAMS, None, XS[0], 3)
    with pytest.raises(ValueError, match="steps must be greater than zero"):
        generate(Elman(3), Elman(3).init(jax.random.key(0), 3), None, XS[0], 0)
