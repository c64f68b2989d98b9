"""Memory schedules: bytes against time and against forward evaluations, for one window of a GRU.

For each schedule: temporary bytes of the compiled gradient and what was predicted, forward
evaluations of a step, and time. All are timed in turn, round after round, and the median is kept,
so that a slow moment of the machine hits all of them.

    python benchmarks/memory_schedules.py                          some minutes on two cores
    python benchmarks/memory_schedules.py --steps 64 --hidden 8    seconds, to see that it works

Prints a table; writes it to results/memory_schedules.md with a figure, memory_schedules.png, and
appends each row, as one line of JSON with command, machine, versions and date, to
results/memory_schedules.jsonl.
"""

from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import typer
from common import (
    RESULTS,
    Out,
    Row,
    about_run,
    drawing,
    expect_many_lengths,
    head,
    keep,
    line,
    mebibytes,
    timed,
    title,
)

from jaxrnn import GRU
from jaxrnn.compiled import compile_program
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt
from jaxrnn.gradients.schedules import (
    Schedule,
    binomial,
    costs_of,
    nested,
    offloaded,
    per_step,
    plain,
    segments,
    sqrt,
)
from jaxrnn.report.words import number

NAME = "memory_schedules"
INPUTS = 32
CLASSES = 8
SLOTS = (2, 4, 8, 16, 32, 64, 128)


def schedules(steps: int) -> dict[str, Schedule]:
    """Return what is measured, by name; lengths are parts of T."""
    cuts = [k for k in (8, 32, 128) if k < steps]
    root, cube = round(steps**0.5), -(-steps // 64)
    return {
        "plain": plain(),
        "per step": per_step(),
        **{f"segments of {k}": segments(k) for k in cuts},
        "sqrt": sqrt(),
        "sqrt, per step": sqrt(per_step()),
        f"nested {cube}, 8, 8": nested((cube, 8, 8)),
        f"nested {cube}, 8, 8, per step": nested((cube, 8, 8), per_step()),
        f"segments of {root}, binomial 4": segments(root, binomial(4)),
        f"offloaded, segments of {root}": offloaded(root),
        **{f"binomial {m}": binomial(m) for m in SLOTS if m < steps},
    }


def prepared(hidden: int, batch: int, steps: int) -> tuple[Problem, Params, Any, Chunk]:
    """Return a problem with random numbers."""
    keys = jax.random.split(jax.random.key(0), 4)
    cell = GRU(hidden)
    params = Params(
        cell.init(keys[0], INPUTS), jax.random.normal(keys[1], (hidden, CLASSES)) / hidden**0.5
    )
    chunk = Chunk(
        jax.random.normal(keys[2], (steps, batch, INPUTS)),
        jax.random.normal(keys[3], (steps, batch, CLASSES)),
    )
    problem = Problem(cell, lambda head, ys, targets: jnp.square(ys @ head - targets).sum(-1))
    return problem, params, cell.init_state(params.cell, batch), chunk


def measure(hidden: int, batch: int, steps: int, rounds: int) -> list[Row]:
    """Return one row for each schedule."""
    problem, *args = prepared(hidden, batch, steps)
    costs = costs_of(problem, *args)
    named = schedules(steps)

    def gradient(schedule: Schedule) -> Any:
        method = bptt(schedule=schedule)
        return lambda params, state, chunk: accumulate(method, problem, params, state, chunk)

    programs = {name: compile_program(gradient(s), *args) for name, s in named.items()}
    seconds = timed(programs, tuple(args), rounds)
    rows = []
    for name, schedule in named.items():
        predicted = schedule.predict(steps, costs)
        rows.append(
            {
                "schedule": name, "hidden": hidden, "batch": batch, "T": steps,
                "forward_evaluations": predicted.forward_evaluations,
                "evaluations_per_step": predicted.forward_evaluations / steps,
                "temp_bytes": programs[name].temp_bytes, "predicted_bytes": predicted.temp_bytes,
                "ms": 1000 * seconds[name], "compile_seconds": programs[name].seconds,
            }
        )  # fmt: skip
    return rows


HEAD = (
    "schedule", "evaluations", "per step of T", "temp MiB", "predicted MiB", "ms", "compile s",
)  # fmt: skip
WIDTHS = (28, 11, 13, 9, 13, 9, 9)


def cells_of(row: Row) -> list[str]:
    """Return a row as texts."""
    return [
        row["schedule"], str(row["forward_evaluations"]), number(row["evaluations_per_step"]),
        mebibytes(row["temp_bytes"]), mebibytes(row["predicted_bytes"]), number(row["ms"]),
        number(row["compile_seconds"]),
    ]  # fmt: skip


def table(rows: list[Row]) -> list[str]:
    """Return the lines of the table."""
    return [*head(HEAD, WIDTHS, 1), *(line(cells_of(row), WIDTHS, 1) for row in rows)]


def document(rows: list[Row], about: Row, rounds: int) -> list[str]:
    """Return the whole result as lines of Markdown."""
    row = rows[0]
    return [
        *title("Memory schedules", about),
        f"GRU, H = {row['hidden']}, D = {INPUTS}, B = {row['batch']}, T = {row['T']}, float32; "
        "one gradient of the whole window, the same number with every schedule. Evaluations: "
        "steps of the cell that run forward, the first pass and padding included. Bytes: "
        "temporary memory of the compiled gradient, and what was predicted from shapes alone. "
        f"Time: median of {rounds} calls, all schedules in turn. Offloaded starts stay where "
        "they are on a CPU.",
        "",
        *table(rows),
        "",
        "![Temporary bytes against time and forward evaluations](memory_schedules.png)",
        "",
    ]


# family: colour, marker, line; the binomial ones are joined, they are one curve over m
LOOKS = {
    "plain": ("black", "s", "none"),
    "segments": ("tab:blue", "o", "none"),
    "binomial": ("tab:orange", "^", "-"),
}


def family(name: str) -> str:
    """Return the group that a schedule is drawn in."""
    return name.split()[0] if name.split()[0] in LOOKS else "segments"


def draw(rows: list[Row], path: Path) -> None:
    """Draw bytes against time, and against evaluations."""
    pyplot = drawing()
    figure, axes = pyplot.subplots(1, 2, figsize=(13, 8), sharey=True, layout="constrained")
    for axis, field in zip(axes, ("ms", "evaluations_per_step"), strict=True):
        for group, (colour, marker, style) in LOOKS.items():
            part = [r for r in rows if family(r["schedule"]) == group]
            xs, ys = [r[field] for r in part], [r["temp_bytes"] / 2**20 for r in part]
            axis.plot(xs, ys, linestyle=style, marker=marker, color=colour, label=group, alpha=0.8)
        axis.set(xscale="log", yscale="log")
        axis.margins(x=0.25)
        axis.grid(which="both", alpha=0.2)
    label(axes[0], rows)
    row = rows[0]
    axes[0].set(xlabel="ms for one gradient", ylabel="temporary MiB of the compiled gradient")
    axes[1].set(xlabel="forward evaluations / T")
    axes[1].legend(frameon=False)
    for axis in axes:
        axis.xaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_formatter("{x:g}" if axis is axes[0] else "")
    figure.suptitle(f"Memory schedules: GRU {row['hidden']}, batch {row['batch']}, T = {row['T']}")
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def label(axis: Any, rows: list[Row]) -> None:
    """Name the points, those of about the same bytes together; binomial ones on the left."""
    groups: dict[tuple[bool, str], list[Row]] = {}
    for row in rows:
        key = (family(row["schedule"]) == "binomial", number(row["temp_bytes"] / 2**20))
        groups.setdefault(key, []).append(row)
    for (left, _), members in groups.items():
        at = max(r["ms"] for r in members), members[0]["temp_bytes"] / 2**20
        axis.annotate(
            " = ".join(r["schedule"] for r in members), at, xytext=(-6, -9) if left else (7, -2),
            textcoords="offset points", fontsize=6.5, ha="right" if left else "left",
        )  # fmt: skip


def main(
    hidden: Annotated[int, typer.Option(min=1, help="Hidden size of the GRU.")] = 128,
    batch: Annotated[int, typer.Option(min=1, help="Sequences at once.")] = 16,
    steps: Annotated[int, typer.Option(min=9, help="Steps of the window, T.")] = 1024,
    rounds: Annotated[int, typer.Option(min=1, help="Timed calls of each program.")] = 5,
    out: Out = RESULTS,
) -> None:
    """Measure bytes, forward evaluations and time of every memory schedule."""
    about = about_run(NAME)
    expect_many_lengths()
    rows = measure(hidden, batch, steps, rounds)
    print("\n".join(table(rows)), flush=True)
    keep(out, NAME, rows, about, document(rows, about, rounds))
    draw(rows, out / f"{NAME}.png")


if __name__ == "__main__":
    typer.run(main)
