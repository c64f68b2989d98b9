"""What every script here shares: how it describes its run, times programs, prints and keeps rows.

A run is kept in three forms: results/NAME.md, for people, replaced by each run; results/NAME.jsonl,
a line for each row with command, machine, versions and date, appended to; results/NAME.png.
"""

import json
import math
import shlex
import statistics
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import jax
import matplotlib
import typer

from jaxrnn.compare import NamedMethod, check_methods, describe_environment
from jaxrnn.compare.learner import Learner
from jaxrnn.compiled import Compiled
from jaxrnn.files import write_whole
from jaxrnn.report.words import number

RESULTS = Path(__file__).parent / "results"

Row = dict[str, Any]

# options that several scripts take
Small = Annotated[bool, typer.Option("--small", help="A grid of seconds.")]
Out = Annotated[
    Path, typer.Option(help="Folder of the results. Default: results/ here.", show_default=False)
]


def about_run(script: str) -> Row:
    """Return what is kept with every row: command, date, machine, versions."""
    environment = describe_environment()
    return {
        "command": shlex.join(["python", f"benchmarks/{script}.py", *sys.argv[1:]]),
        "date": environment["date"],
        "machine": {key: environment[key] for key in ("cpu", "cores", "device", "system")},
        "versions": environment["versions"],
    }


def expect_many_lengths() -> None:
    """Let a cell run over chunks of many lengths without a warning: that is the purpose here."""
    warnings.filterwarnings("ignore", message="scan: .* different sequence lengths")


def refusal(learner: Learner, named: NamedMethod) -> str | None:
    """Return why a method does not fit a cell, in its own words; None if it does."""
    try:
        check_methods(learner.task, learner.cell, [named])
    except (TypeError, ValueError) as error:
        return " ".join(str(error).split())
    return None


def timed(programs: dict[str, Compiled], args: tuple[Any, ...], rounds: int) -> dict[str, float]:
    """Return the median seconds of a call of each program, taken in turn after one warm-up."""
    for program in programs.values():
        jax.block_until_ready(program.call(*args))
    laps: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            start = time.perf_counter()
            jax.block_until_ready(program.call(*args))
            laps[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in laps.items()}


def mebibytes(size: int | None) -> str:
    return "not told" if size is None else number(size / 2**20)


def finite(value: float) -> float | None:
    """Return the number that JSON knows; None for NaN and infinity."""
    return value if math.isfinite(value) else None


def line(texts: Sequence[str], widths: Sequence[int], left: int = 0) -> str:
    """Return one line of a Markdown table that also reads well as text.

    The first `left` columns stand at the left.
    """
    pairs = enumerate(zip(texts, widths, strict=True))
    return "| " + " | ".join(t.ljust(w) if i < left else t.rjust(w) for i, (t, w) in pairs) + " |"


def head(names: Sequence[str], widths: Sequence[int], left: int = 0) -> list[str]:
    """Return the first two lines of a table."""
    rule = ["-" * w if i < left else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return [line(names, widths, left), line(rule, widths, left)]


def title(text: str, about: Row) -> list[str]:
    """Return the first lines of a document: what it is, and how it was made."""
    machine = about["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in sorted(about["versions"].items()))
    return [
        f"# {text}",
        "",
        f"Command `{about['command']}`, {about['date']}. {machine['cpu']}, {machine['cores']} "
        f"cores, device {machine['device']}; {versions}.",
        "",
    ]


def keep(out: Path, script: str, rows: Sequence[Row], about: Row, document: Sequence[str]) -> None:
    """Append the rows to NAME.jsonl and replace NAME.md."""
    out.mkdir(parents=True, exist_ok=True)
    with open(out / f"{script}.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps({**row, **about}, allow_nan=False) + "\n" for row in rows)
    write_whole(out / f"{script}.md", "\n".join(document))


def drawing() -> Any:
    """Return pyplot, set up to write files."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
