"""Full against truncated BPTT on one task: three questions, kept apart.

A  audit          frozen params, the same data: how wrong is the gradient?
B  same updates   one update per chunk for every method: what does the wrong gradient cost?
C  online         each method's own cadence, the state carried through: how is it in use?
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxrnn.cell import Cell
from jaxrnn.compare.audit import gradient_errors, lags, make_sample
from jaxrnn.compare.cells import make_cell
from jaxrnn.compare.evaluate import evaluator
from jaxrnn.compare.learner import Learner, make_learner
from jaxrnn.compare.methods import NamedMethod, default_methods
from jaxrnn.compare.race import CADENCES, Event, Runner, marks, race
from jaxrnn.compare.results import method_record, task_record
from jaxrnn.compare.steps import (
    first_carry,
    gradient_program,
    loss_steps,
    online_program,
    same_run,
    same_updates_step,
    update_program,
)
from jaxrnn.compiled import Compiled
from jaxrnn.gradients import Chunk, Params
from jaxrnn.tasks.task import Task

__all__ = ["compare"]

Tell = Callable[[Event], None]


def compare(
    task: Task,
    *,
    cell: Cell | None = None,
    methods: Sequence[NamedMethod] = (),
    updates: int | None = None,
    seed: int = 0,
    learning_rate: float | None = None,
    tell: Tell = lambda event: None,
) -> dict[str, Any]:
    """Train one model from one start with every method, in both designs, and audit the gradients.

    The same seed gives the same losses, scores and gradient errors, bit for bit on one machine;
    times differ.

    Shapes: chunks `[T, B, ...]`; on a stream "full" is full BPTT over a chunk of T steps.
    Args: task, from `jaxrnn.tasks` or your own. cell, default the task's. methods, from
        `parse_methods`, "full" first; default full and T/8, T/4, T/2. updates, of T tokens each;
        default the task's. learning_rate of Adam, the task's. tell, called with each `Event`.
    Returns: a record of plain JSON values, as in `results.json`.
    Raises: ValueError if updates is below 1; what cells, methods and the task raise.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.methods import parse_methods
        >>> from jaxrnn.tasks import TASKS
        >>> methods = parse_methods("full,tbptt:5")
        >>> record = compare(TASKS["sine"](), cell=Elman(4), methods=methods, updates=2)
        >>> [m["name"] for m in record["methods"]], record["methods"][1]["audit"][0]["at"]
        (['full', 'tbptt:5'], 'start')
    """
    settings = task.settings
    count: int = settings["updates"] if updates is None else updates
    if count < 1:
        raise ValueError(f"compare: updates should be at least 1, got {count}.")
    cell = cell or make_cell(settings["cell"], settings["hidden"], settings["layers"])
    rate = settings["learning_rate"] if learning_rate is None else learning_rate
    learner = make_learner(task, cell, seed=seed, learning_rate=rate)
    with warnings.catch_warnings():
        # to run one cell over many lengths is the very purpose here
        warnings.filterwarnings("ignore", message="scan: .* different sequence lengths")
        return _compare(learner, methods or default_methods(task.steps), count, tell)


def _compare(
    learner: Learner, methods: Sequence[NamedMethod], updates: int, tell: Tell
) -> dict[str, Any]:
    task, params = learner.task, learner.init()
    chunk = jax.tree.map(jnp.asarray, task.train(0))
    gradients, runners = _compile(learner, methods, params, chunk, updates, tell)
    points = marks(updates)
    stops = {0: "start", points[(len(points) - 1) // 2]: "half-way", updates: "end"}

    def news(phase: str, done: int, total: int, runner: Runner) -> None:
        loss = runner.points[-1].loss if runner.points else None
        tell(Event(task.name, phase, done, total, runner.method, runner.cadence, loss))

    race(
        runners, task.train, evaluator(learner), steps=updates, tokens=task.steps * task.batch,
        keep=list(stops), tell=news,
    )  # fmt: skip
    audits, profiles = _audit(learner, gradients, runners[0].kept, stops, tell)
    records = []
    for named in methods:
        own = [r for r in runners if r.method == named.name]
        audit = [
            {"at": at, "updates": step, **audits[step][named.name]} for step, at in stops.items()
        ]
        gradient = gradients[named.name]
        records.append(method_record(task, named, gradient.temp_bytes, audit, own))
    return task_record(learner, params, updates, records, profiles)


def _compile(
    learner: Learner, methods: Sequence[NamedMethod], params: Params, chunk: Chunk, updates: int,
    tell: Tell,
) -> tuple[dict[str, Compiled], list[Runner]]:  # fmt: skip
    """Compile the gradient of each method, and the runners of designs B and C."""
    start = first_carry(learner, None, params, chunk)
    update = update_program(learner, params, start.opt_state)
    gradients: dict[str, Compiled] = {}
    runners: list[Runner] = []
    steps = loss_steps(learner.task)
    for done, (name, method) in enumerate(methods):
        tell(Event(learner.task.name, "compile", done, len(methods), name))
        gradient = gradient_program(learner, method, params, start.memory, chunk)
        gradients[name] = gradient
        bytes_ = [b for b in (gradient.temp_bytes, update.temp_bytes) if b is not None]
        seconds = gradient.seconds + update.seconds
        step = same_updates_step(gradient, update)
        runners.append(Runner(name, CADENCES[0], step, seconds, max(bytes_, default=None), start))
        carry = first_carry(learner, method, params, chunk)
        if not same_run(learner, method, carry, updates, steps):
            own = online_program(learner, method, carry, chunk)
            runners.append(Runner(name, CADENCES[1], own.call, own.seconds, own.temp_bytes, carry))
    return gradients, runners


def _audit(
    learner: Learner, gradients: dict[str, Compiled], kept: dict[int, Params],
    stops: dict[int, str], tell: Tell,
) -> tuple[dict[int, dict[str, dict[str, float]]], list[dict[str, Any]]]:  # fmt: skip
    """Measure gradient errors and lag profiles at the params that full BPTT went through."""
    tell(Event(learner.task.name, "audit", 0, 1))
    sample = make_sample(learner)
    errors = {s: gradient_errors(learner, gradients, kept[s], sample) for s in stops}
    full = next(iter(gradients.values()))
    profiles = []
    for step, at in stops.items():
        profile = lags(learner, full, kept[step], sample)
        if profile is not None:
            profiles.append({"at": at, "updates": step, "norm_by_lag": profile})
    return errors, profiles
