"""What a kind of task is: how its data are set, built, and what is trained on them."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from jaxrnn.tasks.model import ModelSettings
from jaxrnn.tasks.network import Network
from jaxrnn.tasks.task import Task

__all__ = ["Changes", "DataSettings", "Kind", "as_built"]

Changes = Mapping[str, Any]  # of settings: groups of fields by name


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """How a task is cut into chunks; None is the task's own.

    Fields: steps T and batch B of a chunk.
    Shapes: none.

        >>> DataSettings(steps=8).batch is None
        True
    """

    steps: int | None = None
    batch: int | None = None


class Kind(NamedTuple):
    """A task that can be trained.

    Fields: topology, what goes in and comes out; summary, a line for people; settings, the class
    of its data's settings; build, from those, a seed and the codec of the run if it was begun
    before, to a `Task`: what a codec was fitted to is then left alone; first, what a good first run
    changes in the settings; model, the class of its model's settings; network, from those and a
    codec to what is trained, None for a cell under an output layer; presets, changes to `first` by
    name.
    Shapes: none.

        >>> from jaxrnn.tasks.kinds import KINDS
        >>> KINDS["delayed_recall"].build(DataSettings(batch=4), 0, None).batch
        4
    """

    topology: str
    summary: str
    settings: type[DataSettings]
    build: Callable[[Any, int, Any], Task]
    first: Callable[[], Changes]
    model: type[ModelSettings] = ModelSettings
    network: Callable[[Any, Any], Network] | None = None
    presets: Mapping[str, Changes] = MappingProxyType({})


def as_built(build: Callable[[], Task]) -> Callable[[], Changes]:
    """Return the first settings of a kind whose task says itself what a good first run is.

    Shapes: none.
    Args: build, which returns the task at its defaults.

        >>> from jaxrnn.tasks import TASKS
        >>> sorted(as_built(TASKS["adding"])())
        ['model', 'optimizer', 'training']
    """

    def first() -> Changes:
        settings = build().settings
        return {
            "model": {name: settings[name] for name in ("cell", "hidden", "layers")},
            "optimizer": {"learning_rate": settings["learning_rate"]},
            "training": {"updates": settings["updates"]},
        }

    return first
