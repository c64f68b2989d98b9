"""Cells by name, for settings and command lines."""

from collections.abc import Callable

from jaxrnn.cell import Cell
from jaxrnn.cells.elman import Elman
from jaxrnn.cells.gru import GRU
from jaxrnn.cells.gru_reset_before import GRUResetBefore
from jaxrnn.cells.indrnn import IndRNN
from jaxrnn.cells.layer_norm_lstm import LayerNormCarryLSTM, LayerNormLSTM
from jaxrnn.cells.lstm import LSTM
from jaxrnn.cells.reservoir import Reservoir

__all__ = ["CELLS"]

# name to constructor, called with the hidden size; a new cell is one line
CELLS: dict[str, Callable[[int], Cell]] = {
    "elman": Elman,
    "lstm": LSTM,
    "gru": GRU,
    "gru_reset_before": GRUResetBefore,
    "indrnn": IndRNN,
    "layer_norm_lstm": LayerNormLSTM,
    "layer_norm_carry_lstm": LayerNormCarryLSTM,
    "reservoir": Reservoir,
}
