"""The contract suite over every driver, and `scan` over every cell."""

from functools import partial

import jax
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    Directions,
    Elman,
    GRUResetBefore,
    LearnedState,
    Zoneout,
    bidirectional,
    scan,
    stack,
)  # fmt: skip
from jaxrnn.testing import DRIVER_LAWS, Subject, loop, loop_bidirectional, loop_stack
from tests.subjects import EVERY_CELL


def both_directions(cell):
    def init(key, size):
        return Directions(*(cell.init(k, size) for k in jax.random.split(key)))

    return Subject(bidirectional, loop_bidirectional, cell, init, 3)


def three_layers(cell):
    def init(key, size):
        return jax.vmap(lambda k: cell.init(k, size))(jax.random.split(key, 3))

    return Subject(stack, loop_stack, cell, init, 3)


def backwards(cell):
    reverse = partial(scan, reverse=True)
    return Subject(reverse, partial(loop, reverse=True), cell, cell.init, 3)


SUBJECTS = (
    *(Subject(scan, loop, cell, cell.init, 3) for cell in EVERY_CELL),
    *(backwards(cell) for cell in (Elman(4), LSTM(4, proj_size=2), LearnedState(GRU(4)))),
    *(both_directions(c) for c in (Elman(4), LSTM(4, proj_size=2), GRUResetBefore(4))),
    both_directions(Zoneout(GRU(4), 0.2)),
    *(three_layers(c) for c in (Elman(3), LSTM(3), GRU(3), Zoneout(LSTM(3), 0.2, 0.3))),
)


def name(subject):
    driver = getattr(subject.driver, "__name__", "reverse scan")
    return f"{driver}-{subject.cell!r}"


@pytest.mark.parametrize("subject", SUBJECTS, ids=name)
@pytest.mark.parametrize("law", DRIVER_LAWS, ids=lambda law: law.__name__)
def test_driver_keeps(law, subject):
    law(subject)  # each law asserts: see check_driver
