"""Every gradient method against full BPTT: how wrong, how noisy, how much memory, how slow.

On real text, at frozen params, before and after some training: error, bias, standard deviation and
cosine of the gradient, temporary bytes of the compiled gradient, and milliseconds per step; over
chunk lengths T at one hidden size H, and over H at one T. A method that does not fit a cell is left
out, with its own reason.

    python benchmarks/gradient_methods.py            the grid, some minutes on two cores
    python benchmarks/gradient_methods.py --small    seconds, to see that it works

Prints a table, writes it to results/gradient_methods.md with a figure, gradient_methods.png, and
appends each row, as one line of JSON with command, machine, versions and date, to
results/gradient_methods.jsonl.
"""

import functools
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import typer
from common import (
    RESULTS,
    Out,
    Row,
    Small,
    about_run,
    drawing,
    expect_many_lengths,
    head,
    keep,
    line,
    mebibytes,
    refusal,
    title,
)

from jaxrnn.compare import make_cell, parse_methods
from jaxrnn.compare.learner import Learner, make_learner
from jaxrnn.compare.methods import every_method
from jaxrnn.compare.steps import first_carry, online_program
from jaxrnn.gradients import Chunk, Finding, GradientMethod, Params, accumulate, audit, bptt, tbptt
from jaxrnn.gradients.scale import chunk_mean
from jaxrnn.report.words import number
from jaxrnn.tasks import TASKS

NAME = "gradient_methods"
SEED = 0
LEARNING_RATE = 0.005
MEASURES = ("error", "bias", "std", "cosine")
RANDOM = ("artbp", "forward_gradient", "kf_rtrl", "uoro")

Named = dict[str, GradientMethod]


class Size(NamedTuple):
    """What a gradient is taken of."""

    cell: str
    steps: int  # T
    hidden: int  # H


class Grid(NamedTuple):
    """What is measured: over T at the middle H, over H at the middle T, and other cells there."""

    cells: tuple[str, ...] = ("elman", "gru")
    others: tuple[str, ...] = ("lstm", "indrnn")  # at the middle T and H only
    lengths: tuple[int, ...] = (16, 64, 256)
    sizes: tuple[int, ...] = (8, 16, 32)
    batch: int = 4
    updates: int = 1000  # of the training before the second audit
    draws: int = 32  # gradients of a method that draws
    methods: str = ""  # by name; every method if empty

    @property
    def middle(self) -> tuple[int, int]:
        """Return the T and the H from which the two sweeps go."""
        return self.lengths[len(self.lengths) // 2], self.sizes[len(self.sizes) // 2]

    def points(self) -> list[Size]:
        """Return all that is measured, each once."""
        steps, hidden = self.middle
        pairs = sorted({(t, hidden) for t in self.lengths} | {(steps, h) for h in self.sizes})
        swept = [Size(cell, *pair) for cell in self.cells for pair in pairs]
        return swept + [Size(cell, steps, hidden) for cell in self.others]


SMALL = Grid(
    ("elman",), (), (8,), (4,), batch=2, updates=3, draws=4,
    methods="full,tbptt:2,rtrl,diagonal_rtrl,uoro",
)  # fmt: skip


def learner_for(size: Size, grid: Grid) -> Learner:
    """Return the same model, with the same start, for chunks of any length."""
    task = TASKS["text"](seed=SEED, steps=size.steps, batch=grid.batch)
    cell = make_cell(size.cell, size.hidden)
    return make_learner(task, cell, seed=SEED, learning_rate=LEARNING_RATE)


def chunk_of(learner: Learner, index: int) -> Chunk:
    """Return a chunk of the text on the device, with the loss of its mean."""
    return chunk_mean(jax.tree.map(jnp.asarray, learner.task.train(index)))


@functools.cache
def trained(cell: str, hidden: int, grid: Grid) -> Params:
    """Return params after some online training, the same for every T."""
    method = tbptt(8)
    learner = learner_for(Size(cell, method.k1, hidden), grid)
    carry = first_carry(learner, method, learner.init(), learner.task.train(0))
    step = online_program(learner, method, carry, learner.task.train(0)).call
    for i in range(grid.updates):
        carry, _ = step(carry, learner.task.train(i), jnp.int32(i))
    return carry.params


def findings(learner: Learner, params: Params, named: Named, grid: Grid) -> dict[str, Finding]:
    """Audit methods on a chunk in the middle of things: the state comes from the one before."""
    before = learner.start(params, chunk_of(learner, 0), jnp.int32(0))
    state = accumulate(bptt(), learner.problem, params, before, chunk_of(learner, 0))[2].state
    found = {}
    for random, draws in ((False, 1), (True, grid.draws)):
        part = {n: m for n, m in named.items() if (n.partition(":")[0] in RANDOM) == random}
        found |= audit(learner.problem, params, state, chunk_of(learner, 1), part, draws=draws)
    return found


def measure(size: Size, grid: Grid) -> tuple[list[Row], dict[str, str]]:
    """Return one row for each method that fits, and the reasons of the others."""
    learner = learner_for(size, grid)
    methods = parse_methods(grid.methods) if grid.methods else every_method(size.steps)
    reasons = {m.name: why for m in methods if (why := refusal(learner, m))}
    named = {m.name: m.method for m in methods if m.name not in reasons}
    found = {
        "start": findings(learner, learner.init(), named, grid),
        "trained": findings(learner, trained(size.cell, size.hidden, grid), named, grid),
    }
    rows = []
    for name in named:
        first = found["start"][name]
        rows.append(
            {
                "cell": size.cell, "T": size.steps, "hidden": size.hidden, "B": grid.batch,
                "method": name, "parameters": learner.parameters(learner.init()),
                "temp_bytes": first.temp_bytes, "ms_per_step": first.milliseconds / size.steps,
                "draws": first.draws,
                **{at: {f: getattr(one[name], f) for f in MEASURES} for at, one in found.items()},
            }
        )  # fmt: skip
    return rows, reasons


HEAD = (
    "cell", "T", "H", "method", "error, start", "bias", "std", "cosine", "error, trained", "bias",
    "std", "cosine", "draws", "temp MiB", "µs per step",
)  # fmt: skip
WIDTHS = tuple(20 if name == "method" else max(len(name), 6) for name in HEAD)


def cells_of(row: Row) -> list[str]:
    """Return a row as texts."""
    return [
        row["cell"], str(row["T"]), str(row["hidden"]), row["method"],
        *(number(value) for at in ("start", "trained") for value in row[at].values()),
        str(row["draws"]), mebibytes(row["temp_bytes"]), number(1000 * row["ms_per_step"]),
    ]  # fmt: skip


def document(rows: list[Row], reasons: dict[str, dict[str, str]], about: Row, grid: Grid) -> Any:
    """Return the whole result as lines of Markdown."""
    return [
        *title("Gradient methods", about),
        f"{about['source']}, B = {grid.batch}, float32. Gradient of the mean loss of one chunk of "
        "T steps in the middle of the text, against full BPTT over the same chunk, at frozen "
        f"params: at the start, and after {grid.updates:,} online updates of tbptt:8. Error: mean "
        "of ||g' - g|| / ||g|| over draws; bias: ||mean of g' - g|| / ||g||, known to about std / "
        "sqrt(draws); std: of g' around its mean, over ||g||. Memory: temporary bytes of the "
        "compiled gradient. Time: median of 5 calls for the chunk, over T.",
        "",
        "Of a method that is unbiased, what stands under bias is its noise. rflo sends its signal "
        "through a random matrix: it is not meant to point where the gradient points. dni starts "
        "without knowledge: here it is tbptt(k, k) with what its predictor learns within one "
        "chunk. adaptive_tbptt may use up to 2 k steps.",
        "",
        *head(HEAD, WIDTHS),
        *(line(cells_of(row), WIDTHS) for row in rows),
        "",
        "Left out:",
        "",
        *(f"- {cell}: {why}" for cell, whys in reasons.items() for why in whys.values()),
        "",
        "![Error, bytes and time of every gradient method](gradient_methods.png)",
        "",
    ]


def look_of(place: int) -> dict[str, Any]:
    """Return the colour and the marker of the method at a place in the list."""
    return {
        "color": f"C{place % 10}", "marker": "os^Dv<>PX*"[place % 10 if place < 10 else place - 10],
        "linestyle": "-" if place < 10 else "--",
    }  # fmt: skip


def family(name: str, steps: int) -> str:
    """Return a name that is the same at every T: lengths as parts of it."""
    word, *numbers = name.split(":")
    if word in ("snap",) or not numbers:
        return name
    return ":".join([word, *(f"T/{steps // int(n)}" for n in numbers)])


def draw(rows: list[Row], grid: Grid, path: Path) -> None:
    """Draw error and bytes against T and H, and error against time, a row for each cell."""
    pyplot = drawing()
    steps, hidden = grid.middle
    panels = (
        ("T", "error", "T", lambda r: r["hidden"] == hidden),
        ("T", "bytes", "T", lambda r: r["hidden"] == hidden),
        ("hidden", "bytes", "H", lambda r: r["T"] == steps),
        ("time", "error", "µs per step", lambda r: (r["T"], r["hidden"]) == (steps, hidden)),
    )
    values = {
        "T": lambda r: r["T"], "hidden": lambda r: r["hidden"],
        "bytes": lambda r: (r["temp_bytes"] or 0) / 2**20,
        "time": lambda r: 1000 * r["ms_per_step"], "error": lambda r: r["trained"]["error"],
    }  # fmt: skip
    labels = {"error": "gradient error, trained", "bytes": "temporary MiB"}
    figure, axes = pyplot.subplots(
        len(grid.cells), 4, figsize=(17, 4.2 * len(grid.cells)), layout="constrained", squeeze=False
    )
    names = list(dict.fromkeys(family(r["method"], r["T"]) for r in rows))
    for cell, line_of_axes in zip(grid.cells, axes, strict=True):
        for axis, (x, y, label, wanted) in zip(line_of_axes, panels, strict=True):
            for place, name in enumerate(names):
                part = [
                    r
                    for r in rows
                    if r["cell"] == cell
                    and wanted(r)
                    and family(r["method"], r["T"]) == name
                    # exact methods have no place on a logarithmic axis
                    and (y != "error" or values["error"](r) > 1e-4)
                ]
                axis.plot(
                    [values[x](r) for r in part], [values[y](r) for r in part], label=name,
                    alpha=0.85, **look_of(place),
                )  # fmt: skip
            axis.set(xscale="log", yscale="log", xlabel=label, ylabel=labels[y], title=cell)
            if x in ("T", "hidden"):  # the values measured, and no others
                places = grid.lengths if x == "T" else grid.sizes
                axis.set_xticks(places, [str(p) for p in places])
                axis.set_xticks([], minor=True)
            axis.grid(which="both", alpha=0.2)
    handles, texts = axes[0][1].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside right center", frameon=False)
    figure.suptitle(
        f"Gradient methods on text: H = {hidden} where T varies, T = {steps} elsewhere; methods "
        "without an error (full, folded, RTRL) are left out of the plots of errors"
    )
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def main(small: Small = False, out: Out = RESULTS) -> None:
    """Measure every gradient method over chunk lengths, hidden sizes and cells."""
    grid = SMALL if small else Grid()
    about = about_run(NAME) | {"source": TASKS["text"]().source}
    expect_many_lengths()
    print("\n".join(head(HEAD, WIDTHS)), flush=True)
    rows: list[Row] = []
    reasons: dict[str, dict[str, str]] = {}
    for size in grid.points():
        found, whys = measure(size, grid)
        for row in found:
            print(line(cells_of(row), WIDTHS), flush=True)
        for name, why in whys.items():
            if name not in reasons.setdefault(size.cell, {}):
                print(f"left out, {size.cell}: {why}", flush=True)
                reasons[size.cell][name] = why
        rows += found
    keep(out, NAME, rows, about, document(rows, reasons, about, grid))
    draw(rows, grid, out / f"{NAME}.png")


if __name__ == "__main__":
    typer.run(main)
