"""Killed at any moment and started again, is a run the same to the bit?

The real command line, `jaxrnn train`, gets SIGKILL at a random moment of its life, start-up and the
writing of the report included; every second run once more after the restart. The same command is
then given until it ends by itself. The SHA-256 over params, optimizer, keys, place in the data,
carried state and metrics is compared with that of a run that nobody disturbed.

20 moments x (Elman, LSTM, GRU) x dropout off and on. Half of the runs are stateful truncated BPTT
on one long text, the others full BPTT on windows of a noisy sine.

    python benchmarks/kill_resume.py            a quarter of an hour on two cores
    python benchmarks/kill_resume.py --small    two runs, to see that it works

Prints a line for each run; writes a table to results/kill_resume.md and appends each run, as one
line of JSON with command, machine, versions and date, to results/kill_resume.jsonl. Exit code 1 if
a run is not the same.
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import numpy as np
import typer
from common import RESULTS, Out, Row, Small, about_run, head, keep, line, title

from jaxrnn.runs.digest import run_digest
from jaxrnn.runs.folder import RunFolder
from jaxrnn.training.checkpoints import Store
from jaxrnn.training.log import read_rows

NAME = "kill_resume"
STEPS = 1000
CELLS = ("elman", "lstm", "gru")
DROPOUTS = (0.0, 0.2)
SIDE_BY_SIDE = 2  # children at a time
LONGEST = 300.0  # seconds for one child
TEXT = "It was the best of times, it was the worst of times, it was the age of wisdom. " * 40
SHARED = (
    "--steps", str(STEPS), "--hidden", "8", "--device", "cpu",
    "--set", "training.checkpoint_every=10", "--set", "training.evaluate_every=50",
    "--set", "training.average=0.9", "--set", "optimizer.schedule=cosine",
)  # fmt: skip

Given = TypeVar("Given")
Made = TypeVar("Made")


class Case(NamedTuple):
    """What is trained."""

    cell: str
    dropout: float
    stream: bool  # truncated BPTT on a text, or windows of a sine


class Job(NamedTuple):
    """A run that is killed."""

    case: Case
    number: int
    of: int  # how many there are of its cell and dropout


class Ended(NamedTuple):
    """How a child ended: seconds until its first row of metrics, its last, and its end."""

    code: int
    first: float
    last: float
    end: float
    errors: str


class Whole(NamedTuple):
    """A run that nobody killed."""

    life: Ended
    digest: str


class Kill(NamedTuple):
    """What a kill left behind."""

    seconds: float  # after the start of its process
    row: int  # the last step in the metrics
    checkpoint: int  # the newest one; 0: none yet


def words(case: Case, text: Path, out: Path) -> list[str]:
    """Return the command that trains."""
    task = (
        ("charlm", "--text", str(text), "--layers", "1", "--set", "training.gradient=tbptt:8",
         "--set", "data.steps=16", "--set", "data.batch=4")
        if case.stream
        else ("sine", "--layers", "2")
    )  # fmt: skip
    model = ("--cell", case.cell, "--set", f"model.dropout={case.dropout}")
    return [sys.executable, "-m", "jaxrnn.cli", "train", *task, *model, *SHARED, "--out", str(out)]


def run(
    command: Sequence[str], environment: dict[str, str], out: Path,
    doomed: Callable[[float, int, float], bool] = lambda seconds, rows, since: False,
) -> Ended:  # fmt: skip
    """Run a child; it is killed once it is doomed.

    Args: doomed, of the seconds since the start, the rows of metrics, 0 before this child touches
        them, and the seconds since the first of so many.
    """
    log, start = out / "metrics.jsonl", time.perf_counter()
    before = log.stat().st_mtime_ns if log.exists() else 0
    first, last, rows, seconds = 0.0, 0.0, 0, 0.0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as child:
        while child.poll() is None:
            seconds = time.perf_counter() - start
            touched = log.exists() and log.stat().st_mtime_ns != before
            if touched and (found := log.read_bytes().count(b"\n")) != rows:
                first, last, rows = first or seconds, seconds, found
            if seconds > LONGEST or doomed(seconds, rows, seconds - last):
                child.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        errors = child.communicate()[1]
    return Ended(child.returncode, first, last, time.perf_counter() - start, errors)


def doom(moment: float, life: Ended, done: int) -> Callable[[float, int, float], bool]:
    """Return whether a child has come to a moment of the life of an undisturbed run.

    While it trains the rows are the clock, not the seconds: else whatever else the machine does
    would move all moments into the start.
    Args: done, the steps that are behind it.
    """
    if moment < life.first:
        return lambda seconds, rows, since: seconds >= moment or rows > done
    share = min((moment - life.first) / (life.last - life.first), 1.0)
    target = done + round(share * (STEPS - done))
    after = max(moment - life.last, 0.0)
    return lambda seconds, rows, since: rows >= target and rows > 0 and since >= after


def remains(out: Path, seconds: float) -> Kill:
    """Return what is in a folder that a killed child worked in."""
    folder = RunFolder(out)
    rows = read_rows(folder.log) if folder.log.exists() else []
    return Kill(seconds, len(rows), max(Store(folder.checkpoints).steps(), default=0))


def finished(out: Path, ended: Ended) -> str:
    """Return the digest of a run that ended by itself, or what is wrong with it."""
    if ended.code != 0 or ended.errors:
        return f"exit {ended.code}: {ended.errors.strip()[-500:]}"
    folder = RunFolder(out)
    if [row["step"] for row in read_rows(folder.log)] != list(range(1, STEPS + 1)):
        return "the metrics do not have each step once"
    left = [n for n in os.listdir(folder.checkpoints) if not n.startswith("step-")]
    return f"left over: {', '.join(left)}" if left else run_digest(out)


def survive(job: Job, whole: Whole, text: Path, scratch: Path, environment: dict[str, str]) -> Row:
    """Kill a run once or twice, let it end, and compare."""
    case, number, of = job
    seed = [number, CELLS.index(case.cell), DROPOUTS.index(case.dropout), case.stream]
    draws = np.random.default_rng(seed)
    out = scratch / "-".join(map(str, (*case, number)))
    command, kills = words(case, text, out), list[Kill]()
    moment = draws.uniform(number, number + 1) / of  # so that no part of a life is left out
    while len(kills) < 1 + number // 2 % 2:
        done = kills[-1].checkpoint if kills else 0
        ended = run(command, environment, out, doom(moment * whole.life.end, whole.life, done))
        moment = draws.uniform()
        if ended.code == -signal.SIGKILL:
            kills.append(remains(out, ended.end))
        elif ended.code != 0 or kills:  # it could not go on, or came to its end after one kill
            break
        else:  # it ended faster than the undisturbed run: once more, with another moment
            shutil.rmtree(out)
    found = finished(out, run(command, environment, out))
    return {
        **case._asdict(), "point": number, "kills": [kill._asdict() for kill in kills],
        "of_seconds": whole.life.end, "equal": found == whole.digest, "digest": found,
        "expected": whole.digest,
    }  # fmt: skip


def each(call: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
    """Call for each, a few at a time; the results come in the order of what was given."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield from pool.map(call, given)


def undisturbed(case: Case, text: Path, scratch: Path, environment: dict[str, str]) -> Whole:
    """Return the life and the digest of a run that nobody kills."""
    out = scratch / "-".join(map(str, case))
    first = finished(out, run(words(case, text, out), environment, out))  # compiles the programs
    again = out.with_name(f"{out.name}-again")
    life = run(words(case, text, again), environment, again)
    second = finished(again, life)
    if first != second:
        raise RuntimeError(f"two undisturbed runs of {case} differ: {first}, {second}")
    return Whole(life, second)


def fell(kills: Sequence[dict[str, Any]]) -> str:
    """Return where kills fell, in steps; - is before the first."""
    return " ".join(str(kill["row"] or "-") for kill in kills)


def document(rows: Sequence[Row], about: Row) -> list[str]:
    """Return the results for people."""
    cases = list(dict.fromkeys((r["cell"], r["dropout"], r["stream"]) for r in rows))
    names = ("cell", "dropout", "task", "runs", "kills", "equal", "steps at which the kills fell")
    table = []
    for case in cases:
        own = [r for r in rows if (r["cell"], r["dropout"], r["stream"]) == case]
        kills = sorted((k for r in own for k in r["kills"]), key=lambda k: k["row"])
        cell, dropout, stream = case
        table.append(
            (cell, f"{dropout:g}", "text, tbptt:8" if stream else "sine, full", str(len(own)),
             str(len(kills)), str(sum(r["equal"] for r in own)), fell(kills))
        )  # fmt: skip
    widths = [max(map(len, column)) for column in zip(names, *table, strict=True)]
    kills = [kill for r in rows for kill in r["kills"]]
    behind = [kill["row"] - kill["checkpoint"] for kill in kills if kill["row"]]
    equal = sum(r["equal"] for r in rows)
    return [
        *title("Killed at random moments and started again", about),
        f"{equal} of {len(rows)} equal: SHA-256 of params, optimizer, keys, place in the data, "
        "carried state and metrics of a run killed by SIGKILL, against an undisturbed one.",
        "",
        f"{len(kills)} kills, at random moments evenly over the life of the process, start-up and "
        f"report included, of {STEPS} steps with a checkpoint every 10. "
        f"{len(kills) - len(behind)} fell before the first step, {sum(0 < b for b in behind)} "
        "where the metrics had rows that no checkpoint had.",
        "",
        *head(names, widths, 3),
        *(line(texts, widths, 3) for texts in table),
        "",
    ]


def children() -> dict[str, str]:
    """Return what children find in their environment: this copy of the package, one cache."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


def main(
    small: Small = False,
    points: Annotated[int, typer.Option(min=1, help="Runs for each cell, with and without.")] = 20,
    out: Out = RESULTS,
) -> None:
    """Kill training at random moments and compare what becomes of it."""
    about = about_run(NAME)
    pairs = [("gru", 0.2)] if small else list(itertools.product(CELLS, DROPOUTS))
    numbers = range(2 if small else points)
    jobs = [
        Job(Case(*pair, number % 2 == 0), number, len(numbers))
        for number in numbers
        for pair in pairs
    ]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (text := scratch / "text.txt").write_text(TEXT)
        environment = {**children(), "JAX_COMPILATION_CACHE_DIR": str(scratch / "compiled")}
        cases = list(dict.fromkeys(job.case for job in jobs))
        whole: dict[Case, Whole] = {}
        for case, found in zip(
            cases, each(lambda case: undisturbed(case, text, scratch, environment), cases),
            strict=True,
        ):  # fmt: skip
            whole[case] = found
            life = found.life
            print(
                f"{case}: undisturbed, first row after {life.first:.1f} s, last after "
                f"{life.last:.1f} s, end after {life.end:.1f} s", flush=True,
            )  # fmt: skip
        rows: list[Row] = []
        for row in each(
            lambda job: survive(job, whole[job.case], text, scratch, environment), jobs
        ):
            rows.append(row)
            verdict = "equal" if row["equal"] else f"DIFFERS: {row['digest']}"
            print(
                f"{len(rows)}/{len(jobs)} {row['cell']}, dropout {row['dropout']:g}, "
                f"{'text' if row['stream'] else 'sine'}: killed at step {fell(row['kills'])}; "
                f"{verdict}", flush=True,
            )  # fmt: skip
    written = document(rows, about)
    keep(out, NAME, rows, about, written)
    print("\n".join(written[4:]))
    equal = sum(row["equal"] for row in rows)
    print(f"{equal} of {len(rows)} equal")
    if equal < len(rows):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
