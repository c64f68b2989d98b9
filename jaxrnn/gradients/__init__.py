"""How the loss is differentiated through time: methods behind one contract."""

from jaxrnn.gradients.bptt import bptt
from jaxrnn.gradients.diagnostics import lag_profile
from jaxrnn.gradients.method import GradientMethod, accumulate, online
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.tbptt import tbptt

__all__ = [
    "Chunk", "GradientMethod", "Params", "Problem", "accumulate", "bptt", "lag_profile", "online",
    "tbptt",
]  # fmt: skip
