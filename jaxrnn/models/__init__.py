"""Networks made of cells and drivers, and the parts around them: heads, attention, searches."""

from jaxrnn.models.attention import (
    Additive,
    AdditiveParams,
    Attended,
    Memory,
    Multiplicative,
    MultiplicativeParams,
    ScaledDot,
    ScaledDotParams,
)
from jaxrnn.models.batch_major import BatchMajor
from jaxrnn.models.beam import Beams, beam_search, repeat_beams
from jaxrnn.models.bidirectional_encoder import BidirectionalEncoder
from jaxrnn.models.crf import CRF, CRFParams, Decoded
from jaxrnn.models.ctc import Hypothesis, ctc_beam, ctc_greedy, ctc_loss
from jaxrnn.models.encoder_decoder import AttendFirst, AttendLater, EncoderDecoder
from jaxrnn.models.lookup import Lookup, LookupParams
from jaxrnn.models.output import Output, OutputParams
from jaxrnn.models.recursive_least_squares import RLSState, rls, start_rls, update_rls
from jaxrnn.models.ridge import Moments, add_moments, ridge, solve_ridge, start_moments
from jaxrnn.models.rnn import RNN, RNNParams, RNNState
from jaxrnn.models.sampling import keep_nucleus, keep_top_k, sample
from jaxrnn.models.saving import load, save

__all__ = [
    "CRF", "RNN", "Additive", "AdditiveParams", "AttendFirst", "AttendLater", "Attended",
    "BatchMajor", "Beams", "BidirectionalEncoder", "CRFParams", "Decoded", "EncoderDecoder",
    "Hypothesis", "Lookup", "LookupParams", "Memory", "Moments", "Multiplicative",
    "MultiplicativeParams", "Output", "OutputParams", "RLSState", "RNNParams", "RNNState",
    "ScaledDot", "ScaledDotParams", "add_moments", "beam_search", "ctc_beam", "ctc_greedy",
    "ctc_loss", "keep_nucleus", "keep_top_k", "load", "repeat_beams", "ridge", "rls", "sample",
    "save", "solve_ridge", "start_moments", "start_rls", "update_rls",
]  # fmt: skip
