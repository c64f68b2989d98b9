"""`jaxrnn resume`."""

from typing import Annotated

import typer

from jaxrnn.cli import options
from jaxrnn.cli.errors import refused
from jaxrnn.cli.running import Device, Run, events_ready, going
from jaxrnn.cli.train import TensorBoard
from jaxrnn.cli.work import as_typed

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Go on with a run from its newest whole checkpoint, to the very same bits."

HELP = f"""
{SUMMARY}

A damaged checkpoint is told and passed over for the one before. A run that had ended can be given \
more updates.
"""

EXAMPLES = """
Examples:

  jaxrnn resume --run runs/digits

  jaxrnn resume --run runs/digits --steps 2000
  (train longer)

  jaxrnn resume --run runs/digits --learning-rate 0.001
  (from here on with another learning rate; config.json then says so)
"""

_Steps = Annotated[int | None, typer.Option(min=1, metavar="N", help="Updates in all, anew.")]
_Rate = Annotated[
    float | None,
    typer.Option(metavar="RATE", callback=options.positive, help="Another learning rate."),
]


def command(
    run: Run,
    steps: _Steps = None,
    learning_rate: _Rate = None,
    device: Device = "auto",
    tensorboard: TensorBoard = False,
) -> None:
    """Resume.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["resume", "--run", "nowhere"])
        1
    """
    from jaxrnn.runs.folder import RunFolder
    from jaxrnn.runs.reading import updated

    changes = {
        "training": {} if steps is None else {"updates": steps},
        "optimizer": {} if learning_rate is None else {"learning_rate": learning_rate},
    }
    events_ready(tensorboard)
    folder = RunFolder(run)
    with refused(OSError, ValueError, TypeError):
        settings = updated(folder.read_settings(), changes)
    with going(device):
        from jaxrnn.runs.training import train_run

        allowed = () if learning_rate is None else ("optimizer.learning_rate",)
        train_run(
            settings, folder, command=as_typed(), tensorboard=tensorboard, also_changed=allowed
        )
