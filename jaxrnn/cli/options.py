"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Cell", "Device", "Hidden", "Layers", "Methods", "ModelFile", "Out", "Rate", "Seed", "Steps",
    "Task", "folder", "positive",
]  # fmt: skip


def folder(name: str | Path) -> Path:
    """Return the path of a folder; no name at all would be the one that we are in.

    Shapes: none.

        >>> folder("runs").name
        'runs'
    """
    if not str(name):
        raise typer.BadParameter("expected the name of a folder, got nothing.")
    return Path(name)


def positive(number: float | None) -> float | None:
    """Return a finite number above 0; None stays None.

    Shapes: none.

        >>> positive(0.1)
        0.1
    """
    if number is not None and not 0 < number < float("inf"):
        raise typer.BadParameter(f"expected a number above 0, got {number}.")
    return number


Task = Annotated[
    str,
    typer.Option(
        help="digits, text, sine, or several with commas; or a test of memory, drawn from its "
        "definition: adding, copy_memory, delayed_recall, temporal_order.",
        metavar="NAMES",
    ),
]
Methods = Annotated[
    str | None,
    typer.Option(
        help="Gradient methods with commas: full, tbptt:K, tbptt:K1:K2, or any of jaxrnn.gradients "
        "with its numbers, such as snap:1 or artbp:16. Default: full and truncation at T/8, T/4, "
        "T/2. full is always there.",
        metavar="LIST",
    ),
]
Cell = Annotated[
    str | None,
    typer.Option(
        help="elman, lstm, gru, gru_reset_before, indrnn, reservoir, layer_norm_lstm or "
        "layer_norm_carry_lstm. "
        "Default: the task's.",
        metavar="NAME",
    ),
]
Hidden = Annotated[int | None, typer.Option(min=1, metavar="N", help="Units. Default: the task's.")]
Layers = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Layers. Default: the task's.")
]
ModelFile = Annotated[
    str | None,
    typer.Option(
        help="Your own cell: a Python file, which is run, and its function build(input_size).",
        metavar="FILE.py:FUNCTION",
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Training steps, each of T x B tokens. Default: the task's."
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        metavar="RATE", callback=positive, help="Of Adam, one for all methods. Default: the task's."
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        min=0,
        max=2**31 - 1,
        metavar="N",
        help="Of weights and data: the same seed gives the same numbers.",
    ),
]
Device = Annotated[str, typer.Option(help="cpu, gpu, tpu, or auto.", metavar="NAME")]
Out = Annotated[
    Path, typer.Option(parser=folder, help="Folder for what is written.", metavar="FOLDER")
]
