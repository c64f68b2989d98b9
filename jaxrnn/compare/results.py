"""The record of a comparison, as plain JSON values, and the file it is kept in."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jaxrnn.cells import Stack
from jaxrnn.compare.learner import CLIP_NORM, Learner
from jaxrnn.compare.methods import NamedMethod
from jaxrnn.compare.race import CADENCES, Runner
from jaxrnn.files import write_whole
from jaxrnn.gradients import Params
from jaxrnn.tasks.task import Task

__all__ = [
    "FORMAT",
    "method_record",
    "model_record",
    "results",
    "run_record",
    "task_record",
    "write_results",
]

FORMAT = 1  # of results.json; a reader refuses what it doesn't know


def run_record(task: Task, runner: Runner) -> dict[str, Any]:
    """Return what one run made of one method: curves, time, memory.

    Units: seconds, milliseconds, bytes; a step is one chunk of `T * B` tokens.
    Shapes: each curve has one entry a point.

        >>> from jaxrnn.compare.race import Point
        >>> from jaxrnn.tasks import TASKS
        >>> runner = Runner("full", "online", lambda c, x, n: (c, 0.0), 1.0, 8, None, laps=[0.004])
        >>> runner.points.append(Point(0, 0.0, 0, 0.5, 0.25, None))
        >>> record = run_record(TASKS["sine"](), runner)
        >>> record["ms_per_step"], record["ms_per_token"], record["loss"]
        (4.0, 0.05, [0.5])
    """
    ms = 1000 * runner.step_seconds
    last = runner.points[-1]
    return {
        "cadence": runner.cadence,
        "updates": last.updates,
        "compile_seconds": runner.compile_seconds,
        "temp_bytes": runner.temp_bytes,
        "ms_per_step": ms,
        "ms_per_token": ms / (task.steps * task.batch),
        "train_seconds": runner.seconds,
        "final_loss": last.loss,
        "final_score": last.score,
        "finite": all(math.isfinite(p.loss) for p in runner.points),
        **{
            field: [getattr(p, field) for p in runner.points]
            for field in last._fields
            if field != "updates"
        },
        "updates_made": [p.updates for p in runner.points],
    }


def method_record(
    task: Task, named: NamedMethod, gradient_bytes: int | None, audit: list[dict[str, Any]],
    runners: Sequence[Runner],
) -> dict[str, Any]:  # fmt: skip
    """Return all of one method: its audit, and its runs by cadence.

    Where both designs are one run, it is there twice, with `same_run` true.

    Shapes: runners, that of design B and, unless it is the same, that of design C.

        >>> from jaxrnn.compare.methods import parse_method
        >>> from jaxrnn.compare.race import Point
        >>> from jaxrnn.tasks import TASKS
        >>> runner = Runner("full", "online", lambda c, x, n: (c, 0.0), 1.0, 8, None, laps=[1])
        >>> runner.points.append(Point(0, 0.0, 0, 0.5, 0.25, None))
        >>> record = method_record(TASKS["sine"](), parse_method("tbptt:2:5"), 8, [], [runner])
        >>> record["k1"], record["k2"], record["same_run"]
        (2, 5, True)
    """
    runs = [run_record(task, runner) for runner in runners]
    k1 = min(named.method.length or task.steps, task.steps)
    # of methods that truncate nothing, the reach is the whole chunk
    k2 = min(getattr(named.method, "k2", 0) or task.steps, task.steps)
    return {
        "name": named.name,
        "method": repr(named.method),
        "k1": k1,
        "k2": k2,
        "gradient_temp_bytes": gradient_bytes,
        "audit": audit,
        "same_run": len(runs) == 1,
        "same_updates": runs[0],
        "online": {**runs[-1], "cadence": CADENCES[1]},
    }


def task_record(
    learner: Learner, params: Params, updates: int, methods: list[dict[str, Any]],
    profiles: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """Return the record of one task: what was held equal, then every method.

    Shapes: profiles hold one norm for each lag 1 .. T.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> task_record(learner, learner.init(), 3, [], [])["tokens"]
        240
    """
    task = learner.task
    return {
        **model_record(learner, params),
        "metric": task.metric,
        "higher_is_better": task.higher_is_better,
        "steps": updates,
        "tokens": updates * task.steps * task.batch,
        "loss_scale": {
            CADENCES[0]: "mean per counted token of the chunk of T steps",
            CADENCES[1]: "mean per counted token of each window of k1 steps",
        },
        "methods": methods,
        "lag_profile": profiles,
    }


def model_record(learner: Learner, params: Params) -> dict[str, Any]:
    """Return what is looked at, whatever is done with it: task, data, model, optimiser.

    Shapes: params, those of the learner.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> record = model_record(learner, learner.init())
        >>> record["T"], record["model"]
        (10, 'Elman with 4 units')
    """
    task = learner.task
    return {
        "task": task.name,
        "title": task.title,
        "source": task.source,
        "stream": task.stream,
        "T": task.steps,
        "B": task.batch,
        "input_size": task.input_size,
        "output_size": task.output_size,
        "model": _model_words(learner.cell),
        "cell": repr(learner.cell),
        "parameters": learner.parameters(params),
        "seed": learner.seed,
        "optimizer": {
            "name": "adam", "learning_rate": learner.learning_rate, "clip_global_norm": CLIP_NORM,
        },
    }  # fmt: skip


def _model_words(cell: Any) -> str:
    """Return a model in a few words: "2 layers of Elman with 64 units"."""
    layers = cell.cells if isinstance(cell, Stack) else (cell,)
    first = layers[0]
    units = getattr(first, "hidden_size", None)
    if units is None or any(layer != first for layer in layers):
        return repr(cell)
    one = f"{type(first).__name__} with {units} units"
    return one if len(layers) == 1 else f"{len(layers)} layers of {one}"


def results(
    command: str, environment: dict[str, Any], tasks: list[dict[str, Any]],
    kind: str = "jaxrnn compare",
) -> dict[str, Any]:  # fmt: skip
    """Return the whole of a results file.

    Shapes: none.
    Args: kind, the command whose record it is.

        >>> results("jaxrnn compare", {}, [])["format"]
        1
    """
    return {
        "format": FORMAT,
        "kind": kind,
        "command": command,
        "environment": environment,
        "tasks": tasks,
    }


def _strict(value: Any) -> Any:
    """Replace NaN and infinity, which JSON has not, by null."""
    if isinstance(value, dict):
        return {key: _strict(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_results(path: Path, record: dict[str, Any]) -> None:
    """Write a record as strict JSON; what is not finite becomes null. Never half a file.

    Shapes: none.
    Raises: OSError if it can't be written.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_results(Path(folder) / "results.json", {"loss": float("nan")})
        ...     (Path(folder) / "results.json").read_text()
        '{\\n "loss": null\\n}\\n'
    """
    text = json.dumps(_strict(record), indent=1, allow_nan=False) + "\n"
    write_whole(path, text)
