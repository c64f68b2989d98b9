"""Seeing gradients: how far they reach, what the state does to them, which gates stand still."""

from jaxrnn.gradients.diagnostics.gates import gate_values, saturation
from jaxrnn.gradients.diagnostics.jacobians import (
    lyapunov_spectrum,
    product_singular_values,
    step_singular_values,
)
from jaxrnn.gradients.diagnostics.lags import effective_memory, lag_profile, mean_lag_profile
from jaxrnn.gradients.diagnostics.norms import clipped_fraction, gradient_norms

__all__ = [
    "clipped_fraction", "effective_memory", "gate_values", "gradient_norms", "lag_profile",
    "lyapunov_spectrum", "mean_lag_profile", "product_singular_values", "saturation",
    "step_singular_values",
]  # fmt: skip
