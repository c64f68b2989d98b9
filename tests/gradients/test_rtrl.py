"""RTRL is the full gradient, one step at a time, for every cell."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from jaxrnn import (
    GRU,
    LSTM,
    Dropout,
    Elman,
    GRUResetBefore,
    LearnedState,
    Stack,
    Zoneout,
    with_key,
)
from jaxrnn.gradients import accumulate
from jaxrnn.gradients.problem import outputs
from jaxrnn.gradients.rtrl import rtrl
from tests.gradients.cases import distance, marks, problem_of
from tests.gradients.laws import is_exact, resumes_bit_for_bit


class OddState(NamedTuple):
    fields: dict[str, Any]
    steps: Any  # int32 [*batch]


@dataclasses.dataclass(frozen=True)
class Odd:
    """A state with a dict and a count in it; y goes through a gate that only x opens."""

    def init(self, key, input_size):
        return {name: jnp.zeros((input_size, 2)) for name in ("into", "gate", "back")}

    def init_state(self, params, batch=()):
        lead = (batch,) if isinstance(batch, int) else tuple(batch)
        zeros = jnp.zeros((*lead, 2), params["into"].dtype)
        return OddState({"a": zeros, "b": zeros}, jnp.zeros(lead, jnp.int32))

    def project(self, params, x):
        return x @ params["into"], jax.nn.sigmoid(x @ params["gate"])

    def step(self, params, state, u):
        into, gate = u
        a, b = state.fields["a"], state.fields["b"]
        even = (state.steps % 2 == 0)[..., None]
        new = jnp.tanh(into + b @ params["back"]) * jnp.where(even, 1.0, 0.5).astype(a.dtype)
        return OddState({"a": new, "b": a}, state.steps + 1), gate * new


CELLS = [
    Elman(2), LSTM(2), GRU(2), GRUResetBefore(2), LSTM(3, proj_size=2), LSTM(2, peephole=True),
]  # fmt: skip


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_the_sum_is_bptt(cell):
    with jax.enable_x64(True):
        is_exact(rtrl(), cell, {})


MARKED = [
    Stack((LSTM(4), Dropout(GRU(2), 0.3))),  # 158 params: two blocks and a rest
    Zoneout(LSTM(2), 0.3, 0.4), LearnedState(GRU(2)), Odd(),
]  # fmt: skip


@pytest.mark.parametrize("cell", MARKED, ids=repr)
def test_weights_holes_resets_masks_and_a_ragged_tail(cell):
    with jax.enable_x64(True):
        state = with_key(cell.init_state(problem_of(cell)[1].cell, 2), jax.random.key(7))
        is_exact(rtrl(length=5), cell, marks(12), state, steps=12)


def test_a_learned_start_is_learned_without_resets():
    with jax.enable_x64(True):
        is_exact(rtrl(), LearnedState(Elman(2)), {})


def test_the_influence_is_the_derivative_of_the_state():
    with jax.enable_x64(True):
        cell = LSTM(2, peephole=True)
        problem, params, chunk = problem_of(cell, 12, **marks(12))
        flat, unravel = ravel_pytree(params.cell)
        want = jax.jacfwd(lambda p: outputs(problem, unravel(p), None, chunk)[0])(flat)
        _, _, memory = accumulate(rtrl(), problem, params, cell.init_state(params.cell, 2), chunk)
        for got, leaf in zip(memory.influence, want, strict=True):
            np.testing.assert_allclose(got, jnp.moveaxis(leaf, -1, 0), rtol=1e-12, atol=1e-14)
        assert np.abs(memory.influence[0]).max() > 0.1


def test_examples_apart_in_a_batch_and_in_two_axes_agree():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(Elman(2), batch=4, **marks(batch=4))

        def grads(chunk):
            state = problem.cell.init_state(params.cell, chunk.xs.shape[1:-1])
            return accumulate(rtrl(), problem, params, state, chunk)[1]

        whole = grads(chunk)
        apart = jax.vmap(grads, in_axes=1)(chunk)
        assert distance(jax.tree.map(lambda g: g.sum(0), apart), whole) < 1e-12
        square = jax.tree.map(lambda a: a.reshape(a.shape[0], 2, 2, *a.shape[2:]), chunk)
        assert distance(grads(square), whole) < 1e-12


def test_resumes():
    resumes_bit_for_bit(rtrl(length=2))


def test_bfloat16_params_keep_their_dtype():
    problem, params, chunk = problem_of(LSTM(2))
    params, chunk = jax.tree.map(lambda a: a.astype(jnp.bfloat16), (params, chunk))
    _, grads, memory = jax.eval_shape(
        lambda params, chunk: accumulate(rtrl(), problem, params, None, chunk), params, chunk
    )
    assert {leaf.dtype for leaf in jax.tree.leaves(grads)} == {jnp.dtype(jnp.bfloat16)}
    assert {leaf.dtype for leaf in memory.influence} == {jnp.dtype(jnp.float32)}


def test_refuses_more_bytes_than_allowed():
    problem, params, chunk = problem_of(Elman(3))  # P = 18, S = 3, B = 2, float32
    exact = 18 * 3 * 2 * 4
    state = problem.cell.init_state(params.cell, 2)
    rtrl(max_bytes=exact).init(problem, params, state, chunk)
    with pytest.raises(
        ValueError, match=rf"rtrl: the influence .* \({exact} bytes\), above .*snap"
    ):
        accumulate(rtrl(max_bytes=exact - 1), problem, params, None, chunk)


@pytest.mark.parametrize("name", ["length", "max_bytes"])
def test_fields_out_of_range_are_named(name):
    with pytest.raises(ValueError, match=f"rtrl: {name} must be greater than zero, got 0"):
        rtrl(**{name: 0})
