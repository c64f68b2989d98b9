"""Networks made of cells and drivers."""

from jaxrnn.models.output import Output, OutputParams
from jaxrnn.models.rnn import RNN, RNNParams, RNNState

__all__ = ["RNN", "Output", "OutputParams", "RNNParams", "RNNState"]
