"""The contract suite over every gradient method and kind of cell."""

import itertools

import jax
import pytest

from jaxrnn import GRU, LSTM, Dropout, Elman, GRUResetBefore, IndRNN, Stack
from jaxrnn.gradients import (
    adaptive_tbptt,
    artbp,
    bptt,
    diagonal_rtrl,
    dni,
    eprop,
    folded_tbptt,
    forward_gradient,
    kf_rtrl,
    rflo,
    rtrl,
    snap,
    tbptt,
    uoro,
)
from jaxrnn.gradients.schedules import binomial, per_step, segments
from jaxrnn.testing import METHOD_LAWS, MethodSubject
from tests.gradients.cases import problem_of

SPLIT = (Elman(3), LSTM(2), GRU(2))  # with recur and update
WHOLE = (GRUResetBefore(2), Stack((Elman(3), GRU(2))), Dropout(GRU(2), 0.3))

# what a method promises beside the laws
ANY = {
    bptt(): {"exact": True},
    bptt(schedule=per_step()): {"exact": True},
    bptt(schedule=segments(4)): {"exact": True},
    bptt(schedule=binomial(3)): {"exact": True},
    tbptt(2, 3): {},
    tbptt(3, 6): {"exact": True},
    folded_tbptt(2, 4): {},
    adaptive_tbptt(2, 4): {},
    artbp(2.5): {},
    rtrl(): {"exact": True},
    snap(1): {},
    uoro(): {},
    forward_gradient(): {"exact_head": False},
    dni(2): {"learns": True},
}
LOCAL = {eprop(): {}, rflo(): {}, kf_rtrl(): {}}

SUBJECTS = (
    *(MethodSubject(m, c, **promise) for m, promise in ANY.items() for c in SPLIT + WHOLE),
    *(MethodSubject(m, c, **promise) for m, promise in LOCAL.items() for c in SPLIT),
    MethodSubject(diagonal_rtrl(), IndRNN(3), exact=True),
)
REFUSED = (
    *((method, cell) for method in LOCAL for cell in WHOLE),
    *((diagonal_rtrl(), cell) for cell in SPLIT + WHOLE),
)


def name(subject):
    return f"{subject.method!r}-{subject.cell!r}"


@pytest.fixture(autouse=True)
def now_and_then_forget_compiled_programs(count=itertools.count(1)):  # noqa: B008
    """Give memory back: the programs of all methods and cells together would not fit."""
    yield
    if next(count) % 6 == 0:
        jax.clear_caches()


@pytest.mark.parametrize("subject", SUBJECTS, ids=name)
def test_method_keeps(subject):
    for law in METHOD_LAWS:
        law(subject)  # each law asserts: see check_method


@pytest.mark.parametrize(("method", "cell"), REFUSED, ids=repr)
def test_a_method_says_which_cells_it_does_not_fit(method, cell):
    problem, params, chunk = problem_of(cell)
    with pytest.raises(TypeError, match=rf"^{type(method).__name__}: .*{type(cell).__name__}"):
        method.init(problem, params, cell.init_state(params.cell, 2), chunk)
