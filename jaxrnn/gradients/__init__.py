"""How the loss is differentiated through time: methods behind one contract."""

from jaxrnn.gradients.adaptive_tbptt import adaptive_tbptt
from jaxrnn.gradients.artbp import artbp
from jaxrnn.gradients.audit import Finding, audit, smallest_window, window_errors
from jaxrnn.gradients.bptt import bptt
from jaxrnn.gradients.diagnostics import (
    clipped_fraction,
    effective_memory,
    gate_values,
    gradient_norms,
    lag_profile,
    lyapunov_spectrum,
    mean_lag_profile,
    product_singular_values,
    saturation,
    step_singular_values,
)
from jaxrnn.gradients.diagonal_rtrl import diagonal_rtrl
from jaxrnn.gradients.dni import dni
from jaxrnn.gradients.eprop import eprop
from jaxrnn.gradients.folded import folded_tbptt
from jaxrnn.gradients.forward_gradient import forward_gradient
from jaxrnn.gradients.kf_rtrl import kf_rtrl
from jaxrnn.gradients.method import GradientMethod, accumulate, online
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.rflo import rflo
from jaxrnn.gradients.rtrl import rtrl
from jaxrnn.gradients.snap import snap
from jaxrnn.gradients.tbptt import tbptt
from jaxrnn.gradients.uoro import uoro

__all__ = [
    "Chunk", "Finding", "GradientMethod", "Params", "Problem", "accumulate", "adaptive_tbptt",
    "artbp", "audit", "bptt", "clipped_fraction", "diagonal_rtrl", "dni", "effective_memory",
    "eprop", "folded_tbptt", "forward_gradient", "gate_values", "gradient_norms", "kf_rtrl",
    "lag_profile", "lyapunov_spectrum", "mean_lag_profile", "online", "product_singular_values",
    "rflo", "rtrl", "saturation", "smallest_window", "snap", "step_singular_values", "tbptt",
    "uoro", "window_errors",
]  # fmt: skip
