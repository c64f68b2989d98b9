"""A run that is there to be used: its model and what it has learned, without its data."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax

from jaxrnn.report.terminal import warn
from jaxrnn.runs.building import build_model
from jaxrnn.runs.folder import RunFolder
from jaxrnn.runs.settings import RunSettings
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.network import Network
from jaxrnn.training.checkpoints import Damaged, Store

__all__ = ["Opened", "open_run"]


class Opened(NamedTuple):
    """What is needed to use a run.

    Fields: settings; model; params, the average where the run keeps one; codec, None if people
    don't write such inputs; step, after which they were saved; content, a digest of the data that
    they were trained on, empty if it is not known.
    Shapes: params those of the model.
    """

    settings: RunSettings
    model: Model | Network
    params: Any
    codec: Any
    step: int
    content: str = ""


def open_run(
    path: str | os.PathLike[str], *, best: bool = False, warn: Callable[[str], object] = warn
) -> Opened:
    """Read the settings and the newest whole checkpoint of a run, or its best.

    Shapes: none.
    Args: warn, called with a line for each damaged checkpoint that is passed over; the best one is
        never passed over.
    Raises: FileNotFoundError if this is no run or nothing was saved yet; ValueError naming the file
        and what is wrong with it.

        >>> open_run("nowhere")
        Traceback (most recent call last):
        FileNotFoundError: nowhere is no run: it has no config.json. ...
    """
    folder = RunFolder(Path(path))
    settings = folder.read_settings()
    codec, input_size, output_size = folder.read_codec()
    model = build_model(settings, codec, (input_size, output_size))
    template = jax.eval_shape(lambda: model.init(jax.random.key(0)))
    part = "state.average" if settings.training.average else "state.params"
    store = Store(folder.checkpoints)
    steps = [store.best()] if best else list(reversed(store.steps()))
    for step in steps:
        if step is None:
            continue
        try:
            params, facts = store.load_part(step, part, template)
            return Opened(settings, model, params, codec, step, facts["content"])
        except FileNotFoundError:
            continue  # training, which goes on meanwhile, has removed it
        except Damaged as error:
            if best:
                raise
            warn(f"{error}. Passed over.")
    raise FileNotFoundError(
        f"{folder.path} has no {'best' if best else 'whole'} checkpoint. Go on with jaxrnn resume "
        f"--run {folder.path}."
    )
