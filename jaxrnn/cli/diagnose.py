"""`jaxrnn diagnose`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jaxrnn.cli import options
from jaxrnn.cli.errors import training, writing
from jaxrnn.cli.work import Model, as_typed, begin

__all__ = ["EXAMPLES", "HELP", "SUMMARY", "command"]

SUMMARY = "Is the gradient alive? How far it reaches, what the state does to it, where gates stand."

HELP = f"""
{SUMMARY}

Before and after some training: the gradient by lag and the effective memory; singular values of \
the steps' Jacobians and of the whole run's; Lyapunov exponents; saturation of gates and outputs; \
norms of single gradients and how many are clipped. The word gallery, in place of a task, draws \
the classic story: where gradients vanish, explode and survive, with and without each cure. It is \
the same for every model, seed and number of steps.

Writes diagnose.json, and report.html and gallery.html, pages with all figures of what was asked \
for, into the folder --out.
"""

EXAMPLES = """
Examples:

  jaxrnn diagnose
  (digits, text, sine and the gallery, some minutes on two cores)

  jaxrnn diagnose --task gallery

  jaxrnn diagnose --task digits --cell elman --steps 500

  jaxrnn diagnose --task text --model mine.py:build
  (is my own cell's gradient alive?)
"""

GALLERY = "gallery"

_Task = Annotated[
    str,
    typer.Option(help="Tasks as in compare, or gallery; several with commas.", metavar="NAMES"),
]
_Steps = Annotated[
    int,
    typer.Option(min=0, metavar="N", help="Updates of full BPTT between both looks; 0: one look."),
]


def command(
    task: _Task = "digits,text,sine,gallery",
    cell: options.Cell = None,
    hidden: options.Hidden = None,
    layers: options.Layers = None,
    model: options.ModelFile = None,
    steps: _Steps = 200,
    learning_rate: options.Rate = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    out: options.Out = Path("diagnose_out"),
) -> None:
    """Look into gradients.

    Shapes: none.

        >>> from jaxrnn.cli import main
        >>> main(["diagnose", "--steps", "-1"])
        2
    """
    wanted = Model(cell, hidden, layers, model)
    work = begin(task, wanted, learning_rate, seed, device, out, also=(GALLERY,))

    from jaxrnn.compare import describe_environment, results
    from jaxrnn.diagnose import diagnose_task, gallery
    from jaxrnn.report.terminal import introduce, telling

    environment = describe_environment()
    introduce(environment, seed)
    with training(model), telling() as tell:
        records = [
            diagnose_task(
                one, its_cell, updates=steps, seed=seed, learning_rate=learning_rate, tell=tell
            )
            for one, its_cell in zip(work.tasks, work.cells, strict=True)
        ]
        drawn = gallery(tell) if GALLERY in work.names else None
    _write(out, results(as_typed(), environment, records, "jaxrnn diagnose"), drawn)


def _write(out: Path, record: dict[str, Any], drawn: dict[str, Any] | None) -> None:
    """Write the record and the pages, and show what they say."""
    from jaxrnn.compare import write_results
    from jaxrnn.files import write_whole
    from jaxrnn.report.diagnosis import diagnosis_headline, diagnosis_page, diagnosis_table
    from jaxrnn.report.gallery import gallery_page, gallery_words
    from jaxrnn.report.terminal import say, table_text

    record = {**record, GALLERY: drawn}
    pages = {"report.html": diagnosis_page} if record["tasks"] else {}
    if drawn is not None:
        pages["gallery.html"] = gallery_page
    texts = {name: page(record) for name, page in pages.items()}
    with writing(out):
        write_results(out / "diagnose.json", record)
        for name, text in texts.items():
            write_whole(out / name, text)
    for one in record["tasks"]:
        title = f"{one['title']} {one['model']}, T = {one['T']}, B = {one['B']}"
        say("\n" + table_text(title, diagnosis_table(one)))
        say("\n" + diagnosis_headline(one))
    if drawn is not None:
        say("\n" + gallery_words(drawn))
    say("\nWritten: " + ", ".join(str(out / name) for name in ("diagnose.json", *texts)))
