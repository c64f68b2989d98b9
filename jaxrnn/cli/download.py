"""`jaxrnn download`."""

from typing import Annotated

import typer

from jaxrnn.cli.errors import checked, refused

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Fetch a data set that jaxrnn tasks lists, and keep it in the cache."

HELP = f"""
{SUMMARY}

What comes is checked against a digest that stands in the code, and its licence is shown. A data \
set that lies in a folder of yours needs no download: put it into JAXRNN_DATA/NAME.
"""

EXAMPLES = """
Example:

  jaxrnn download tinyshakespeare
"""

_Name = Annotated[str, typer.Argument(help="A data set's name.", metavar="NAME")]


def command(name: _Name) -> None:
    """Download.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["download", "tinyshakespear"])
        2
    """
    from jaxrnn.data import cache_folder, data_set
    from jaxrnn.report.terminal import say

    entry = checked("NAME", data_set, name)
    say(f"{entry.title}; licence: {entry.licence}; from {entry.source}")
    with refused(OSError, ValueError):
        entry.load(download=True)
    say(f"{entry.name} is at hand: {entry.rows}. Downloads are kept in {cache_folder()}.")
