"""Full against truncated BPTT as a grid: lengths T, truncations k, cells.

For each cell and T, on real text: time per token, temporary memory of the compiled gradient, and
the gradient's error and cosine against full BPTT at frozen params, before and after some training.
The methods of one cell and T are timed in turn, round after round, and the median is kept, so that
a slow moment of the machine hits all of them.

    python benchmarks/full_vs_truncated.py            the grid, some minutes on two cores
    python benchmarks/full_vs_truncated.py --small    seconds, to see that it works

Prints a table, writes it to results/full_vs_truncated.md and appends each row, as one line of JSON
with command, machine, versions and date, to results/full_vs_truncated.jsonl.
"""

import json
import shlex
import statistics
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import typer

from jaxrnn.compare import describe_environment, make_cell, parse_methods
from jaxrnn.compare.audit import Sample, gradient_errors
from jaxrnn.compare.learner import Learner, make_learner
from jaxrnn.compare.steps import first_carry, gradient_program, online_program
from jaxrnn.compiled import Compiled
from jaxrnn.gradients import Chunk, Params, tbptt
from jaxrnn.report.words import number
from jaxrnn.tasks import TASKS

RESULTS = Path(__file__).parent / "results"
SEED = 0
LEARNING_RATE = 0.005


class Grid(NamedTuple):
    """What is measured."""

    cells: tuple[str, ...] = ("elman", "lstm", "gru")
    lengths: tuple[int, ...] = (64, 256, 1024, 4096)  # T
    truncations: tuple[int, ...] = (8, 32, 128, 512)  # k, those below T
    hidden: int = 64
    batch: int = 4
    updates: int = 2000  # of the training before the second audit
    rounds: int = 15  # timed calls of each program


SMALL = Grid(("elman",), (8, 16), (2, 8), hidden=8, batch=2, updates=3, rounds=2)


def learner_for(cell: str, steps: int, grid: Grid) -> Learner:
    """Return the same model, with the same start, for chunks of any length."""
    task = TASKS["text"](seed=SEED, steps=steps, batch=grid.batch)
    model = make_cell(cell, grid.hidden)
    return make_learner(task, model, seed=SEED, learning_rate=LEARNING_RATE)


def chunk_of(learner: Learner, number: int) -> Chunk:
    """Return a chunk of the text on the device; it goes on where the one before it ended."""
    return jax.tree.map(jnp.asarray, learner.task.train(number))


def trained(cell: str, grid: Grid) -> Params:
    """Return params after some online training, the ones that all T are audited at."""
    method = tbptt(min(32, grid.lengths[0]))
    learner = learner_for(cell, method.k1, grid)
    carry = first_carry(learner, method, learner.init(), learner.task.train(0))
    step = online_program(learner, method, carry, learner.task.train(0)).call
    for i in range(grid.updates):
        carry, _ = step(carry, learner.task.train(i), jnp.int32(i))
    return carry.params


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


def measure(cell: str, steps: int, after: Params, grid: Grid) -> list[dict[str, Any]]:
    """Return one row for each method on chunks of T steps."""
    learner = learner_for(cell, steps, grid)
    cuts = [k for k in grid.truncations if k < steps]
    methods = parse_methods(",".join(["full", *(f"tbptt:{k}" for k in cuts)]))
    params = learner.init()
    sample = Sample(chunk_of(learner, 0), chunk_of(learner, 1), 1)
    state = learner.start(params, sample.before, jnp.int32(0))
    programs = {
        name: gradient_program(learner, method, params, state, sample.chunk)
        for name, method in methods
    }
    seconds = timed(programs, (params, state, sample.chunk, jnp.int32(1)), grid.rounds)
    errors = [gradient_errors(learner, programs, p, sample) for p in (params, after)]
    return [
        {
            "cell": cell, "hidden": grid.hidden, "T": steps, "B": grid.batch, "method": name,
            "k": method.length or steps,
            "ms_per_step": 1000 * seconds[name],
            "ms_per_token": 1000 * seconds[name] / (steps * grid.batch),
            "temp_bytes": programs[name].temp_bytes,
            "compile_seconds": programs[name].seconds,
            "start": errors[0][name], "trained": errors[1][name],
        }
        for name, method in methods
    ]  # fmt: skip


HEAD = (
    "cell", "T", "method", "µs per token", "temp MiB", "error, start", "cosine, start",
    "error, trained", "cosine, trained",
)  # fmt: skip


def cells_of(row: dict[str, Any]) -> list[str]:
    """Return a row as texts."""
    temp = row["temp_bytes"]
    return [
        row["cell"], str(row["T"]), row["method"], number(1000 * row["ms_per_token"]),
        "not told" if temp is None else number(temp / 2**20),
        *(number(row[at][field]) for at in ("start", "trained") for field in ("error", "cosine")),
    ]  # fmt: skip


def line(texts: Sequence[str]) -> str:
    """Return one line of a Markdown table that also reads well as text."""
    widths = (max(len(head), 9) for head in HEAD)
    return "| " + " | ".join(t.rjust(w) for t, w in zip(texts, widths, strict=True)) + " |"


def head() -> list[str]:
    """Return the first lines of the table."""
    return [line(HEAD), line(["-" * (max(len(h), 9) - 1) + ":" for h in HEAD])]


def document(rows: list[dict[str, Any]], about: dict[str, Any], grid: Grid) -> str:
    """Return the whole result as Markdown."""
    machine = about["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in sorted(about["versions"].items()))
    return "\n".join(
        [
            "# Full against truncated BPTT",
            "",
            f"Command `{about['command']}`, {about['date']}. {machine['cpu']}, {machine['cores']} "
            f"cores, device {machine['device']}; {versions}.",
            "",
            f"{about['source']}, H = {grid.hidden}, B = {grid.batch}, float32. Times: gradient of "
            f"one chunk, median of {grid.rounds} calls, all methods of a cell and T in turn. "
            "Memory: temporary bytes of the compiled gradient. Error ||g' - g|| / ||g|| and cosine "
            "against full BPTT over the same T steps at frozen params: at the start, and after "
            f"{grid.updates:,} online updates of tbptt:{min(32, grid.lengths[0])}.",
            "",
            *head(),
            *(line(cells_of(row)) for row in rows),
            "",
        ]
    )


def main(
    small: Annotated[bool, typer.Option("--small", help="A grid of seconds.")] = False,
    out: Annotated[
        Path,
        typer.Option(help="Folder of the results. Default: results/ here.", show_default=False),
    ] = RESULTS,
) -> None:
    """Measure full and truncated BPTT over a grid of lengths, truncations and cells."""
    grid = SMALL if small else Grid()
    environment = describe_environment()
    about = {
        "command": shlex.join(["python", "benchmarks/full_vs_truncated.py", *sys.argv[1:]]),
        "date": environment["date"],
        "machine": {key: environment[key] for key in ("cpu", "cores", "device", "system")},
        "versions": environment["versions"],
        "source": TASKS["text"]().source,
    }
    # a new length for one cell is the very purpose here
    warnings.filterwarnings("ignore", message="scan: .* different sequence lengths")
    print("\n".join(head()), flush=True)
    rows = []
    for cell in grid.cells:
        after = trained(cell, grid)
        for steps in grid.lengths:
            for row in measure(cell, steps, after, grid):
                rows.append(row)
                print(line(cells_of(row)), flush=True)
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "full_vs_truncated.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps({**row, **about}, allow_nan=False) + "\n" for row in rows)
    (out / "full_vs_truncated.md").write_text(document(rows, about, grid), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
