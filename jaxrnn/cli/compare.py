"""`jaxrnn compare`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jaxrnn.cli import options
from jaxrnn.cli.errors import checked, refused, training, writing
from jaxrnn.cli.work import Model, Work, as_typed, begin

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Compare full and truncated backpropagation through time: what truncation costs and buys."

# one line a paragraph: typer keeps the line breaks
HELP = f"""
{SUMMARY}

Trains one model from the same weights on the same data with every method, and keeps three \
questions apart: A, how wrong is the gradient, at frozen parameters; B, what does that cost, with \
the same number of updates for all; C, how is it in use, each method at its own cadence.

Writes results.json and report.html, one page with all figures, into the folder --out.
"""

EXAMPLES = """
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


def command(
    task: options.Task = "digits,text,sine",
    methods: options.Methods = None,
    cell: options.Cell = None,
    hidden: options.Hidden = None,
    layers: options.Layers = None,
    model: options.ModelFile = None,
    steps: options.Steps = None,
    learning_rate: options.Rate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    out: options.Out = Path("compare_out"),
) -> None:
    """Compare full and truncated BPTT.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["compare", "--hidden", "none"])
        2
    """
    from jaxrnn.compare import check_methods, parse_methods

    listed = () if methods is None else checked("--methods", parse_methods, methods)
    work = begin(task, Model(cell, hidden, layers, model), learning_rate, seed, device, out)
    # a method that the cell or the memory doesn't fit, or a cell that fails
    with refused(TypeError, ValueError), training(model):
        for one, its_cell in zip(work.tasks, work.cells, strict=True):
            check_methods(one, its_cell, listed)
    _run(work, model, seed, listed, steps, learning_rate)


def _run(
    work: Work, model: str | None, seed: int, methods: Sequence[Any], steps: int | None,
    learning_rate: float | None,
) -> None:  # fmt: skip
    """Compare on each task, show the table, and write both files."""
    from jaxrnn.compare import CLIP_NORM, compare, describe_environment, results, write_results
    from jaxrnn.files import write_whole
    from jaxrnn.report import comparison_page, comparison_table
    from jaxrnn.report.findings import headline
    from jaxrnn.report.terminal import Narrator, introduce, say, table_text

    environment, out = describe_environment(), work.out
    introduce(environment, seed)
    for task in work.tasks:
        rate = learning_rate or task.settings["learning_rate"]
        say(
            f"{task.name}: {task.source}; T = {task.steps}, B = {task.batch}"
            + (", full BPTT is over a segment of T steps" if task.stream else "")
            + f"; Adam, learning rate {rate:g}, gradients clipped at norm {CLIP_NORM:g}"
        )
    with training(model), Narrator() as narrator:
        records = [
            compare(
                task, cell=cell, seed=seed, tell=narrator, methods=methods, updates=steps,
                learning_rate=learning_rate,
            )
            for task, cell in zip(work.tasks, work.cells, strict=True)
        ]  # fmt: skip
    record = results(as_typed(), environment, records)
    page = comparison_page(record)
    with writing(out):
        write_results(out / "results.json", record)
        write_whole(out / "report.html", page)
    for task in records:
        title = f"{task['title']} {task['model']}, T = {task['T']}, B = {task['B']}"
        say("\n" + table_text(title, comparison_table(task, brief=True)))
        say("\n" + headline(task))
    say(f"\nWritten: {out / 'results.json'}, {out / 'report.html'}")
