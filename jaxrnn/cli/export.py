"""`jaxrnn export`."""

from pathlib import Path
from typing import Annotated

import typer

from jaxrnn.cli import options
from jaxrnn.cli.running import Best, Run, going, opened, run_folder_ready

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Write the weights of a run as safetensors, with torch's names too where torch has them."

HELP = f"""
{SUMMARY}

cell.safetensors and output.safetensors can be read by jaxrnn.load, and by any tool that reads \
safetensors. torch.safetensors, where torch has the cell, holds the state_dict of torch.nn.RNN, \
LSTM or GRU as rnn.*, and of the torch.nn.Linear above it as output.*.
"""

EXAMPLES = """
Example:

  jaxrnn export --run runs/digits --out weights
"""

_Out = Annotated[
    Path, typer.Option(parser=options.folder, help="Folder for the files.", metavar="FOLDER")
]


def command(run: Run, out: _Out = Path("export"), best: Best = False) -> None:
    """Export.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["export", "--run", "nowhere"])
        1
    """
    from jaxrnn.report.terminal import say

    with going("auto"):
        one = opened(run, best)
        from jaxrnn.runs.export import export

        run_folder_ready(out)
        for line in export(one, out):
            say(line)
