"""Diagonal RTRL is exact where units see only themselves, and refuses everything else."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from jaxrnn import GRU, Elman, GRUResetBefore, IndRNN, IndRNNState
from jaxrnn.gradients.diagonal_rtrl import diagonal_rtrl
from tests.gradients.forward import (
    Rows,
    check_stream,
    full,
    off,
    prepared,
    ragged,
    refused,
    total,
)  # fmt: skip


@pytest.mark.parametrize("cell", [IndRNN(3, activation="tanh"), Rows(3)], ids=repr)
def test_summed_it_is_bptt(cell):
    with jax.enable_x64(True):
        problem, params, chunk = prepared(cell)
        chunk = ragged(chunk)
        got = total(diagonal_rtrl(), problem, params, chunk)
        want = full(problem, params, chunk)
        assert off(got[:2], want[:2]) < 1e-12
        assert off(got[2].state, want[2].state) < 1e-14


def test_the_trace_is_the_jacobian_of_the_state():
    with jax.enable_x64(True):
        problem, params, chunk = prepared(IndRNN(3, activation="tanh"), 4, ())
        state = IndRNNState(jnp.array([0.3, -0.2, 0.5]))
        memory = total(diagonal_rtrl(), problem, params, chunk, state)[2]

        def last(cell_params):
            return full(problem, params._replace(cell=cell_params), chunk, state)[2].state.h

        whole = jax.jacfwd(last)(params.cell)
        want = jnp.einsum("hdh->dh", whole.w_x)
        assert off(memory.traces.w_x[0, :, 0], want) < 1e-12
        assert off(memory.traces.rest[0][0, 0, 0], jnp.diagonal(whole.w_h)) < 1e-12


def test_it_is_a_method_like_any_other():
    with jax.enable_x64(True):
        check_stream(diagonal_rtrl(2), IndRNN(3))


@dataclasses.dataclass(frozen=True)
class Neighbours(IndRNN):
    """Vectors only, and yet each unit sees the one beside it."""

    def recur(self, params, state):
        return params.w_h * jnp.roll(state.h, 1, axis=-1)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Elman(3), r"diagonal_rtrl: needs units that see only themselves, a w_h of shape \[H\]"),
        (GRU(3), r"GRU\(hidden_size=3.*Use rtrl\(\) or snap\(1\)"),
        (GRUResetBefore(3), "diagonal_rtrl: needs units that see only themselves"),
        (Neighbours(3), "needs a step in which each unit sees only itself.*Neighbours"),
    ],
)
def test_cells_whose_units_mix_are_refused(cell, text):
    refused(diagonal_rtrl(), cell, text)


def test_a_length_below_one():
    with pytest.raises(ValueError, match="diagonal_rtrl: length must be greater than zero"):
        diagonal_rtrl(0)
