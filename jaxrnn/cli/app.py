"""The commands together, and how they end."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from jaxrnn.cli import (
    audit,
    compare,
    diagnose,
    download,
    evaluate,
    export,
    generate,
    predict,
    resume,
    tasks,
    train,
)
from jaxrnn.cli.errors import Failure, complain
from jaxrnn.cli.work import ARGUMENTS

__all__ = ["app", "main"]

app = typer.Typer(
    name="jaxrnn",
    help="Recurrent networks as pure functions: train, compare and look into them.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
_COMMANDS = {
    "train": train, "resume": resume, "evaluate": evaluate, "predict": predict,
    "generate": generate, "export": export, "tasks": tasks, "download": download,
    "compare": compare, "audit": audit, "diagnose": diagnose,
}  # fmt: skip
for _name, _module in _COMMANDS.items():
    _words = {"help": _module.HELP, "short_help": _module.SUMMARY, "epilog": _module.EXAMPLES}
    app.command(_name, **_words)(_module.command)


def _version(wanted: bool) -> None:
    if wanted:
        # not from the installed metadata, which may be of another copy; the root is loaded anyway
        print(f"jaxrnn {sys.modules['jaxrnn'].__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Shapes: none.
    Args: arguments, default those of the process.

        >>> main(["--version"])
        jaxrnn 0.1.0
        0
    """
    ARGUMENTS[:] = sys.argv[1:] if arguments is None else arguments
    code: Any = 0
    try:
        code = app(args=list(ARGUMENTS), prog_name="jaxrnn", standalone_mode=False)
    except Failure as error:
        complain(str(error))
        return 1
    except Exception as error:
        # click's own errors: where typer keeps click differs from version to version
        usage = getattr(error, "format_message", None)
        if usage is None:
            raise
        known = [word for word in ARGUMENTS[:1] if word in _COMMANDS]
        complain(f"{usage()} (see {' '.join(['jaxrnn', *known, '--help'])})")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    if code == 130:
        print("interrupted", file=sys.stderr)
    return code if isinstance(code, int) else 0
