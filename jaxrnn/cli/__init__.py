"""The command line: `jaxrnn train` and what goes with a run; `compare`, `audit`, `diagnose`.

Exit codes: 0 done, 1 data, files or devices, 2 usage, 130 interrupted,
143 ended by SIGTERM after saving. What the user can mend is
one line on standard error; a mistake of this library keeps its traceback. What is heavy is imported
when a command runs, so that `--help` is quick.
"""

from jaxrnn.cli.app import main

__all__ = ["main"]
