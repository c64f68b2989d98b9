"""Every cell and wrapper, once: the list that the contract suites run over."""

from jaxrnn import (
    GRU,
    LSTM,
    AllStates,
    Dropout,
    Elman,
    GRUResetBefore,
    InputDropout,
    LayerNorm,
    LayerNormCarryLSTM,
    LayerNormLSTM,
    LearnedState,
    RecurrentDropout,
    Residual,
    Stack,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)  # fmt: skip
from jaxrnn.initializers import GLOROT, TORCH

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
    LayerNormLSTM(4),
    LayerNormCarryLSTM(4),
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
    Stack((LSTM(4), Dropout(GRU(5), 0.2))),
)
EVERY_CELL = CELLS + WRAPPED
