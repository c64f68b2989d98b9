"""Recurrent networks as pure functions: any cell x any driver x any gradient method.

>>> import jax, jaxrnn
>>> rnn = jaxrnn.RNN(jaxrnn.LSTM(64), num_layers=2)
>>> params = rnn.init(jax.random.key(0), input_size=8)
>>> state, ys = rnn.apply(params, jax.numpy.ones((10, 4, 8)))  # [T, B, D]
>>> ys.shape
(10, 4, 64)
"""

import importlib
from typing import Any

from jaxrnn import initializers
from jaxrnn.cell import Cell, SplitCell
from jaxrnn.cells import (
    GRU,
    LSTM,
    AllStates,
    ClipCotangent,
    Dropout,
    Elman,
    ElmanParams,
    ElmanState,
    GRUParams,
    GRUResetBefore,
    GRUResetBeforeParams,
    GRUState,
    IndRNN,
    IndRNNParams,
    IndRNNState,
    InputDropout,
    LayerNorm,
    LayerNormCarryLSTM,
    LayerNormLSTM,
    LearnedState,
    LSTMParams,
    LSTMState,
    OrthogonalCayley,
    OrthogonalExponential,
    RecurrentDropout,
    Reservoir,
    ReservoirParams,
    ReservoirState,
    Residual,
    Stack,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from jaxrnn.drivers import Directions, Generated, bidirectional, explain, generate, scan, stack
from jaxrnn.models import (
    RNN,
    BatchMajor,
    Output,
    OutputParams,
    RNNParams,
    RNNState,
    load,
    ridge,
    rls,
    save,
)
from jaxrnn.randomness import with_key, without_key

__version__ = "0.1.0"

__all__ = [
    "GRU", "LSTM", "RNN", "AllStates", "BatchMajor", "Cell", "ClipCotangent", "Directions",
    "Dropout", "Elman", "ElmanParams", "ElmanState", "GRUParams", "GRUResetBefore",
    "GRUResetBeforeParams", "GRUState", "Generated", "IndRNN", "IndRNNParams", "IndRNNState",
    "InputDropout", "LSTMParams", "LSTMState", "LayerNorm", "LayerNormCarryLSTM",
    "LayerNormLSTM", "LearnedState", "OrthogonalCayley", "OrthogonalExponential", "Output",
    "OutputParams", "RNNParams", "RNNState", "RecurrentDropout", "Reservoir", "ReservoirParams",
    "ReservoirState", "Residual", "SplitCell", "Stack", "VariationalDropout", "WeightDrop",
    "Zoneout", "bidirectional", "explain", "generate", "initializers", "load", "ridge", "rls",
    "save", "scan", "stack", "with_key", "without_key",
]  # fmt: skip

# rooms that import more than JAX, loaded when first asked for
_ROOMS = (
    "adapters",
    "compare",
    "data",
    "diagnose",
    "embeddings",
    "gradients",
    "interop",
    "report",
    "tasks",
    "testing",
)


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"jaxrnn.{name}")
    raise AttributeError(f"module 'jaxrnn' has no attribute {name!r}")
