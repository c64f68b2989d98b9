"""All settings of a run, as typed dataclasses: what is saved beside it and can be replayed."""

import dataclasses
from typing import Any

from jaxrnn.checks import as_positive_int
from jaxrnn.compare.cells import CELLS
from jaxrnn.compare.methods import parse_method
from jaxrnn.spelling import did_you_mean
from jaxrnn.tasks.kinds import DataSettings, find_kind
from jaxrnn.tasks.task import Task
from jaxrnn.training.optimizers import OptimizerSettings

__all__ = ["ModelSettings", "RunSettings", "TrainingSettings", "default_settings"]

_PRECISIONS = ("float32", "bfloat16")
_MOST = 10**9  # of units and layers: more is a slip


def _one_of(name: str, value: str, known: Any) -> None:
    if value not in known:
        hint = did_you_mean(value, known)
        raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}.{hint}")


def _share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name}: expected a number from 0 to below 1, got {value}.")


def _not_negative(name: str, value: int) -> None:
    if value < 0:
        raise ValueError(f"{name}: expected 0 or more, got {value}.")


@dataclasses.dataclass(frozen=True)
class ModelSettings:
    """What is trained: equal layers of one cell, an output layer above.

    Fields: cell, by name; hidden units and layers; dropout, of each layer's outputs while training;
    embedding, features of a learned dense embedding of the input, 0 for none; precision, in which
    products are computed: weights and states are float32 either way.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> ModelSettings("gru", 32).layers
        1
    """

    cell: str = "gru"
    hidden: int = 128
    layers: int = 1
    dropout: float = 0.0
    embedding: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        _one_of("model.cell", self.cell, CELLS)
        for name in ("hidden", "layers", "embedding"):
            if getattr(self, name) > _MOST:
                raise ValueError(f"model.{name}: expected at most {_MOST:,}.")
        for name in ("hidden", "layers"):
            as_positive_int("model", name, getattr(self, name))
        _share("model.dropout", self.dropout)
        _not_negative("model.embedding", self.embedding)
        _one_of("model.precision", self.precision, _PRECISIONS)


@dataclasses.dataclass(frozen=True)
class TrainingSettings:
    """How long and how carefully.

    Fields: updates, in all; gradient, a method as in `jaxrnn compare`; evaluate_every and
    checkpoint_every, in updates; keep, how many checkpoints beside the best; patience, evaluations
    without a better one before it stops early, 0 for never; average, the decay of a running
    average of the params that is then judged and used, 0 for none; on_nonfinite, stop, skip or
    rollback; most_bad, non-finite steps in a row that stop it in any case; on_failed_save, stop or
    go_on where a checkpoint can't be written.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> TrainingSettings(updates=10).on_nonfinite
        'stop'
    """

    updates: int = 1000
    gradient: str = "full"
    evaluate_every: int = 100
    checkpoint_every: int = 100
    keep: int = 3
    patience: int = 0
    average: float = 0.0
    on_nonfinite: str = "stop"
    most_bad: int = 10
    on_failed_save: str = "stop"

    def __post_init__(self) -> None:
        for name in ("updates", "evaluate_every", "checkpoint_every", "keep", "most_bad"):
            as_positive_int("training", name, getattr(self, name))
        _not_negative("training.patience", self.patience)
        _share("training.average", self.average)
        _one_of("training.on_nonfinite", self.on_nonfinite, ("stop", "skip", "rollback"))
        _one_of("training.on_failed_save", self.on_failed_save, ("stop", "go_on"))
        parse_method(self.gradient)


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """Everything that a run depends on beside the content of its data.

    Fields: task, by name; seed, of weights, masks and the order of the data; data, of the class
    that the task names; model; optimizer; training.
    Shapes: none.
    Raises: ValueError for an unknown task.

        >>> default_settings("sine").model.cell
        'elman'
    """

    task: str
    seed: int = 0
    data: DataSettings = dataclasses.field(default_factory=DataSettings)
    model: ModelSettings = dataclasses.field(default_factory=ModelSettings)
    optimizer: OptimizerSettings = dataclasses.field(default_factory=OptimizerSettings)
    training: TrainingSettings = dataclasses.field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        kind = find_kind(self.task)
        if not isinstance(self.data, kind.settings):
            object.__setattr__(self, "data", kind.settings(**dataclasses.asdict(self.data)))
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed: expected a number from 0 to 2147483647, got {self.seed}.")


def default_settings(name: str, task: Task | None = None) -> RunSettings:
    """Return what a good first run of a task uses.

    Shapes: none.
    Args: task, the built one, if it is at hand.
    Raises: ValueError for an unknown task.

        >>> default_settings("digits").training.updates
        800
    """
    kind = find_kind(name)
    task = task or kind.build(kind.settings(), 0)
    first = task.settings
    return RunSettings(
        task=name,
        data=kind.settings(),
        model=ModelSettings(first["cell"], first["hidden"], first["layers"]),
        optimizer=OptimizerSettings(learning_rate=first["learning_rate"], clip=1.0),
        training=TrainingSettings(updates=first["updates"]),
    )
