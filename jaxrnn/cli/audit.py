"""`jaxrnn audit`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jaxrnn.cli import options
from jaxrnn.cli.errors import Failure, checked, refused, training, usage, writing
from jaxrnn.cli.work import Model, as_typed, begin

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Hold gradient methods against full backpropagation: how wrong, how noisy, how dear."

HELP = f"""
{SUMMARY}

At frozen parameters, before and after some training, on the same data for all: bias, spread and \
cosine of each method's gradient, the memory of its compiled program, milliseconds; and the \
smallest window of truncated BPTT that stays within a tolerance.

Writes audit.json and report.html, one page with all figures, into the folder --out.
"""

EXAMPLES = """
Examples:

  jaxrnn audit
  (digits, text and sine; full BPTT and truncation at T/8, T/4, T/2)

  jaxrnn audit --task sine --methods all
  (every method that fits the model; for the others, why they don't)

  jaxrnn audit --task text --methods full,tbptt:8,tbptt:8:16,artbp:16,uoro --draws 64

  jaxrnn audit --task digits --model mine.py:build --tolerance 0.02
  (how far may my own cell be truncated, at 2 % of error?)
"""

_Methods = Annotated[
    str | None,
    typer.Option(
        help="Gradient methods with commas, as in compare, or all: every method that fits. "
        "Default: full and truncation at T/8, T/4, T/2.",
        metavar="LIST",
    ),
]
_Steps = Annotated[
    int,
    typer.Option(min=0, metavar="N", help="Updates of full BPTT between both looks; 0: one look."),
]
_Draws = Annotated[
    int, typer.Option(min=1, metavar="N", help="Gradients made of a method that draws.")
]
_Tolerance = Annotated[
    float, typer.Option(metavar="SHARE", help="Of the gradient's error, for the smallest window.")
]


def command(
    task: options.Task = "digits,text,sine",
    methods: _Methods = None,
    cell: options.Cell = None,
    hidden: options.Hidden = None,
    layers: options.Layers = None,
    model: options.ModelFile = None,
    steps: _Steps = 200,
    draws: _Draws = 16,
    tolerance: _Tolerance = 0.1,
    learning_rate: options.Rate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    out: options.Out = Path("audit_out"),
) -> None:
    """Audit gradient methods.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["audit", "--tolerance", "0"])
        2
    """
    from jaxrnn.compare import default_methods, every_method, parse_methods
    from jaxrnn.diagnose import audit_task, fitting

    if not 0 < tolerance < float("inf"):
        raise usage("--tolerance", f"expected a number above 0, got {tolerance}.")
    listed = None
    if methods not in (None, "all"):
        listed = checked("--methods", parse_methods, methods)
    work = begin(task, Model(cell, hidden, layers, model), learning_rate, seed, device, out)
    chosen, left_out = [], []
    for one, its_cell in zip(work.tasks, work.cells, strict=True):
        every = listed or (every_method if methods else default_methods)(one.steps)
        with training(model):
            fit, reasons = fitting(one, its_cell, every)
        if listed is not None and reasons:
            raise Failure(next(iter(reasons.values())))  # asked for by name
        chosen.append(fit)
        left_out.append(reasons)

    def audited(i: int, tell: Any) -> dict[str, Any]:
        record = audit_task(
            work.tasks[i], work.cells[i], chosen[i], updates=steps, seed=seed, draws=draws,
            learning_rate=learning_rate, tolerance=tolerance, tell=tell,
        )  # fmt: skip
        return {**record, "left_out": left_out[i]}

    from jaxrnn.compare import describe_environment, results, write_results
    from jaxrnn.files import write_whole
    from jaxrnn.gradients.audit import NoGradientError
    from jaxrnn.report.audit import audit_headline, audit_page, audit_table
    from jaxrnn.report.terminal import introduce, say, table_text, telling

    environment = describe_environment()
    introduce(environment, seed)
    with refused(NoGradientError), training(model), telling() as tell:
        records = [audited(i, tell) for i in range(len(work.tasks))]
    record = results(as_typed(), environment, records, "jaxrnn audit")
    page = audit_page(record)
    with writing(out):
        write_results(out / "audit.json", record)
        write_whole(out / "report.html", page)
    for one in records:
        title = f"{one['title']} {one['model']}, T = {one['T']}, B = {one['B']}"
        say("\n" + table_text(title, audit_table(one)))
        for name, reason in one["left_out"].items():
            say(f"left out: {name}: {reason}")
        say("\n" + audit_headline(one))
    say(f"\nWritten: {out / 'audit.json'}, {out / 'report.html'}")
