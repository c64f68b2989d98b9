"""`jaxrnn tasks`."""

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "List what can be trained, by topology, and the data sets there are loaders for."

HELP = SUMMARY

EXAMPLES = """
Example:

  jaxrnn tasks
"""


def command() -> None:
    """List the tasks.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["tasks"])
        many-to-one
          counting        the number after two numbers: 11, 12, ... (--preset quick, full)
        ...
    """
    from jaxrnn.data import ENTRIES
    from jaxrnn.report.terminal import say
    from jaxrnn.tasks.kinds import KINDS

    topologies = dict.fromkeys(kind.topology for kind in KINDS.values())
    for topology in topologies:
        say(topology)
        for name, kind in KINDS.items():
            if kind.topology == topology:
                presets = f" (--preset {', '.join(kind.presets)})" if kind.presets else ""
                say(f"  {name:15s} {kind.summary}{presets}")
    say("\ndata sets with a loader in jaxrnn.data, from a folder, JAXRNN_DATA or a download")
    for entry in ENTRIES:
        say(f"  {entry.name:22s} {entry.title} ({entry.rows}); licence {entry.licence}")
    say("\nTrain one with jaxrnn train NAME; jaxrnn train --help shows how.")
