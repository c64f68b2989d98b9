"""Every cell and wrapper, and every driver with its oracle: the contract suites' subjects."""

from functools import partial

import jax

from jaxrnn import (
    GRU,
    LSTM,
    AllStates,
    Directions,
    Dropout,
    Elman,
    GRUResetBefore,
    IndRNN,
    InputDropout,
    LayerNorm,
    LayerNormCarryLSTM,
    LayerNormLSTM,
    LearnedState,
    OrthogonalCayley,
    OrthogonalExponential,
    RecurrentDropout,
    Reservoir,
    Residual,
    Stack,
    VariationalDropout,
    WeightDrop,
    Zoneout,
    bidirectional,
    scan,
    stack,
)  # fmt: skip
from jaxrnn.initializers import GLOROT, TORCH
from jaxrnn.testing import Subject, loop, loop_bidirectional, loop_stack

CELLS = (
    Elman(4),
    Elman(4, activation="softplus", bias=False, initializer=TORCH),
    LSTM(4),
    LSTM(4, bias=False, proj_size=2),
    LSTM(4, peephole=True, forget_bias=0.5),
    LSTM(4, coupled=True, peephole=True, initializer=GLOROT),
    GRU(4),
    GRU(4, bias=False),
    GRUResetBefore(4),
    GRUResetBefore(4, bias=False),
    IndRNN(4),
    LayerNormLSTM(4),
    LayerNormCarryLSTM(4),
    Reservoir(4, leak=0.4),
)
WRAPPED = (
    LayerNorm(GRU(4)),
    Residual(LSTM(3)),
    LearnedState(LSTM(4)),
    AllStates(LSTM(4)),
    Dropout(LSTM(4), 0.3),
    VariationalDropout(GRU(4), 0.3),
    InputDropout(Elman(4), 0.3),
    RecurrentDropout(LSTM(4), 0.3),
    WeightDrop(GRU(4), 0.3),
    Zoneout(LSTM(4), 0.2, 0.4),
    OrthogonalCayley(Elman(4)),
    OrthogonalExponential(GRU(3)),
    Stack((LSTM(4), Dropout(GRU(5), 0.2))),
)
EVERY_CELL = CELLS + WRAPPED

# one small cell of every kind, around the cheapest cell that will do
EVERY_KIND = (
    Elman(2), LSTM(2, proj_size=1, peephole=True), GRU(2), GRUResetBefore(2), IndRNN(2),
    LayerNormLSTM(2), LayerNormCarryLSTM(2), Reservoir(2, leak=0.4), LayerNorm(Elman(2)),
    Residual(Elman(3)),
    LearnedState(Elman(2)), AllStates(Elman(2)), Dropout(Elman(2), 0.3),
    VariationalDropout(Elman(2), 0.3), InputDropout(Elman(2), 0.3), RecurrentDropout(Elman(2), 0.3),
    WeightDrop(Elman(2), 0.3), OrthogonalCayley(Elman(2)), Zoneout(LSTM(2), 0.2, 0.4),
    Stack((Elman(2), Dropout(GRU(2), 0.2))),
)  # fmt: skip


def forwards(cell, **sizes):
    return Subject(scan, loop, cell, cell.init, 3, **sizes)


def both_directions(cell, **sizes):
    def init(key, size):
        return Directions(*(cell.init(k, size) for k in jax.random.split(key)))

    return Subject(bidirectional, loop_bidirectional, cell, init, 3, **sizes)


def three_layers(cell, **sizes):
    def init(key, size):
        return jax.vmap(lambda k: cell.init(k, size))(jax.random.split(key, 3))

    return Subject(stack, loop_stack, cell, init, 3, **sizes)


def backwards(cell, **sizes):
    reverse = partial(scan, reverse=True)
    return Subject(reverse, partial(loop, reverse=True), cell, cell.init, 3, **sizes)


def name(subject):
    driver = getattr(subject.driver, "__name__", "reverse scan")
    return f"{driver}-{subject.cell!r}"
