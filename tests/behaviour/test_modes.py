"""Behaviour at the edges, E48-E50: the contract suites, at small shapes, in every mode of JAX.

A fixture sets the mode; `e50_eager` is the whole contract run operation by operation. Compiled
against eager, number by number, are the laws called `jit_is_eager`.
"""

import jax
import pytest

from jaxrnn import GRU, LSTM, Elman, LearnedState, Stack, Zoneout
from jaxrnn.testing import CELL_LAWS, DRIVER_LAWS
from jaxrnn.testing.drivers import padding_is_harmless, rows_are_independent
from tests.subjects import EVERY_KIND, backwards, both_directions, forwards, name, three_layers

MODES = {
    "e48_leaks": jax.checking_leaks,
    "e49_x64": lambda: jax.enable_x64(True),
    "e50_nans": lambda: jax.debug_nans(True),
    "e50_eager": jax.disable_jit,
}
INJECT_NAN = (padding_is_harmless, rows_are_independent)  # on purpose: left out under debug_nans

SMALLEST = {"examples": 2, "steps": 2, "batch": 2}
# every driver; the cells differ in what a driver has to do with their state
DRIVEN = (
    forwards(Stack((Elman(3), Zoneout(GRU(2), 0.2))), **SMALLEST),
    forwards(LearnedState(LSTM(2)), **SMALLEST),
    backwards(Zoneout(Elman(2), 0.2), **SMALLEST),
    both_directions(Elman(2), **SMALLEST),
    three_layers(Elman(3), **SMALLEST),
)


@pytest.fixture(params=MODES)
def mode(request):
    with MODES[request.param]():
        yield request.param


@pytest.mark.parametrize("cell", EVERY_KIND, ids=repr)
def test_cell_laws_in(mode, cell):
    for law in CELL_LAWS:
        law(cell, 3)


@pytest.mark.parametrize("subject", DRIVEN, ids=name)
def test_driver_laws_in(mode, subject):
    for law in DRIVER_LAWS:
        if mode != "e50_nans" or law not in INJECT_NAN:
            law(subject)
