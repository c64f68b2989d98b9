"""The contract suite over every driver, and `scan` over every cell."""

import pytest

from jaxrnn import GRU, LSTM, Elman, GRUResetBefore, LearnedState, Zoneout
from jaxrnn.testing import DRIVER_LAWS
from tests.subjects import EVERY_CELL, backwards, both_directions, forwards, name, three_layers

SUBJECTS = (
    *(forwards(cell, examples=4) for cell in EVERY_CELL),
    *(backwards(cell) for cell in (Elman(4), LSTM(4, proj_size=2), LearnedState(GRU(4)))),
    *(both_directions(c) for c in (Elman(4), LSTM(4, proj_size=2), GRUResetBefore(4))),
    both_directions(Zoneout(GRU(4), 0.2)),
    *(three_layers(c) for c in (Elman(3), LSTM(3), GRU(3), Zoneout(LSTM(3), 0.2, 0.3))),
)


@pytest.mark.parametrize("subject", SUBJECTS, ids=name)
@pytest.mark.parametrize("law", DRIVER_LAWS, ids=lambda law: law.__name__)
def test_driver_keeps(law, subject):
    law(subject)  # each law asserts: see check_driver
