"""Recurrent layers side by side: torch, Flax (linen, nnx), haiku, equinox, Keras, and our engines.

Every framework computes the same layer, from the same weights and inputs, in a process of its own
with its own threads, on the CPU in float32. Outputs and all gradients are first held against NumPy
in float64; what disagrees gets no time. Then the processes take turns, round after round. What is
not installed is left out, and named with its pip command.

    python benchmarks/peers.py            a quarter of an hour or so on two idle cores
    python benchmarks/peers.py --small    half a minute, to see that it works
    python benchmarks/peers.py --cells lstm --shapes 32x100x128x256 --peers torch,jaxrnn-scan

Prints a table; writes it to results/peers.md with a figure, peers.png, and appends each row, as one
line of JSON with command, machine, versions and date, to results/peers.jsonl.
"""

import contextlib
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from common import RESULTS, Out, Row, Small, about_run, keep
from peer_child import Child, Watch
from peer_layers import PEERS
from peer_layers.case import GATES, draw, save
from peer_layers.reference import disagreement, reference
from peer_report import document, draw_all, warning

from jaxrnn.report.words import number
from jaxrnn.spelling import did_you_mean

NAME = "peers"
MODES = {"forward": "forward", "gradients": "f+b"}
ENOUGH = 1e-4  # the largest difference over the largest value, of any array
REST = 0.003  # seconds before each turn: idle threads spin a little before they sleep


class Shape(NamedTuple):
    """Batch, steps, inputs, hidden units."""

    B: int
    T: int
    I: int  # noqa: E741
    H: int

    def __str__(self) -> str:
        return "x".join(map(str, self))


class Job(NamedTuple):
    """One layer, in both modes."""

    cell: str
    shape: Shape

    @property
    def name(self) -> str:
        return f"{self.cell} {self.shape}"

    def operations(self, mode: str) -> int:
        """Return floating-point operations of all products; the way back has twice as many."""
        batch, steps, inputs, hidden = self.shape
        forward = 2 * batch * steps * len(GATES[self.cell]) * hidden * (inputs + hidden)
        return forward if mode == "forward" else 3 * forward


class Grid(NamedTuple):
    """What is measured."""

    shapes: tuple[Shape, ...] = (
        Shape(8, 10, 1, 64), Shape(128, 28, 28, 256), Shape(32, 100, 128, 256),
        Shape(32, 500, 256, 256), Shape(20, 35, 650, 650), Shape(1, 1000, 64, 64),
    )  # fmt: skip
    rounds: int = 7
    turn: float = 0.05  # seconds of a turn, of one call at least


SMALL = Grid((Shape(2, 5, 3, 8), Shape(4, 3, 2, 16)), 2, 0.002)


class Checked(NamedTuple):
    """A framework that agreed on a case, and what preparing it told."""

    error: float
    compile_seconds: dict[str, float | None]
    engine: str | None
    seconds: dict[str, float]  # of one call, to begin with


class Key(NamedTuple):
    """What a time belongs to."""

    job: Job
    mode: str
    peer: str


Times = dict[Key, list[list[float]]]  # seconds, a list for each round


def parsed(option: str, text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return names between commas; without any, all there are."""
    names = tuple(name.strip() for name in text.split(",")) if text else tuple(known)
    for name in names:
        if name not in known:
            raise typer.BadParameter(
                f"{option}: {name!r} is none of {', '.join(known)}.{did_you_mean(name, known)}"
            )
    return tuple(dict.fromkeys(names))


def parsed_shapes(text: str) -> tuple[Shape, ...]:
    shapes = []
    for part in text.split(","):
        sizes = part.strip().split("x")
        if len(sizes) != 4 or not all(size.isdigit() and int(size) for size in sizes):
            raise typer.BadParameter(
                f"--shapes: {part!r} should be BxTxIxH: batch, steps, inputs, hidden units, four "
                "whole numbers above 0. Example: 32x100x128x256,1x1000x64x64."
            )
        shapes.append(Shape(*map(int, sizes)))
    return tuple(dict.fromkeys(shapes))


@contextlib.contextmanager
def started(names: Sequence[str], folder: Path) -> Iterator[tuple[dict[str, Child], list[str]]]:
    """Start a process for each; those that are here, and why the others are not."""
    with contextlib.ExitStack() as stack:
        all_of_them = {n: stack.enter_context(Child(n, folder / f"{n}.log")) for n in names}
        there, reasons = {}, []
        for name, child in all_of_them.items():
            child.hello = child.answer()
            if (why := child.hello.get("absent")) is None:
                there[name] = child
            elif PEERS[name].ours:
                reasons.append(f"{name}: {why}")
            else:
                reasons.append(f"{name}: pip install {PEERS[name].package} ({why})")
        yield there, reasons


def checked(child: Child, job: Job, file: Path, true: Any) -> Checked | str:
    """Prepare a case in a process, and hold its results against the true ones; or say why not."""
    if (why := child.hello["lacks"].get(job.cell)) is not None:
        return why
    results = file.with_name(f"{child.name}.npz")
    told = child.ask(do="prepare", case=job.name, file=str(file), results=str(results))
    if "error" in told:
        return f"{job.shape}: {told['error']}"
    true = true | {"forward": true["ys"]}
    with np.load(results) as arrays:
        errors = disagreement(dict(arrays), true)
    results.unlink()
    if missing := true.keys() - errors.keys() - set(PEERS[child.name].without):
        return f"{job.shape}: gave no {', '.join(sorted(missing))}; no time is taken"
    worst = max(errors, key=lambda name: errors[name])
    if not errors[worst] <= ENOUGH:
        return f"{job.shape}: disagrees, {worst} by {number(errors[worst])}; no time is taken"
    fields = (told[name] for name in Checked._fields[1:])
    return Checked(errors[worst], *fields)


def prepared(
    children: dict[str, Child], jobs: Sequence[Job], folder: Path
) -> tuple[dict[tuple[Job, str], Checked], list[str]]:
    """Have every case prepared and checked everywhere, one process after the other."""
    found, reasons, file = {}, [], folder / "case.npz"
    for job in jobs:
        batch, steps, inputs, hidden = job.shape
        case = draw(job.cell, batch, steps, inputs, hidden)
        save(file, case)
        true = reference(case)
        for name, child in children.items():
            told = checked(child, job, file, true)
            if isinstance(told, Checked):
                found[job, name] = told
            else:
                reasons.append(f"{name}, {job.cell}: {told}")
        errors = [of.error for (other, _), of in found.items() if other == job]
        worst = f"largest difference {number(max(errors))}" if errors else "nobody"
        print(f"checked {job.name}: {len(errors)} of {len(children)}, {worst}", flush=True)
    return found, list(dict.fromkeys(reasons))


def one_round(children: dict[str, Child], last: dict[Key, float], turn: float) -> Times:
    """Let each process have its turn at each row."""
    laps = {}
    for key, seconds in last.items():
        calls = min(100, max(1, int(turn / max(seconds, 1e-6))))
        time.sleep(REST)
        # the first call of a turn finds cold caches and sleeping threads: it does not count
        told = children[key.peer].ask(
            do="time", case=key.job.name, mode=key.mode, calls=calls, warm=1
        )
        if "error" in told:
            raise RuntimeError(f"{key.peer}, {key.job.name}, {key.mode}: {told['error']}")
        laps[key] = [told["seconds"]]
    return laps


def measured(
    children: dict[str, Child], found: dict[tuple[Job, str], Checked], grid: Grid, minutes: float
) -> tuple[Times, list[float]]:
    """Return the times, and what share of the machine others used before and in each round."""
    jobs = list(dict.fromkeys(job for job, _ in found))
    last = {
        Key(job, mode, name): found[job, name].seconds[mode]
        for job, mode, name in itertools.product(jobs, MODES, children)
        if (job, name) in found
    }
    times: Times = {key: [] for key in last}
    watch = Watch([os.getpid(), *(child.process.pid for child in children.values())])
    time.sleep(1)
    busy, start, longest = [watch.others()], time.perf_counter(), 0.0
    print(f"others use {busy[0]:.0%} of the machine{warning(busy)}", flush=True)
    for place in range(grid.rounds):
        begun = time.perf_counter()
        if place and minutes and begun - start + longest > 60 * minutes:
            break
        for key, laps in one_round(children, last, grid.turn).items():
            times[key] += laps
            last[key] = statistics.median(laps[0])
        busy.append(watch.others())
        longest = max(longest, time.perf_counter() - begun)
        print(f"round {place + 1}: {longest:.0f} s, others used {busy[-1]:.0%}", flush=True)
    return times, busy


def row_of(key: Key, rounds: list[list[float]], of: Checked, busy: list[float]) -> Row:
    job, every = key.job, [second for laps in rounds for second in laps]
    # the median over rounds of a round's median: a round of many calls weighs like any other
    seconds = statistics.median(statistics.median(laps) for laps in rounds)
    return {
        "cell": job.cell, **job.shape._asdict(), "mode": MODES[key.mode], "peer": key.peer,
        "engine": of.engine, "ms": 1000 * seconds, "ms_min": 1000 * min(every),
        "us_per_step": 1e6 * seconds / job.shape.T,
        "gflops": job.operations(key.mode) / seconds / 1e9,
        "compile_seconds": of.compile_seconds[key.mode], "error": of.error, "busy": busy,
        "samples_ms": [[round(1000 * second, 5) for second in laps] for laps in rounds],
    }  # fmt: skip


def main(
    small: Small = False,
    cells: Annotated[
        str, typer.Option(help="lstm, gru (reset after the product), elman (tanh). Default: all.")
    ] = "",
    shapes: Annotated[
        str,
        typer.Option(
            help="Batch x steps x inputs x hidden, as in 32x100x128x256,1x1000x64x64. Default: six "
            "from tiny to bound by products."
        ),
    ] = "",
    rounds: Annotated[
        int, typer.Option(min=0, help="Turns of each at each row; more rounds, steadier medians. "
                          "Default: 7.", show_default=False)
    ] = 0,
    minutes: Annotated[
        float, typer.Option(min=0, help="Begin no round that would end later than this after the "
                            "first; preparing is not counted. Default: no limit.",
                            show_default=False)
    ] = 0,
    peers: Annotated[
        str, typer.Option(help=f"Of {', '.join(PEERS)}. Default: all that are installed.")
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Prepare, then wait for Enter: compiling may be done on "
                           "a busy machine, timing may not.")
    ] = False,
    out: Out = RESULTS,
) -> None:  # fmt: skip
    """Time forward passes and gradients of recurrent layers in every framework that is here."""
    grid = SMALL if small else Grid()
    grid = grid._replace(
        shapes=parsed_shapes(shapes) if shapes else grid.shapes, rounds=rounds or grid.rounds
    )
    names = parsed("--peers", peers, tuple(PEERS))
    jobs = [Job(c, s) for c in parsed("--cells", cells, tuple(GATES)) for s in grid.shapes]
    os.environ["JAX_PLATFORMS"] = "cpu"
    about = about_run(NAME)
    with tempfile.TemporaryDirectory() as folder, started(names, Path(folder)) as (there, left):
        print("\n".join(["left out:", *left] if left else []), end="\n" if left else "")
        for child in there.values():
            about["versions"] |= child.hello["versions"]
        found, reasons = prepared(there, jobs, Path(folder))
        if not found:
            raise typer.BadParameter("nothing to measure: " + "; ".join([*left, *reasons]))
        if wait:
            input("all prepared; Enter begins the rounds\n")
        times, busy = measured(there, found, grid, minutes)
    rows = [row_of(k, laps, found[k.job, k.peer], busy) for k, laps in times.items()]
    text = document(rows, ENOUGH, [*left, *reasons], about)
    print(text)
    keep(out, NAME, rows, about, text.split("\n"))
    draw_all(rows, out / f"{NAME}.png")


if __name__ == "__main__":
    typer.run(main)
