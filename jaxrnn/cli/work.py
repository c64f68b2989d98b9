"""What every command does before its own work: read the words, find device, data and model."""

import shlex
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from jaxrnn.cli.errors import Failure, checked, expect, refused, usage, writing

__all__ = ["ARGUMENTS", "Model", "Work", "as_typed", "begin"]

ARGUMENTS: list[str] = []  # as typed, for the record of a run


class Model(NamedTuple):
    """What the user said about the model; None is the task's own."""

    cell: str | None
    hidden: int | None
    layers: int | None
    file: str | None


class Work(NamedTuple):
    """What a command works on.

    Fields: names, as typed; tasks; cells, one for each; out, a folder that can be written to.
    """

    names: list[str]
    tasks: list[Any]
    cells: list[Any]
    out: Path


def as_typed() -> str:
    """Return the command of this run.

    Shapes: none.

        >>> as_typed().split()[0]
        'jaxrnn'
    """
    return shlex.join(["jaxrnn", *ARGUMENTS])


def begin(
    task: str, model: Model, learning_rate: float | None, seed: int, device: str, out: Path,
    *, also: tuple[str, ...] = (),
) -> Work:  # fmt: skip
    """Check the words, choose the device, make the folder, load the tasks, build the cells.

    Shapes: none.
    Args: also, words that --task takes beside the names of tasks.
    Raises: Failure and usage errors, one line each.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     plain = Model(None, None, None, None)
        ...     begin("sine", plain, None, 0, "auto", Path(folder)).tasks[0].name
        'sine'
    """
    from jaxrnn.compare import make_cell, select_device, split_model
    from jaxrnn.numerics import jax_option
    from jaxrnn.tasks import TASKS

    names = [name.strip() for name in task.split(",")]
    for name in names:
        expect("--task", name, (*TASKS, *also))
    expect("--device", device, ("cpu", "gpu", "tpu", "auto"))
    if model.file is not None and model != Model(None, None, None, model.file):
        raise usage("--model", "it brings its own cell: leave out --cell, --hidden and --layers.")
    if model.cell is not None:
        checked("--cell", make_cell, model.cell, 1)
    if model.file is not None:
        checked("--model", split_model, model.file)
    if jax_option("jax_enable_x64"):
        raise Failure("the tasks are float32, but x64 is on: unset JAX_ENABLE_X64.")
    with refused(OSError, ValueError):  # no such device, data missing or damaged
        select_device(device)
        _prepare(out)
        tasks = [TASKS[name](seed=seed) for name in names if name not in also]
    return Work(names, tasks, [_cell(model, one) for one in tasks], out)


def _prepare(out: Path) -> None:
    """Make the folder, and find out now, not after training, whether it can be written to."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()


def _cell(wanted: Model, task: Any) -> Any:
    from jaxrnn.compare import load_cell, make_cell

    if wanted.file is not None:
        with refused(OSError, ValueError, TypeError):
            return load_cell(wanted.file, task.input_size)
    return make_cell(
        wanted.cell or task.settings["cell"],
        wanted.hidden or task.settings["hidden"],
        wanted.layers or task.settings["layers"],
    )
