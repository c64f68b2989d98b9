"""Networks made of cells and drivers."""

from jaxrnn.models.batch_major import BatchMajor
from jaxrnn.models.output import Output, OutputParams
from jaxrnn.models.recursive_least_squares import RLSState, rls, start_rls, update_rls
from jaxrnn.models.ridge import Moments, add_moments, ridge, solve_ridge, start_moments
from jaxrnn.models.rnn import RNN, RNNParams, RNNState
from jaxrnn.models.saving import load, save

__all__ = [
    "RNN", "BatchMajor", "Moments", "Output", "OutputParams", "RLSState", "RNNParams", "RNNState",
    "add_moments", "load", "ridge", "rls", "save", "solve_ridge", "start_moments", "start_rls",
    "update_rls",
]  # fmt: skip
