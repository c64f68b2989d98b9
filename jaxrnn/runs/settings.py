"""All settings of a run, as typed dataclasses: what is saved beside it and can be replayed."""

import dataclasses

from jaxrnn.checks import as_positive_int
from jaxrnn.compare.methods import parse_method
from jaxrnn.runs.reading import updated
from jaxrnn.tasks.kinds import DataSettings, find_kind
from jaxrnn.tasks.model import ModelSettings, at_least_zero, one_of, share
from jaxrnn.training.optimizers import OptimizerSettings

__all__ = ["ModelSettings", "RunSettings", "TrainingSettings", "default_settings"]


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
        at_least_zero("training.patience", self.patience)
        share("training.average", self.average)
        one_of("training.on_nonfinite", self.on_nonfinite, ("stop", "skip", "rollback"))
        one_of("training.on_failed_save", self.on_failed_save, ("stop", "go_on"))
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
        for name, cls in (("data", kind.settings), ("model", kind.model)):
            given = getattr(self, name)
            if not isinstance(given, cls):  # defaults are those of the task's own class
                told = {} if given == type(given)() else dataclasses.asdict(given)
                object.__setattr__(self, name, cls(**told))
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed: expected a number from 0 to 2147483647, got {self.seed}.")


def default_settings(name: str, preset: str | None = None) -> RunSettings:
    """Return what a good first run of a task uses, or one of its presets.

    Shapes: none.
    Raises: ValueError for an unknown task or preset.

        >>> default_settings("digits").training.updates
        800
    """
    kind = find_kind(name)
    settings = RunSettings(name, optimizer=OptimizerSettings(clip=1.0))
    settings = updated(settings, kind.first())
    if preset is None:
        return settings
    if not kind.presets:
        raise ValueError(f"preset: the task {name} has none, got {preset!r}.")
    one_of("preset", preset, kind.presets)
    return updated(settings, kind.presets[preset])
