"""Optimizers from plain settings, as they stand in a config."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import optax

from jaxrnn.checks import as_number, as_positive, as_positive_int
from jaxrnn.spelling import did_you_mean

__all__ = [
    "OPTIMIZERS", "SCHEDULES", "OptimizerSettings", "build_optimizer", "schedule",
    "standard_promotion",
]  # fmt: skip

_OWNER = "OptimizerSettings"
_MOST = 3e38


@dataclasses.dataclass(frozen=True)
class OptimizerSettings:
    """How params are updated.

    Fields: name, one of `OPTIMIZERS`; learning_rate, the highest one; schedule, one of
    `SCHEDULES`; warmup, updates on which `warmup_cosine` rises, or before `late_exponential` falls;
    final, the fraction of the learning rate at which all but `constant` and `one_cycle` end; clip,
    the largest norm of the whole gradient, None for any; weight_decay, of `adamw` a decay of the
    weights, of the others added to the gradient; momentum, of `sgd` and `rmsprop`; accumulate,
    chunks whose mean gradient makes one update.
    Shapes: none.
    Raises: TypeError for a value of another type; ValueError for an unknown name, with the nearest
    one, or a number out of its range.

        >>> OptimizerSettings("adam", 0.01).schedule
        'constant'
        >>> OptimizerSettings("adamm")
        Traceback (most recent call last):
        ValueError: OptimizerSettings: unknown name 'adamm'; choose from adam, adamw, sgd...
    """

    name: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup: int = 0
    final: float = 0.01
    clip: float | None = 1.0
    weight_decay: float = 0.0
    momentum: float = 0.0
    accumulate: int = 1

    def __post_init__(self) -> None:
        _known("name", self.name, OPTIMIZERS)
        _known("schedule", self.schedule, SCHEDULES)
        as_positive(_OWNER, "learning_rate", self.learning_rate)
        if self.clip is not None:
            as_positive(_OWNER, "clip", self.clip)
        for field in ("learning_rate", "clip"):
            if (getattr(self, field) or 0) > _MOST:
                raise ValueError(
                    f"{_OWNER}: {field} should be at most {_MOST:g}, which float32 can hold, got "
                    f"{getattr(self, field):g}"
                )
        as_positive_int(_OWNER, "accumulate", self.accumulate)
        if isinstance(self.warmup, bool) or not isinstance(self.warmup, int):
            raise TypeError(
                f"{_OWNER}: warmup should be of type int, got: {type(self.warmup).__name__}"
            )
        _from_zero("warmup", self.warmup)
        _from_zero("weight_decay", self.weight_decay)
        _from_zero("momentum", self.momentum, below=1)
        if not 0 < as_number(_OWNER, "final", self.final) <= 1:
            raise ValueError(
                f"{_OWNER}: final should be a fraction in (0, 1] of the learning rate, got "
                f"{self.final}"
            )
        if self.momentum and self.name not in ("sgd", "rmsprop"):
            raise ValueError(
                f"{_OWNER}: momentum={self.momentum} belongs to sgd and rmsprop; {self.name} has "
                "its own"
            )
        if self.warmup and self.schedule not in ("late_exponential", "warmup_cosine"):
            raise ValueError(
                f"{_OWNER}: warmup={self.warmup} belongs to the schedules warmup_cosine and "
                f"late_exponential, got schedule={self.schedule!r}"
            )


def _known(field: str, word: Any, choices: Any) -> None:
    if not isinstance(word, str):
        raise TypeError(f"{_OWNER}: {field} should be of type str, got: {type(word).__name__}")
    if word not in choices:
        raise ValueError(
            f"{_OWNER}: unknown {field} {word!r}; choose from {', '.join(choices)}."
            f"{did_you_mean(word, choices)}"
        )


def _from_zero(field: str, value: Any, below: float | None = None) -> None:
    number = as_number(_OWNER, field, value)
    if number < 0 or (below is not None and number >= below):
        upto = "" if below is None else f" and below {below}"
        raise ValueError(f"{_OWNER}: {field} must be at least zero{upto}, got {value}")


def _adam(rate: optax.Schedule, settings: OptimizerSettings) -> optax.GradientTransformation:
    return _decayed(settings, optax.adam(rate))


def _adamw(rate: optax.Schedule, settings: OptimizerSettings) -> optax.GradientTransformation:
    return optax.adamw(rate, weight_decay=settings.weight_decay)


def _sgd(rate: optax.Schedule, settings: OptimizerSettings) -> optax.GradientTransformation:
    return _decayed(settings, optax.sgd(rate, momentum=settings.momentum or None))


def _rmsprop(rate: optax.Schedule, settings: OptimizerSettings) -> optax.GradientTransformation:
    return _decayed(settings, optax.rmsprop(rate, momentum=settings.momentum or None))


def _decayed(
    settings: OptimizerSettings, optimizer: optax.GradientTransformation
) -> optax.GradientTransformation:
    if not settings.weight_decay:
        return optimizer
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), optimizer)


OPTIMIZERS: dict[
    str, Callable[[optax.Schedule, OptimizerSettings], optax.GradientTransformation]
] = {"adam": _adam, "adamw": _adamw, "sgd": _sgd, "rmsprop": _rmsprop}


def _constant(settings: OptimizerSettings, updates: int) -> optax.Schedule:
    del updates
    return optax.constant_schedule(settings.learning_rate)


def _cosine(settings: OptimizerSettings, updates: int) -> optax.Schedule:
    return optax.cosine_decay_schedule(settings.learning_rate, updates, alpha=settings.final)


def _check_warmup(settings: OptimizerSettings, updates: int) -> None:
    if settings.warmup >= updates:
        raise ValueError(
            f"{_OWNER}: warmup={settings.warmup} should be below the number of updates, {updates}"
        )


def _warmup_cosine(settings: OptimizerSettings, updates: int) -> optax.Schedule:
    _check_warmup(settings, updates)
    peak = settings.learning_rate
    return optax.warmup_cosine_decay_schedule(
        0.0, peak, settings.warmup, updates, end_value=peak * settings.final
    )


def _exponential(settings: OptimizerSettings, updates: int) -> optax.Schedule:
    return optax.exponential_decay(settings.learning_rate, updates, settings.final)


def _late_exponential(settings: OptimizerSettings, updates: int) -> optax.Schedule:
    _check_warmup(settings, updates)
    falling = updates - settings.warmup
    return optax.exponential_decay(
        settings.learning_rate, falling, settings.final, transition_begin=settings.warmup
    )


def _one_cycle(settings: OptimizerSettings, updates: int) -> optax.Schedule:
    return optax.cosine_onecycle_schedule(updates, settings.learning_rate)


SCHEDULES: dict[str, Callable[[OptimizerSettings, int], optax.Schedule]] = {
    "constant": _constant,
    "cosine": _cosine,
    "warmup_cosine": _warmup_cosine,
    "exponential": _exponential,
    "late_exponential": _late_exponential,
    "one_cycle": _one_cycle,
}


def schedule(settings: OptimizerSettings, steps: int) -> optax.Schedule:
    """Return the learning rate as a function of the number of the update.

    Shapes: update and rate `[]`.
    Args: steps, chunks of the whole run; with `accumulate` there are fewer updates.
    Raises: ValueError if the warm-up is as long as the run.

        >>> settings = OptimizerSettings(learning_rate=0.1, schedule="cosine", final=0.5)
        >>> rate = schedule(settings, 10)
        >>> round(float(rate(0)), 3), round(float(rate(10)), 3)
        (0.1, 0.05)
    """
    steps = as_positive_int("schedule", "steps", steps)
    rate = SCHEDULES[settings.schedule](settings, -(-steps // settings.accumulate))

    def at(update: Any) -> Any:
        with jax.numpy_dtype_promotion("standard"):
            return rate(update)

    return at


def build_optimizer(settings: OptimizerSettings, steps: int) -> optax.GradientTransformation:
    """Return the optax chain: clip, then the optimizer, once for `accumulate` chunks.

    Shapes: gradients those of params.
    Args: steps, chunks of the whole run, which schedules are stretched over.
    Raises: ValueError if the warm-up is as long as the run.

        >>> import jax.numpy as jnp
        >>> optimizer = build_optimizer(OptimizerSettings("sgd", 0.5, clip=None), 10)
        >>> print(optimizer.update(jnp.ones(2), optimizer.init(jnp.ones(2)))[0])
        [-0.5 -0.5]
    """
    optimizer = OPTIMIZERS[settings.name](schedule(settings, steps), settings)
    if settings.clip is not None:
        optimizer = optax.chain(optax.clip_by_global_norm(settings.clip), optimizer)
    if settings.accumulate > 1:
        several = optax.MultiSteps(optimizer, settings.accumulate)
        optimizer = several.gradient_transformation()
    return standard_promotion(optimizer)


def standard_promotion(optimizer: optax.GradientTransformation) -> optax.GradientTransformation:
    """Return an optimizer that works where the user has set dtype promotion to strict.

    optax raises floats to counts of steps, which are int32.

    Shapes: those of params.

        >>> import jax.numpy as jnp
        >>> optimizer = standard_promotion(optax.adam(0.1))
        >>> with jax.numpy_dtype_promotion("strict"):
        ...     updates, _ = optimizer.update(jnp.ones(2), optimizer.init(jnp.ones(2)))
        >>> print(updates.round(4))
        [-0.1 -0.1]
    """

    def init(params: Any) -> Any:
        with jax.numpy_dtype_promotion("standard"):
            return optimizer.init(params)

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        with jax.numpy_dtype_promotion("standard"):
            return optimizer.update(updates, state, params)

    return optax.GradientTransformation(init, update)
