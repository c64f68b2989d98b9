"""The one loop of training in Python: take a batch, make a step, tell whoever wants to know."""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax

from jaxrnn.checks import as_positive_int
from jaxrnn.training.policy import Policy
from jaxrnn.training.signals import Asked
from jaxrnn.training.state import TrainState
from jaxrnn.training.step import Report, Step, leaf_names

__all__ = ["CLOCK_COLUMNS", "Ended", "Every", "Row", "fit"]

Row = dict[str, Any]  # plain values by name, of one step

CLOCK_COLUMNS = ("seconds",)  # what differs between two runs of the same bits


@dataclasses.dataclass(frozen=True)
class Every:
    """Something that is called after every `steps` steps, and after the last one.

    Fields: steps; call, a function `(state, row)`.
    Shapes: none.
    Raises: TypeError or ValueError if steps is no number above zero.

        >>> Every(10, lambda state, row: None).due(20, last=False)
        True
    """

    steps: int
    call: Callable[[TrainState, Row], Any]

    def __post_init__(self) -> None:
        as_positive_int("Every", "steps", self.steps)

    def due(self, step: int, *, last: bool) -> bool:
        """Tell whether it is called after this step."""
        return last or step % self.steps == 0


class Ended(NamedTuple):
    """How training ended.

    Fields: state, after the last step; why, "finished", "stopped" early, or "signal".
    """

    state: TrainState
    why: str


def fit(
    step: Step,
    state: TrainState,
    batch_at: Callable[[int], Any],
    *,
    until: int,
    policy: Policy | None = None,
    older: Callable[[], TrainState | None] | None = None,
    measure: Every | None = None,
    log: Callable[[Row], Any] | None = None,
    enough: Callable[[Row], bool] | None = None,
    watchers: Sequence[Every] = (),
    asked: Asked | None = None,
) -> Ended:
    """Train from the step that the state stands at until step `until`.

        for number from state.step to until - 1:
            state, report = step(state, batch_at(number));   row = report + measure(state)
            log(row);   watchers(state, row)

    Everything random and every batch is a function of the number of the step: a run that is
    restarted from a saved state goes on to the same bits.

    Shapes: batches as the step takes them.
    Args: batch_at, a pure function of the number of the batch, from 0 on. policy, for steps that
        are not finite, `stop` if not given. older, the newest state saved on schedule, for
        `rollback`. measure, returns columns that go into the row of its step: evaluation. log,
        takes each row once. enough, told each measured row, whether to stop early. watchers, in
        this order, also after the last step, whatever ended it: checkpoints, progress. asked, from
        `asked_to_stop`: the step is finished, logged and watched, then training ends.
    Raises: NonFiniteError, once the row of that step is logged; what the functions raise.

        >>> import jax.numpy as jnp, optax
        >>> from jaxrnn.training import by_autodiff, init_state, make_step
        >>> gradient = by_autodiff(lambda params, chunk, key: ((params * chunk).sum(), chunk.size))
        >>> state = init_state(gradient, optax.sgd(0.5), jnp.ones(1), None, jax.random.key(0))
        >>> step, rows = jax.jit(make_step(gradient, optax.sgd(0.5))), []
        >>> ended = fit(step, state, lambda number: jnp.ones((2, 2)), until=3, log=rows.append)
        >>> ended.why, [row["loss"] for row in rows]
        ('finished', [1.0, 0.5, 0.0])
    """
    policy = Policy() if policy is None else policy
    names = leaf_names(state)
    for number in range(int(state.step), until):
        before = time.perf_counter()
        state, report = step(state, batch_at(number))
        row = _row(number + 1, report, names)  # here the host waits for the device
        row["seconds"] = time.perf_counter() - before
        if not row["finite"]:
            state = _recover(policy, state, row, older, log)
        last = number + 1 == until
        measured = measure is not None and measure.due(number + 1, last=last)
        if measure is not None and measured:
            row |= {name: _plain(value) for name, value in measure.call(state, row).items()}
        if log is not None:
            log(row)
        why = "finished" if last else None
        if measured and enough is not None and enough(row):
            why = "stopped"
        if asked:
            why = "signal"
        for watcher in watchers:
            if watcher.due(number + 1, last=why is not None):
                watcher.call(state, row)
        if why is not None:
            return Ended(state, why)
    return Ended(state, "finished")


def _recover(
    policy: Policy,
    state: TrainState,
    row: Row,
    older: Callable[[], TrainState | None] | None,
    log: Callable[[Row], Any] | None,
) -> TrainState:
    """Do what the policy says; where it ends training, the row of the step is logged first."""
    try:
        policy.check(row["step"], row["bad_leaf"], int(state.bad))
        return policy.recover(state, older)
    except ValueError:
        if log is not None:
            log(row)
        raise


def _row(step: int, report: Report, names: tuple[str, ...]) -> Row:
    """Return a report as JSON takes it: a number that is not finite is None."""
    report = jax.device_get(report)
    return {
        "step": step,
        "loss": _plain(float(report.loss)),
        "grad_norm": _plain(float(report.grad_norm)),
        "tokens": float(report.tokens),
        "finite": bool(report.finite),
        "bad_leaf": None if report.finite else names[int(report.bad_leaf)],
        "skipped": int(report.skipped),
    }


def _plain(value: Any) -> Any:
    """Return a value as it is, or None in the place of NaN and infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
