"""How a window remembers what its gradient needs: bytes against computing again."""

from jaxrnn.gradients.schedules.binomial import binomial
from jaxrnn.gradients.schedules.budget import budget, plan, verify
from jaxrnn.gradients.schedules.costs import Costs, Prediction, costs_of
from jaxrnn.gradients.schedules.offload import offloaded
from jaxrnn.gradients.schedules.plain import plain
from jaxrnn.gradients.schedules.schedule import Schedule
from jaxrnn.gradients.schedules.segments import nested, per_step, segments, sqrt

__all__ = [
    "Costs", "Prediction", "Schedule", "binomial", "budget", "costs_of", "nested", "offloaded",
    "per_step", "plain", "plan", "segments", "sqrt", "verify",
]  # fmt: skip
