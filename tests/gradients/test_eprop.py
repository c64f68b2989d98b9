"""e-prop is the gradient of the cell in which the recurrent product sees a constant state."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    Elman,
    GRUResetBefore,
    LayerNorm,
    LayerNormLSTM,
    LearnedState,
    Stack,
)
from jaxrnn.gradients import Problem
from jaxrnn.gradients.eprop import eprop
from tests.gradients.forward import (
    Detached,
    Leaky,
    check_stream,
    full,
    off,
    prepared,
    ragged,
    refused,
    total,
)  # fmt: skip

CELLS = (Elman(3), Leaky(3), LSTM(3), LSTM(2, peephole=True, bias=False), GRU(3))


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_it_is_the_gradient_at_a_constant_state_inside_recur(cell):
    with jax.enable_x64(True):
        problem, params, chunk = prepared(cell)
        chunk = ragged(chunk)
        got = total(eprop(2 if cell == LSTM(3) else 1), problem, params, chunk)
        want = full(Problem(Detached(cell), problem.loss), params, chunk)
        assert off(got[:2], want[:2]) < 1e-12
        assert off(got[2].state, want[2].state) < 1e-14


def test_without_recurrent_weights_it_is_bptt_and_with_them_it_is_not():
    with jax.enable_x64(True):
        problem, params, chunk = prepared(GRU(3))
        chunk = ragged(chunk)
        none = params._replace(cell=params.cell._replace(w_h=jnp.zeros((3, 9))))
        got, want = (run(problem, none, chunk)[1] for run in (eprop_total, full))
        assert off(got, want) < 1e-12
        got, want = (run(problem, params, chunk)[1] for run in (eprop_total, full))
        assert off(got.cell, want.cell) > 1e-2


def eprop_total(problem, params, chunk):
    return total(eprop(), problem, params, chunk)


def test_it_is_a_method_like_any_other():
    with jax.enable_x64(True):
        check_stream(eprop(2), GRU(2))


def test_examples_can_be_mapped():
    with jax.enable_x64(True):
        problem, params, chunk = prepared(LSTM(2, peephole=True, bias=False))
        chunk = ragged(chunk)
        want = eprop_total(problem, params, chunk)[1]
        each = jax.vmap(lambda part: eprop_total(problem, params, part)[1], in_axes=1)(chunk)
        assert off(jax.tree.map(lambda a: a.sum(0), each), want) < 1e-12


def test_bfloat16_params_keep_their_dtype():
    problem, params, chunk = prepared(LSTM(2))
    params, chunk = jax.tree.map(lambda a: a.astype(jnp.bfloat16), (params, chunk))
    _, grads, memory = jax.eval_shape(lambda: eprop_total(problem, params, chunk))
    assert {leaf.dtype for leaf in jax.tree.leaves(grads)} == {jnp.dtype(jnp.bfloat16)}
    assert {leaf.dtype for leaf in jax.tree.leaves(memory)} == {jnp.dtype(jnp.float32)}


@dataclasses.dataclass(frozen=True)
class Scaled(Elman):
    """A cell whose matrix meets a gain before u."""

    def project(self, params, x):
        return super().project(params, x) * 2


@dataclasses.dataclass(frozen=True)
class Rolled(Elman):
    """A cell in which the last unit looks at the first."""

    def update(self, params, state, u, r):
        return super().update(
            params, state, u + jnp.where(jnp.arange(4) == 3, state.h[..., :1], 0), r
        )


@dataclasses.dataclass(frozen=True)
class MixedStart(Leaky):
    """A cell that keeps units apart, except in the state that it starts from."""

    def init_state(self, params, batch=()):
        start = params.start - params.start.mean()
        return super().init_state(params._replace(start=start), batch)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (GRUResetBefore(3), r"eprop: needs recur and update .*GRUResetBefore\(.*Use tbptt"),
        (LearnedState(GRU(3)), "eprop: needs recur and update .*LearnedState"),
        (Stack((GRU(3),)), "eprop: needs recur and update .*Stack"),
        (LayerNorm(GRU(3)), r"matrix w_x \[D, G\*H\] \(got LayerNormParams"),
        (LSTM(4, proj_size=2), "state fields of one width H.*LSTM.*proj_size=2"),
        (LayerNormLSTM(3), r"needs project\(x\) = x @ w_x \+ b"),
        (Scaled(3), r"needs project\(x\) = x @ w_x \+ b"),
        (Rolled(4), "needs an update in which each unit sees only itself.*Rolled"),
        (Elman(4, activation="softmax"), "each unit sees only itself"),
        (MixedStart(3), "each unit sees only itself.*MixedStart"),
    ],
)
def test_cells_that_do_not_fit_are_refused_by_what_they_do(cell, text):
    refused(eprop(), cell, text)


def test_a_length_below_one():
    with pytest.raises(ValueError, match="eprop: length must be greater than zero"):
        eprop(0)
