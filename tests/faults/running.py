"""How these tests run the command line: in this process, or as one of its own that really dies."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from jaxrnn.cli import main
from jaxrnn.runs.digest import run_digest
from jaxrnn.training.log import read_rows
from tests.faults.launcher import Killed, faults

ROOT = Path(__file__).parents[2]
# tests/conftest.py has put flags and a folder of compiled programs into this environment
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
KILLED = 137
LONGEST = 300  # seconds that a child is waited for

STEPS = 12
# saves of steps 3, 5 (the first evaluation is the best so far), 6 (the first that prunes), 9, ...
TRAIN = (
    "train", "sine", "--hidden", "3", "--layers", "1", "--learning-rate", "0.01",
    "--set", "model.dropout=0.2", "--set", "training.checkpoint_every=3",
    "--set", "training.evaluate_every=5", "--set", "training.keep=2",
)  # fmt: skip
SHORT = (*TRAIN, "--steps", str(STEPS))


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def run(*words, fault="", stdin="") -> Done:
    """Run the command line in this process; a kill is the code 137."""
    out, err = io.StringIO(), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(stdin if isinstance(stdin, bytes) else stdin.encode()))
    before, sys.stdin = sys.stdin, given
    try:
        with faults(fault), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(word) for word in words])
    except Killed:
        code = KILLED
    except SystemExit as left:
        code = int(left.code or 0)
    finally:
        sys.stdin = before
    return Done(code, out.getvalue(), err.getvalue())


def start(*words, fault="", **options) -> subprocess.Popen:
    """Start the command line as a process of its own."""
    module = "tests.faults.launcher" if fault else "jaxrnn.cli"
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, words)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        env={**ENVIRONMENT, "JAXRNN_FAULT": fault, **options},
    )  # fmt: skip


def ended(child: subprocess.Popen) -> Done:
    """Wait for a child."""
    out, err = child.communicate(timeout=LONGEST)
    return Done(child.returncode, out, err)


def run_apart(*words, fault="", **options) -> Done:
    """Run the command line as a process of its own."""
    return ended(start(*words, fault=fault, **options))


def wait_for_row(child: subprocess.Popen, out: Path, step: int) -> None:
    """Wait until a child has written the row of a step, or has ended."""
    log = out / "metrics.jsonl"
    until = time.monotonic() + LONGEST
    while child.poll() is None and time.monotonic() < until:
        if log.exists() and log.read_bytes().count(b"\n") >= step:
            return
        time.sleep(0.002)


def kill(child: subprocess.Popen) -> Done:
    """Kill a child as the system does."""
    child.send_signal(signal.SIGKILL)
    return ended(child)


def steps_of(out: Path) -> list[int]:
    """Return the steps in the metrics."""
    return [row["step"] for row in read_rows(out / "metrics.jsonl")]


def saved_steps(out: Path) -> list[int]:
    """Return the steps of which there is a checkpoint; any other name is left over."""
    names = sorted(os.listdir(out / "checkpoints"))
    assert all(name.startswith("step-") for name in names), names
    return [int(name.removeprefix("step-")) for name in names]


def assert_goes_on(out: Path, digest: str, words=SHORT, fault="") -> Done:
    """The same command again ends as the run that nobody disturbed, with nothing left over."""
    done = run(*words, "--out", out, fault=fault)
    assert (done.code, "Traceback" in done.err) == (0, False), done.err
    rows = steps_of(out)
    assert rows == list(range(1, len(rows) + 1))
    assert saved_steps(out)[-1] == len(rows)
    assert run_digest(out) == digest
    return done


def assert_one_line(done: Done, *words: str, code: int = 1) -> None:
    """An error is one line on stderr, with these words in it."""
    assert done.code == code, done
    assert done.err.startswith("error: ") and done.err.count("\n") == 1, done.err
    for word in words:
        assert word in done.err, done.err
