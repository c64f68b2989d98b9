"""Each gradient method against full BPTT, on one task, before and after training."""

from collections.abc import Sequence
from typing import Any

from jaxrnn.cell import Cell
from jaxrnn.compare import NamedMethod, check_methods
from jaxrnn.compare.learner import Learner, make_learner
from jaxrnn.compare.results import model_record
from jaxrnn.diagnose.moments import Moment, Tell, moments
from jaxrnn.gradients import audit, window_errors
from jaxrnn.gradients.audit import shortest_within
from jaxrnn.tasks.task import Task

__all__ = ["audit_task", "fitting"]


def fitting(
    task: Task, cell: Cell, methods: Sequence[NamedMethod]
) -> tuple[list[NamedMethod], dict[str, str]]:
    """Return the methods that fit a cell, and for the others why they don't.

    Shapes: none.

        >>> from jaxrnn import LSTM
        >>> from jaxrnn.compare import parse_methods
        >>> from jaxrnn.tasks import TASKS
        >>> fit, others = fitting(TASKS["sine"](), LSTM(4), parse_methods("full,diagonal_rtrl"))
        >>> [m.name for m in fit], list(others)
        (['full'], ['diagonal_rtrl'])
    """
    fit, reasons = [], {}
    for named in methods:
        try:
            check_methods(task, cell, [named])
        except (TypeError, ValueError) as error:
            reasons[named.name] = str(error)
        else:
            fit.append(named)
    return fit, reasons


def audit_task(
    task: Task,
    cell: Cell,
    methods: Sequence[NamedMethod],
    *,
    updates: int,
    seed: int = 0,
    learning_rate: float | None = None,
    draws: int = 16,
    tolerance: float = 0.1,
    tell: Tell = lambda text: None,
) -> dict[str, Any]:
    """Audit methods at the first params of a task and after some updates of full BPTT.

    The same seed gives the same numbers on one machine, times excepted.

    Shapes: chunks `[T, B, ...]`.
    Args: methods, "full" first; updates of the training, 0 for none; draws, gradients made of a
        method that draws; tolerance of the gradient error for the smallest window; tell, called
        with what is being done.
    Returns: a record of plain JSON values, as in `audit.json`.
    Raises: what `jaxrnn.gradients.audit` raises.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare import parse_methods
        >>> from jaxrnn.tasks import TASKS
        >>> record = audit_task(TASKS["sine"](), Elman(4), parse_methods("tbptt:5"), updates=0)
        >>> [m["name"] for m in record["moments"][0]["methods"]]
        ['full', 'tbptt:5']
    """
    rate = task.settings["learning_rate"] if learning_rate is None else learning_rate
    learner = make_learner(task, cell, seed=seed, learning_rate=rate)
    found = [
        _at(learner, moment, methods, draws, tolerance, tell)
        for moment in moments(learner, updates, tell)
    ]
    return {
        **model_record(learner, learner.init()),
        "tolerance": tolerance,
        "draws": draws,
        "methods": [{"name": m.name, "method": repr(m.method)} for m in methods],
        "moments": found,
    }


def _at(
    learner: Learner, moment: Moment, methods: Sequence[NamedMethod], draws: int,
    tolerance: float, tell: Tell,
) -> dict[str, Any]:  # fmt: skip
    """Audit every method at one moment."""
    name, where = learner.task.name, (moment.params, moment.state, moment.chunk)
    findings = audit(
        learner.problem, *where, dict(methods), key=learner.method_key(moment.updates),
        draws=draws, tell=lambda label: tell(f"{name}, {moment.at}: {label}"),
    )  # fmt: skip
    rows = [{"name": label, **finding._asdict()} for label, finding in findings.items()]
    tell(f"{name}, {moment.at}: truncation at ever shorter windows")
    errors = window_errors(learner.problem, *where)
    return {
        "at": moment.at,
        "updates": moment.updates,
        "methods": rows,
        "windows": [{"k": k, "error": error} for k, error in errors.items()],
        "smallest_window": shortest_within(errors, tolerance),
    }
