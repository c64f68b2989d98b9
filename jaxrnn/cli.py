"""The command line: `jaxrnn compare`.

Exit codes: 0 done, 1 data, files or devices, 2 usage, 130 interrupted. What the user can mend is
one line on standard error; a mistake of this library keeps its traceback. What is heavy is imported
when a command runs, so that `--help` is quick.
"""

import contextlib
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from jaxrnn.spelling import did_you_mean

__all__ = ["app", "main"]

_SUMMARY = (
    "Compare full and truncated backpropagation through time: what truncation costs and buys."
)

# one line a paragraph: typer keeps the line breaks
_HELP = f"""
{_SUMMARY}

Trains one model from the same weights on the same data with every method, and keeps three \
questions apart: A, how wrong is the gradient, at frozen parameters; B, what does that cost, with \
the same number of updates for all; C, how is it in use, each method at its own cadence.

Writes results.json and report.html, one page with all figures, into the folder --out.
"""

_EXAMPLES = """
Examples:

  jaxrnn compare
  (the three tasks, within three minutes on two cores)

  jaxrnn compare --task text --cell lstm --hidden 256

  jaxrnn compare --task text --methods full,tbptt:8,tbptt:16:32
  (tbptt:K1:K2 makes a gradient every K1 steps and sends it back through K2)

  jaxrnn compare --task digits --model mine.py:build
  (your own cell: build(input_size) returns it)

  jaxrnn compare --task sine --steps 50 --seed 3 --out try
"""

app = typer.Typer(
    name="jaxrnn",
    help="Recurrent networks as pure functions, trained and compared from the command line.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


class _Failure(Exception):
    """Something that the user can mend: one line, exit code 1."""


class _Model(NamedTuple):
    """What the user said about the model; None is the task's own."""

    cell: str | None
    hidden: int | None
    layers: int | None
    file: str | None


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


_Task = Annotated[
    str, typer.Option(help="digits, text, sine, or several with commas.", metavar="NAMES")
]
_Methods = Annotated[
    str | None,
    typer.Option(
        help="Gradient methods with commas: full, tbptt:K, tbptt:K1:K2, or any of jaxrnn.gradients "
        "with its numbers, such as snap:1 or artbp:16. Default: full and truncation at T/8, T/4, "
        "T/2. full is always there.",
        metavar="LIST",
    ),
]
_Cell = Annotated[
    str | None,
    typer.Option(
        help="elman, lstm, gru, gru_reset_before, indrnn, layer_norm_lstm or "
        "layer_norm_carry_lstm. "
        "Default: the task's.",
        metavar="NAME",
    ),
]
_Hidden = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Units. Default: the task's.")
]
_Layers = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Layers. Default: the task's.")
]
_ModelFile = Annotated[
    str | None,
    typer.Option(
        help="Your own cell: a Python file, which is run, and its function build(input_size).",
        metavar="FILE.py:FUNCTION",
    ),
]
_Steps = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Training steps, each of T x B tokens. Default: the task's."
    ),
]
_Rate = Annotated[
    float | None,
    typer.Option(metavar="RATE", help="Of Adam, one for all methods. Default: the task's."),
]
_Seed = Annotated[
    int,
    typer.Option(
        min=0,
        max=2**31 - 1,
        metavar="N",
        help="Of weights and data: the same seed gives the same numbers.",
    ),
]
_Device = Annotated[str, typer.Option(help="cpu, gpu, tpu, or auto.", metavar="NAME")]
_Out = Annotated[
    Path, typer.Option(help="Folder for results.json and report.html.", metavar="FOLDER")
]


@app.command(help=_HELP, short_help=_SUMMARY, epilog=_EXAMPLES)
def compare(
    task: _Task = "digits,text,sine",
    methods: _Methods = None,
    cell: _Cell = None,
    hidden: _Hidden = None,
    layers: _Layers = None,
    model: _ModelFile = None,
    steps: _Steps = None,
    learning_rate: _Rate = None,
    seed: _Seed = 0,
    device: _Device = "auto",
    out: _Out = Path("compare_out"),
) -> None:
    """Compare full and truncated BPTT.

    Shapes: none.

        >>> main(["compare", "--hidden", "none"])
        2
    """
    from jaxrnn.compare import (
        check_methods,
        make_cell,
        parse_methods,
        select_device,
        split_model,
    )
    from jaxrnn.numerics import jax_option
    from jaxrnn.tasks import TASKS

    names = [name.strip() for name in task.split(",")]
    for name in names:
        _expect("--task", name, TASKS)
    _expect("--device", device, ("cpu", "gpu", "tpu", "auto"))
    if learning_rate is not None and not 0 < learning_rate < float("inf"):
        raise _usage("--learning-rate", f"expected a number above 0, got {learning_rate}.")
    wanted = _Model(cell, hidden, layers, model)
    if model is not None and wanted != _Model(None, None, None, model):
        raise _usage("--model", "it brings its own cell: leave out --cell, --hidden and --layers.")
    if cell is not None:
        _checked("--cell", make_cell, cell, 1)
    if model is not None:
        _checked("--model", split_model, model)
    listed = () if methods is None else _checked("--methods", parse_methods, methods)
    if jax_option("jax_enable_x64"):
        raise _Failure("the tasks are float32, but x64 is on: unset JAX_ENABLE_X64.")
    with _refused(OSError, ValueError):  # no such device, data missing or damaged
        select_device(device)
        _prepare(out)
        tasks = [TASKS[name](seed=seed) for name in names]
    cells = [_cell(wanted, task) for task in tasks]
    with _refused(TypeError, ValueError):  # a method that the cell or the memory doesn't fit
        for one, its_cell in zip(tasks, cells, strict=True):
            check_methods(one, its_cell, listed)
    options = {"methods": listed, "updates": steps, "learning_rate": learning_rate}
    _run(tasks, cells, model, seed, out, options)


@contextlib.contextmanager
def _refused(*kinds: type[Exception]) -> Iterator[None]:
    """Turn errors of these kinds into one line: only around the reading of what the user gave."""
    try:
        yield
    except kinds as error:
        raise _Failure(str(error)) from error


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _Failure(f"--out {out}: can't write there ({error.strerror}).") from error


@contextlib.contextmanager
def _training(model: str | None) -> Iterator[None]:
    """Tell in one line what failed in the user's own file, or for want of memory."""
    try:
        yield
    except Exception as error:
        place = _place(error, model)
        if not place and "RESOURCE_EXHAUSTED" not in str(error):
            raise  # everything was checked at the door, so this is our mistake
        raise _Failure(f"{place}{type(error).__name__}: {error}") from error


def _place(error: Exception, model: str | None) -> str:
    """Return file and line of the user's own code in which something failed, "" if it was not."""
    if model is None:
        return ""
    file = Path(model.rpartition(":")[0]).resolve()
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if Path(f.filename).resolve() == file]
    return f"{file.name}, line {lines[-1]}: " if lines else ""


def _usage(option: str, text: str) -> Exception:
    return typer.BadParameter(text, param_hint=option)


def _expect(option: str, value: str, known: Any) -> None:
    if value not in known:
        hint = did_you_mean(value, known)
        raise _usage(option, f"expected one of {', '.join(known)}, got {value!r}.{hint}")


def _checked(option: str, call: Callable[..., Any], *args: Any) -> Any:
    """Call something that refuses malformed words with a ValueError."""
    try:
        return call(*args)
    except ValueError as error:
        raise _usage(option, str(error)) from None


def _prepare(out: Path) -> None:
    """Make the folder, and find out now, not after training, whether it can be written to."""
    with _writing(out):
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()


def _run(
    tasks: Sequence[Any], cells: Sequence[Any], model: str | None, seed: int, out: Path,
    options: dict[str, Any],
) -> None:  # fmt: skip
    """Compare on each task, show the table, and write both files."""
    from jaxrnn.compare import CLIP_NORM, compare, describe_environment, results, write_results
    from jaxrnn.files import write_whole
    from jaxrnn.report import comparison_page, comparison_table
    from jaxrnn.report.findings import headline
    from jaxrnn.report.terminal import Narrator, say, table_text

    environment = describe_environment()
    versions = environment["versions"]
    say(
        f"jaxrnn {versions['jaxrnn']}, jax {versions['jax']}, on {environment['device']} "
        f"({environment['cpu']}, {environment['cores']} cores), seed {seed}"
    )
    for task in tasks:
        rate = options["learning_rate"] or task.settings["learning_rate"]
        say(
            f"{task.name}: {task.source}; T = {task.steps}, B = {task.batch}"
            + (", full BPTT is over a segment of T steps" if task.stream else "")
            + f"; Adam, learning rate {rate:g}, gradients clipped at norm {CLIP_NORM:g}"
        )
    with _training(model), Narrator() as narrator:
        records = [
            compare(task, cell=cell, seed=seed, tell=narrator, **options)
            for task, cell in zip(tasks, cells, strict=True)
        ]
    record = results(_command(), environment, records)
    page = comparison_page(record)
    with _writing(out):
        write_results(out / "results.json", record)
        write_whole(out / "report.html", page)
    for task in records:
        title = f"{task['title']} {task['model']}, T = {task['T']}, B = {task['B']}"
        say("\n" + table_text(title, comparison_table(task, brief=True)))
        say("\n" + headline(task))
    say(f"\nWritten: {out / 'results.json'}, {out / 'report.html'}")


def _cell(wanted: _Model, task: Any) -> Any:
    from jaxrnn.compare import load_cell, make_cell

    if wanted.file is not None:
        with _refused(OSError, ValueError, TypeError):
            return load_cell(wanted.file, task.input_size)
    return make_cell(
        wanted.cell or task.settings["cell"],
        wanted.hidden or task.settings["hidden"],
        wanted.layers or task.settings["layers"],
    )


def _command() -> str:
    return shlex.join(["jaxrnn", *_ARGUMENTS])


_ARGUMENTS: list[str] = []  # as typed, for the record of a run


def _complain(text: str) -> None:
    line = " ".join(text.split())
    print(f"error: {line if len(line) < 800 else line[:800] + ' ...'}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Shapes: none.
    Args: arguments, default those of the process.

        >>> main(["--version"])
        jaxrnn 0.1.0
        0
    """
    _ARGUMENTS[:] = sys.argv[1:] if arguments is None else arguments
    code: Any = 0
    try:
        code = app(args=list(_ARGUMENTS), prog_name="jaxrnn", standalone_mode=False)
    except _Failure as error:
        _complain(str(error))
        return 1
    except Exception as error:
        # click's own errors: where typer keeps click differs from version to version
        usage = getattr(error, "format_message", None)
        if usage is None:
            raise
        _complain(f"{usage()} (see jaxrnn compare --help)")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    if code == 130:
        print("interrupted", file=sys.stderr)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
