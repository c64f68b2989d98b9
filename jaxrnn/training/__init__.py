"""Training that survives: pure steps, one loop, and what stands between them and accidents."""

from jaxrnn.training.devices import batch_mesh, replicate, split_batch
from jaxrnn.training.early import Patience, Waiting
from jaxrnn.training.evaluate import evaluate, measure_loss, measure_outputs
from jaxrnn.training.gradient import Gradient, by_autodiff, by_method
from jaxrnn.training.log import MetricsLog, Position, read_rows
from jaxrnn.training.loop import Ended, Every, fit
from jaxrnn.training.memory import available_bytes, check_memory, program_bytes
from jaxrnn.training.optimizers import (
    OptimizerSettings,
    build_optimizer,
    schedule,
    standard_promotion,
)
from jaxrnn.training.policy import NonFiniteError, Policy, roll_back
from jaxrnn.training.programs import Programs
from jaxrnn.training.signals import Asked, asked_to_stop
from jaxrnn.training.state import TrainState, init_state, judged
from jaxrnn.training.step import Report, leaf_names, make_step

__all__ = [
    "Asked", "Ended", "Every", "Gradient", "MetricsLog", "NonFiniteError", "OptimizerSettings",
    "Patience", "Policy", "Position", "Programs", "Report", "TrainState", "Waiting",
    "asked_to_stop", "available_bytes", "batch_mesh", "build_optimizer", "by_autodiff",
    "by_method", "check_memory", "evaluate", "fit", "init_state", "judged",
    "leaf_names", "make_step", "measure_loss", "measure_outputs", "program_bytes", "read_rows",
    "replicate", "roll_back", "schedule", "split_batch", "standard_promotion",
]  # fmt: skip
