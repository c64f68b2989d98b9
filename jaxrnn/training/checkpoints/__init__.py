"""Checkpoints that survive: committed whole, checked wholly before use, ordered by step."""

from jaxrnn.training.checkpoints.manifest import Damaged
from jaxrnn.training.checkpoints.store import Store
from jaxrnn.training.checkpoints.tree import fingerprint, first_nonfinite

__all__ = ["Damaged", "Store", "fingerprint", "first_nonfinite"]
