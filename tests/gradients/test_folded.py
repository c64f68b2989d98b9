"""All windows at once are the windows one after the other."""

import jax
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Dropout, LearnedState, with_key
from jaxrnn.gradients import accumulate, tbptt
from jaxrnn.gradients.folded import folded_tbptt
from tests.gradients.cases import distance, marks, problem_of


@pytest.mark.parametrize(("k1", "k2"), [(4, 4), (4, 8), (3, 5), (1, 6), (5, 20)])
@pytest.mark.parametrize("marked", [False, True])
def test_equals_sequential_windows(k1, k2, marked):
    with jax.enable_x64(True):
        cell = Dropout(LSTM(2), 0.3)
        options = marks(10) if marked else {}
        problem, params, chunk = problem_of(cell, 10, **options)
        state = with_key(cell.init_state(params.cell, 2), jax.random.key(7))
        loss, want, memory = accumulate(tbptt(k1, k2), problem, params, state, chunk)
        got_loss, got, got_memory = accumulate(folded_tbptt(k1, k2), problem, params, state, chunk)
        np.testing.assert_allclose(got_loss, loss, rtol=1e-12)
        assert distance(got, want) < 1e-12
        np.testing.assert_allclose(got_memory.state.cell.c, memory.state.cell.c, rtol=1e-12)
        assert int(got_memory.state.clock.t) == int(memory.state.clock.t) == 10


def test_a_learned_start_counts():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(LearnedState(GRU(2)), 10)
        _, want, _ = accumulate(tbptt(3, 5), problem, params, None, chunk)
        _, got, _ = accumulate(folded_tbptt(3, 5), problem, params, None, chunk)
        assert distance(got, want) < 1e-12
        assert np.abs(got.cell.initial.h).min() > 0


def test_lengths_are_checked_by_name():
    with pytest.raises(ValueError, match=r"folded_tbptt: k2=2 is smaller than k1=4"):
        folded_tbptt(4, 2)
