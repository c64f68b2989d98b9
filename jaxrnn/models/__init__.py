"""Networks made of cells and drivers."""

from jaxrnn.models.batch_major import BatchMajor
from jaxrnn.models.output import Output, OutputParams
from jaxrnn.models.rnn import RNN, RNNParams, RNNState
from jaxrnn.models.saving import load, save

__all__ = ["RNN", "BatchMajor", "Output", "OutputParams", "RNNParams", "RNNState", "load", "save"]
