"""Recurrences, one file each, and wrappers from cell to cell."""

from jaxrnn.cells.clip_cotangent import ClipCotangent
from jaxrnn.cells.elman import Elman, ElmanParams, ElmanState
from jaxrnn.cells.embedded import Embedded, EmbeddedParams
from jaxrnn.cells.gru import GRU, GRUParams, GRUState
from jaxrnn.cells.gru_reset_before import GRUResetBefore, GRUResetBeforeParams
from jaxrnn.cells.indrnn import IndRNN, IndRNNParams, IndRNNState
from jaxrnn.cells.layer_norm_lstm import (
    LayerNormCarryLSTM,
    LayerNormCarryLSTMParams,
    LayerNormLSTM,
    LayerNormLSTMParams,
)
from jaxrnn.cells.lstm import LSTM, LSTMParams, LSTMState
from jaxrnn.cells.orthogonal import (
    OrthogonalCayley,
    OrthogonalExponential,
    OrthogonalParams,
)
from jaxrnn.cells.precision import MixedPrecision, MixedPrecisionSplit
from jaxrnn.cells.reservoir import Reservoir, ReservoirParams, ReservoirState
from jaxrnn.cells.stack import Stack
from jaxrnn.cells.stochastic import (
    Dropout,
    InputDropout,
    RecurrentDropout,
    StochasticState,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from jaxrnn.cells.wrap import (
    AllStates,
    LayerNorm,
    LayerNormParams,
    LearnedState,
    LearnedStateParams,
    Residual,
    output_width,
)

__all__ = [
    "GRU", "LSTM", "AllStates", "ClipCotangent", "Dropout", "Elman", "ElmanParams",
    "ElmanState", "Embedded", "EmbeddedParams", "GRUParams", "GRUResetBefore",
    "GRUResetBeforeParams", "GRUState", "IndRNN", "IndRNNParams", "IndRNNState", "InputDropout",
    "LSTMParams", "LSTMState", "LayerNorm", "LayerNormCarryLSTM", "LayerNormCarryLSTMParams",
    "LayerNormLSTM", "LayerNormLSTMParams", "LayerNormParams", "LearnedState",
    "LearnedStateParams", "MixedPrecision", "MixedPrecisionSplit", "OrthogonalCayley",
    "OrthogonalExponential", "OrthogonalParams", "RecurrentDropout", "Reservoir",
    "ReservoirParams", "ReservoirState", "Residual", "Stack", "StochasticState",
    "VariationalDropout", "WeightDrop", "Zoneout", "output_width",
]  # fmt: skip
