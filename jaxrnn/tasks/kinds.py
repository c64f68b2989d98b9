"""What `jaxrnn train` can train: each task by name, with its settings, listed by topology."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from jaxrnn.spelling import did_you_mean
from jaxrnn.tasks.adding import adding
from jaxrnn.tasks.classify import classify
from jaxrnn.tasks.copy_memory import copy_memory
from jaxrnn.tasks.delayed_recall import delayed_recall
from jaxrnn.tasks.digits import digits
from jaxrnn.tasks.forecast import forecast
from jaxrnn.tasks.sine import sine
from jaxrnn.tasks.task import Task
from jaxrnn.tasks.temporal_order import temporal_order
from jaxrnn.tasks.text import text

__all__ = [
    "KINDS", "CharacterSettings", "ClassifySettings", "DataSettings", "ForecastSettings", "Kind",
    "find_kind",
]  # fmt: skip


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


@dataclasses.dataclass(frozen=True)
class CharacterSettings(DataSettings):
    """Of a character model: text, a file in UTF-8; None is Tiny Shakespeare or Python's own words.

    Shapes: none.

        >>> CharacterSettings().text is None
        True
    """

    text: str | None = None


@dataclasses.dataclass(frozen=True)
class ForecastSettings(DataSettings):
    """Of a forecast: csv, a table with a head row; target and columns by name; horizon in rows.

    Shapes: none.

        >>> ForecastSettings(csv="load.csv", target="load").horizon
        1
    """

    csv: str | None = None
    target: str | None = None
    columns: tuple[str, ...] = ()
    horizon: int = 1


@dataclasses.dataclass(frozen=True)
class ClassifySettings(DataSettings):
    """Of classes of sequences: arrays, a .npz file with x and y; or wavs, a folder of sounds.

    Shapes: none.

        >>> ClassifySettings(wavs="recordings").arrays is None
        True
    """

    arrays: str | None = None
    wavs: str | None = None


class Kind(NamedTuple):
    """A task that can be trained.

    Fields: topology, what goes in and comes out; summary, a line for people; settings, the class
    of its data's settings; build, from those and a seed to a `Task`.
    Shapes: none.

        >>> KINDS["sine"].build(DataSettings(steps=4), 0).steps
        4
    """

    topology: str
    summary: str
    settings: type[DataSettings]
    build: Callable[[Any, int], Task]


def _plain(builder: Callable[..., Task]) -> Callable[[DataSettings, int], Task]:
    return lambda data, seed: builder(seed=seed, steps=data.steps, batch=data.batch)


def _characters(data: CharacterSettings, seed: int) -> Task:
    return text(seed=seed, steps=data.steps, batch=data.batch, path=data.text)


def _forecast(data: ForecastSettings, seed: int) -> Task:
    return forecast(
        seed=seed, steps=data.steps, batch=data.batch, csv=data.csv, target=data.target,
        columns=data.columns, horizon=data.horizon,
    )  # fmt: skip


def _classify(data: ClassifySettings, seed: int) -> Task:
    return classify(
        seed=seed, steps=data.steps, batch=data.batch, arrays=data.arrays, wavs=data.wavs
    )


_ONE, _SYNCHRONOUS = "many-to-one", "many-to-many, synchronous"

# a new task is one line
KINDS: dict[str, Kind] = {
    "digits": Kind(_ONE, "which digit an image is, read in parts", DataSettings, _plain(digits)),
    "sine": Kind(_ONE, "what comes next in a noisy sine", DataSettings, _plain(sine)),
    "forecast": Kind(_ONE, "a column of your own table, rows ahead", ForecastSettings, _forecast),
    "classify": Kind(
        _ONE, "the class of your own sequences, arrays or sounds", ClassifySettings, _classify
    ),
    "adding": Kind(_ONE, "the sum of two marked numbers", DataSettings, _plain(adding)),
    "temporal_order": Kind(
        _ONE, "in which order two symbols came", DataSettings, _plain(temporal_order)
    ),
    "charlm": Kind(
        _SYNCHRONOUS, "the next character of a text of yours", CharacterSettings, _characters
    ),
    "copy_memory": Kind(
        _SYNCHRONOUS, "ten symbols said again after a pause", DataSettings, _plain(copy_memory)
    ),
    "delayed_recall": Kind(
        _SYNCHRONOUS, "the symbol of some steps ago", DataSettings, _plain(delayed_recall)
    ),
}


def find_kind(name: str) -> Kind:
    """Return the task of that name.

    Shapes: none.
    Raises: ValueError for an unknown name, with the nearest.

        >>> find_kind("charlm").topology
        'many-to-many, synchronous'
    """
    if name not in KINDS:
        hint = did_you_mean(name, KINDS)
        raise ValueError(f"task: expected one of {', '.join(KINDS)}, got {name!r}.{hint}")
    return KINDS[name]
