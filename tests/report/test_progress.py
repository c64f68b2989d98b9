"""A person sees where training stands, and whatever becomes of the terminal, training goes on."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jaxrnn.report import progress as room
from jaxrnn.report.progress import TrainingProgress


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves by hand."""
    hands = [0.0]
    monkeypatch.setattr(room.time, "monotonic", lambda: hands[0])
    return hands


def run(clock, total, *, start=0, seconds=0.5, tokens=64, loss=lambda step: 1.0):
    with TrainingProgress(total, start, live=False) as progress:
        for step in range(start + 1, total + 1):
            clock[0] += seconds
            progress.step(step, loss(step), tokens)


def test_a_quick_run_says_twenty_lines(clock, capsys):
    run(clock, 1000)
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split("/")[0].split()[1]) for line in lines] == list(range(50, 1001, 50))
    # 950 steps of half a second are left
    want = "step   50/1000    5 %  loss 1.00  2.00 steps/s  128 tokens/s  8 min left"
    assert lines[0] == want
    assert lines[-1] == "step 1000/1000  100 %  loss 1.00  2.00 steps/s  128 tokens/s"


def test_a_slow_run_says_a_line_every_half_minute(clock, capsys):
    run(clock, 1000_000, start=999_900, seconds=20.0)
    steps = [int(s) for s in re.findall(r"step +(\d+)/", capsys.readouterr().out)]
    assert steps[:3] == [999_902, 999_904, 999_905]  # 40 s, 40 s, 5 % of what is left
    assert steps[-1] == 1000_000


def test_a_resumed_run_counts_from_where_it_was(clock, capsys):
    run(clock, 100, start=96)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:19] for line in lines] == [
        "step  97/100   97 %", "step  98/100   98 %", "step  99/100   99 %", "step 100/100  100 %",
    ]  # fmt: skip
    assert lines[0].endswith("loss 1.00")  # no rate from a step that compiles
    run(clock, 5, start=5)
    assert capsys.readouterr().out == ""


def test_losses_that_are_no_number_do_not_stain_the_mean(clock, capsys):
    losses = {1: None, 2: float("nan"), 3: float("inf"), 4: 2.0, 5: 1.0}
    run(clock, 5, loss=losses.get)
    shown = re.findall(r"loss (no number|[\d.]+)", capsys.readouterr().out)
    # of the last two: 0.05 * 1 and 0.05 * 0.95 * 2 over their weights
    assert shown == ["no number"] * 3 + ["2.00", "1.49"]


def test_a_rollback_is_told_again_and_breaks_no_rate(clock, capsys):
    with TrainingProgress(20, live=False) as progress:
        for step in (1, 2, 3, 2, 3):
            clock[0] += 1.0
            progress.step(step, 1.0, 8)
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split("/")[0].split()[1]) for line in lines] == [1, 2, 3, 3]
    assert "1.00 steps/s  8.00 tokens/s" in lines[-1] and "-" not in "".join(lines)


def test_evaluations_and_notes_are_lines_of_their_own(capsys):
    with TrainingProgress(10, live=False) as progress:
        progress.evaluation(5, 0.25, 0.875, "accuracy")
        progress.evaluation(5, 0.25, 0.25, "mean squared error")
        progress.evaluation(6, None, None, "accuracy")
        progress.note("[bold]as it is[/bold]")
    assert capsys.readouterr().out.splitlines() == [
        "step 5: held-out loss 0.250, accuracy 0.875",
        "step 5: held-out loss 0.250",
        "step 6: held-out loss no number",
        "[bold]as it is[/bold]",
    ]


def test_the_bar_draws(capsys, clock):
    with TrainingProgress(3, live=True) as progress:
        for step in (1, 2, 3):
            clock[0] += 1.0
            progress.step(step, 0.5, 64)
        progress.note("a note in [brackets]")
    out = capsys.readouterr().out
    assert "a note in [brackets]" in out
    assert "training" in out and "3/3" in out and "loss 0.500" in out and "1.00 steps/s" in out


class Broken(io.StringIO):
    """A stream that nobody takes anything from."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error

    def flush(self):
        raise self.error


ERRORS = [BrokenPipeError(), OSError(5, "I/O error"), OSError(28, "full"), ValueError("closed")]


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_f29_a_stream_that_takes_nothing_never_raises(monkeypatch, clock, error, live):
    monkeypatch.setattr(sys, "stdout", Broken(error))
    with TrainingProgress(40, live=live) as progress:
        for step in range(1, 41):
            clock[0] += 1.0
            progress.step(step, 0.5, 64)
        progress.evaluation(40, 0.5, 0.5, "loss")
        progress.note("done")


def test_f29_no_stdout_at_all(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with TrainingProgress(1) as progress:
        progress.step(1, 0.5, 64)
        progress.note("done")


PROGRAM = """
import os, sys
sys.path.insert(0, {root!r})
from jaxrnn.report.progress import TrainingProgress
with TrainingProgress(400, live={live}) as progress:
    for step in range(1, 401):
        progress.step(step, 0.5, 64)
        progress.note("x" * 100)
        if step == 5:
            os.write(2, b"half ")
            os.read(0, 1)  # until the reader is gone
os.write(2, b"trained to the end")
"""


@pytest.mark.parametrize("live", [False, True])
def test_f29_a_reader_that_leaves_ends_nothing(live):
    """A pipe for the lines, a terminal for the bar; both are closed half-way."""
    reading, writing = pty.openpty() if live else os.pipe()
    program = PROGRAM.format(root=str(Path(__file__).parents[2]), live=live)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=writing,
        stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    assert process.stdin and process.stderr
    os.close(writing)
    assert process.stderr.read(5) == b"half "
    os.close(reading)
    process.stdin.write(b".")
    process.stdin.close()
    assert process.stderr.read() == b"trained to the end"
    process.stderr.close()
    assert process.wait() == 0
