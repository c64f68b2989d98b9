"""A run that dies at any instant goes on, by the same command, to the very same bits.

In the table of faults: F1, F2, F14. A stage of a save in this process, where an exception that
nothing catches stands for the kill, costs a fifth of a real one; two stages and F2 really die.
"""

import os
import random

import pytest

from jaxrnn.runs.digest import run_digest
from tests.faults.launcher import STAGES
from tests.faults.running import (
    KILLED,
    SHORT,
    TRAIN,
    assert_goes_on,
    kill,
    run,
    run_apart,
    saved_steps,
    start,
    steps_of,
    wait_for_row,
)


@pytest.mark.parametrize("stage", STAGES)
def test_f1_killed_at_a_stage_of_a_save(stage, tmp_path, digest):
    """In this process; the third save, of step 6, is the first one that prunes."""
    done = run(*SHORT, "--out", tmp_path, fault=f"{stage}:3")
    assert done.code == KILLED and "Traceback" not in done.err
    names = os.listdir(tmp_path / "checkpoints")
    assert any(name.endswith(".tmp") for name in names) == (
        stage not in ("before_temporary", "before_prune")
    )
    assert ("step-00000006" in names) == ("prune" in stage)
    assert_goes_on(tmp_path, digest)


@pytest.mark.parametrize("stage", ["before_rename", "during_prune"])
def test_f1_a_process_that_really_dies(stage, tmp_path, digest):
    done = run_apart(*SHORT, "--out", tmp_path, fault=f"{stage}:3")
    assert (done.code, done.err) == (KILLED, "")
    assert any(name.endswith(".tmp") for name in os.listdir(tmp_path / "checkpoints"))
    assert_goes_on(tmp_path, digest)


@pytest.mark.parametrize("number", [1, 2])
def test_f1_killed_in_save_after_save(number, tmp_path, digest):
    """In this process: the restart is killed too, in its own first saves, and that one again."""
    for stage in ("mid_write", "before_rename", "before_prune"):
        assert run(*SHORT, "--out", tmp_path, fault=f"{stage}:{number}").code in (KILLED, 0)
    assert_goes_on(tmp_path, digest)


@pytest.mark.parametrize("stage", ["before_temporary", "before_prune"])
def test_f1_killed_in_the_save_that_ends_a_run_early(stage, tmp_path):
    """In this process: the run stops for want of a better evaluation, by what it remembers."""
    words = [{"0.01": "0.5"}.get(word, word) for word in TRAIN]
    words += ["--steps", "100", "--set", "training.patience=2"]
    assert run(*words, "--out", tmp_path / "whole").code == 0
    assert steps_of(tmp_path / "whole")[-1] == 15  # after the saves of steps 3, 5, 6, 9 and 12
    out = tmp_path / "killed"
    assert run(*words, "--out", out, fault=f"{stage}:6").code == KILLED
    assert_goes_on(out, run_digest(tmp_path / "whole"), words)


def test_f2_five_random_kills(tmp_path):
    """Real SIGKILLs of the real command, each at a random step; the fixed seed draws the steps."""
    long = (*TRAIN, "--steps", "300")
    assert run(*long, "--out", tmp_path / "whole").code == 0
    out = tmp_path / "killed"
    for step in sorted(random.Random(2).sample(range(1, 240), 5)):
        child = start(*long, "--out", out)
        wait_for_row(child, out, step)
        done = kill(child)
        assert (done.code, done.err) == (-9, "")
        assert steps_of(out)[-1] < 300
    assert_goes_on(out, run_digest(tmp_path / "whole"), long)
    assert steps_of(out) == list(range(1, 301))


def test_f14_the_clock_went_backwards(killed, digest):
    """In this process: the step decides which checkpoint is the newest, not the time of a file."""
    assert saved_steps(killed) == [5, 6]
    for step, at in ((5, 2_000_000_000), (6, 1_000)):
        folder = killed / "checkpoints" / f"step-{step:08d}"
        for path in (*folder.iterdir(), folder):
            os.utime(path, (at, at))
    done = assert_goes_on(killed, digest)
    assert "step 6" in done.out
