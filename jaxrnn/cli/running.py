"""What the commands around a run share: the folder, the device, the errors, the end."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from jaxrnn.cli.errors import Failure, refused, training, usage
from jaxrnn.cli.options import Device, folder

__all__ = ["Best", "Device", "Run", "events_ready", "going", "opened", "run_folder_ready"]

Run = Annotated[
    Path, typer.Option("--run", parser=folder, help="Folder of a run.", metavar="FOLDER")
]
Best = Annotated[
    bool, typer.Option("--best", help="Use the checkpoint that judged best, not the newest.")
]


def run_folder_ready(path: Path) -> None:
    """Make the folder, and find out now whether it can be written to.

    Shapes: none.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run_folder_ready(Path(folder) / "new")
    """
    import tempfile

    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise Failure(f"{path}: can't write there ({error.strerror}).") from error


def events_ready(wanted: bool) -> None:
    """Find out now whether TensorBoard's files can be written, if they are wanted.

    Shapes: none.

        >>> events_ready(False)
    """
    from jaxrnn.report.tensorboard import check_events

    if wanted:
        with refused(ImportError, about="--tensorboard"):
            check_events()


@contextlib.contextmanager
def going(device: str) -> Iterator[None]:
    """Choose the device, and turn what the user can mend into one line.

    A second Ctrl-C ends the process at once, even while XLA is compiling.

    Shapes: none.

        >>> with going("auto"):
        ...     raise FileNotFoundError("no file")
        Traceback (most recent call last):
        jaxrnn.cli.errors.Failure: no file
    """
    from jaxrnn.compare import select_device
    from jaxrnn.numerics import jax_option
    from jaxrnn.runs.errors import RunError
    from jaxrnn.training.signals import second_ends

    if device not in ("cpu", "gpu", "tpu", "auto"):
        raise usage("--device", f"expected one of cpu, gpu, tpu, auto, got {device!r}.")
    if jax_option("jax_enable_x64"):
        raise Failure("the tasks are float32, but x64 is on: unset JAX_ENABLE_X64.")
    with refused(ValueError):
        select_device(device)
    with second_ends(), refused(MemoryError, OSError, RunError), training(None):
        yield


def opened(path: Path, best: bool) -> Any:
    """Return a run for use: settings, model, params.

    Shapes: none.
    Raises: Failure in one line.

        >>> opened(Path("nowhere"), False)
        Traceback (most recent call last):
        jaxrnn.cli.errors.Failure: nowhere is no run: it has no config.json. ...
    """
    from jaxrnn.runs.opened import open_run

    with refused(OSError, ValueError, TypeError):
        return open_run(path, best=best)
