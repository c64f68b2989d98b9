"""Full against truncated BPTT as a grid: lengths T, truncations k, cells; then every other method.

For each cell and T, on real text: time per token, temporary memory of the compiled gradient, and
the gradient's error and cosine against full BPTT at frozen params, before and after some training.
The methods of one cell and T are timed in turn, round after round, and the median is kept, so that
a slow moment of the machine hits all of them. A second grid, of small cells and short chunks, has
every gradient method: some need memory for every param and unit. Those that draw are shown by one
draw; for their bias and noise see gradient_methods.py.

    python benchmarks/full_vs_truncated.py            the grid, some minutes on two cores
    python benchmarks/full_vs_truncated.py --small    seconds, to see that it works
    python benchmarks/full_vs_truncated.py --methods full,tbptt:16:32,snap:1    these, small cells

Prints a table, writes it to results/full_vs_truncated.md and appends each row, as one line of JSON
with command, machine, versions and date, to results/full_vs_truncated.jsonl.
"""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
import typer
from common import (
    RESULTS,
    Out,
    Row,
    Small,
    about_run,
    expect_many_lengths,
    head,
    keep,
    line,
    mebibytes,
    refusal,
    timed,
    title,
)

from jaxrnn.compare import NamedMethod, make_cell, parse_methods
from jaxrnn.compare.audit import Sample, gradient_errors
from jaxrnn.compare.learner import Learner, make_learner
from jaxrnn.compare.methods import every_method
from jaxrnn.compare.steps import first_carry, gradient_program, online_program
from jaxrnn.gradients import Chunk, Params, tbptt
from jaxrnn.report.words import number
from jaxrnn.tasks import TASKS

NAME = "full_vs_truncated"
SEED = 0
LEARNING_RATE = 0.005


class Grid(NamedTuple):
    """What is measured."""

    cells: tuple[str, ...] = ("elman", "lstm", "gru")
    lengths: tuple[int, ...] = (64, 256, 1024, 4096)  # T
    truncations: tuple[int, ...] = (8, 32, 128, 512)  # k, those below T; every method without any
    hidden: int = 64
    batch: int = 4
    updates: int = 2000  # of the training before the second audit
    rounds: int = 15  # timed calls of each program
    methods: str = ""  # by name, in place of these


EVERY = Grid(("elman", "lstm", "gru", "indrnn"), (64,), (), hidden=16)
SMALL = Grid(("elman",), (8, 16), (2, 8), hidden=8, batch=2, updates=3, rounds=2)
SMALL_EVERY = SMALL._replace(lengths=(8,), hidden=4, methods="full,rtrl,diagonal_rtrl,uoro")


def methods_of(grid: Grid, steps: int) -> tuple[NamedMethod, ...]:
    """Return what is measured on chunks of T steps, full BPTT first."""
    if not grid.methods and not grid.truncations:
        return every_method(steps)
    cuts = [f"tbptt:{k}" for k in grid.truncations if k < steps]
    return parse_methods(grid.methods or ",".join(["full", *cuts]))


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


def measure(cell: str, steps: int, after: Params, grid: Grid) -> list[Row]:
    """Return one row for each method that fits, on chunks of T steps."""
    learner = learner_for(cell, steps, grid)
    methods = [m for m in methods_of(grid, steps) if refusal(learner, m) is None]
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


WIDTHS = tuple(21 if name == "method" else max(len(name), 9) for name in HEAD)


def cells_of(row: Row) -> list[str]:
    """Return a row as texts."""
    return [
        row["cell"], str(row["T"]), row["method"], number(1000 * row["ms_per_token"]),
        mebibytes(row["temp_bytes"]),
        *(number(row[at][field]) for at in ("start", "trained") for field in ("error", "cosine")),
    ]  # fmt: skip


def about_grid(grid: Grid, about: Row) -> str:
    """Return what the numbers of a table are."""
    return (
        f"{about['source']}, H = {grid.hidden}, B = {grid.batch}, float32. Times: gradient of "
        f"one chunk, median of {grid.rounds} calls, all methods of a cell and T in turn. "
        "Memory: temporary bytes of the compiled gradient. Error ||g' - g|| / ||g|| and cosine "
        "against full BPTT over the same T steps at frozen params: at the start, and after "
        f"{grid.updates:,} online updates of tbptt:{min(32, grid.lengths[0])}."
    )


def document(parts: list[tuple[Grid, list[Row], list[str]]], about: Row) -> list[str]:
    """Return the whole result as lines of Markdown."""
    lines = title("Full against truncated BPTT", about)
    for grid, rows, reasons in parts:
        if grid.methods or not grid.truncations:
            lines += ["## Gradient methods by name", ""]
        lines += [about_grid(grid, about), ""]
        lines += [*head(HEAD, WIDTHS), *(line(cells_of(row), WIDTHS) for row in rows), ""]
        if reasons:
            lines += ["Left out:", "", *(f"- {text}" for text in reasons), ""]
    return lines


def run(grid: Grid) -> tuple[Grid, list[Row], list[str]]:
    """Measure a grid, printing as it goes: the grid, its rows, and why methods are left out."""
    print("\n".join(head(HEAD, WIDTHS)), flush=True)
    rows, reasons = [], []
    for cell in grid.cells:
        after = trained(cell, grid)
        for steps in grid.lengths:
            for row in measure(cell, steps, after, grid):
                rows.append(row)
                print(line(cells_of(row), WIDTHS), flush=True)
        learner = learner_for(cell, grid.lengths[0], grid)
        whys = [refusal(learner, m) for m in methods_of(grid, grid.lengths[0])]
        reasons += [f"{cell}: {why}" for why in whys if why is not None]
    if reasons:
        print("\n".join(["left out:", *reasons]), flush=True)
    return grid, rows, reasons


def main(
    small: Small = False,
    methods: Annotated[
        str,
        typer.Option(
            help="Only these, as in jaxrnn compare. Default: truncations, then every method.",
            show_default=False,
        ),
    ] = "",
    out: Out = RESULTS,
) -> None:
    """Measure full and truncated BPTT over lengths and cells, then every gradient method."""
    grids = [SMALL, SMALL_EVERY] if small else [Grid(), EVERY]
    if methods:
        grids = [grids[1]._replace(methods=methods)]
    about = about_run(NAME) | {"source": TASKS["text"]().source}
    expect_many_lengths()
    parts = [run(grid) for grid in grids]
    rows = [row for _, found, _ in parts for row in found]
    keep(out, NAME, rows, about, document(parts, about))


if __name__ == "__main__":
    typer.run(main)
