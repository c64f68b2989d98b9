"""A run: one folder with its settings, checkpoints, metrics and page."""

from jaxrnn.runs.errors import RunError
from jaxrnn.runs.folder import RunFolder
from jaxrnn.runs.opened import Opened, open_run
from jaxrnn.runs.settings import RunSettings, default_settings
from jaxrnn.runs.training import train_run

__all__ = [
    "Opened", "RunError", "RunFolder", "RunSettings", "default_settings", "open_run", "train_run",
]  # fmt: skip
