"""Asked to end, a run finishes its step, saves and leaves; a second process is kept out.

In the table of faults: F3, F4, F5, F13. All of them are processes of their own.
"""

import hashlib
import os
import signal

import pytest

from tests.faults.running import (
    SHORT,
    TRAIN,
    assert_goes_on,
    assert_one_line,
    kill,
    run,
    run_apart,
    saved_steps,
    start,
    steps_of,
    wait_for_row,
)


@pytest.mark.parametrize(
    ("name", "code"), [("sigterm", 143), ("sigint", 130)], ids=["f3_sigterm", "f5_sigint"]
)
def test_a_signal_finishes_the_step_saves_and_leaves(name, code, tmp_path, digest):
    done = run_apart(*SHORT, "--out", tmp_path, fault=f"{name}:7")
    assert done.code == code and "Traceback" not in done.err
    assert steps_of(tmp_path) == list(range(1, 8))
    assert saved_steps(tmp_path)[-1] == 7
    assert "jaxrnn resume goes on" in done.out
    assert (tmp_path / "report.html").exists()
    assert_goes_on(tmp_path, digest)


def test_f4_a_second_signal_during_the_save(tmp_path, digest):
    done = run_apart(*SHORT, "--out", tmp_path, fault="sigterm_twice:7")
    assert (done.code, done.err) == (143, "")
    whole = [n for n in os.listdir(tmp_path / "checkpoints") if not n.endswith(".tmp")]
    assert sorted(whole) == ["step-00000005", "step-00000006"]  # untouched; the save of 7 is not
    done = assert_goes_on(tmp_path, digest)
    assert "warning" not in done.err + done.out


def contents(folder):
    """Return the SHA-256 and the time of every file."""
    return {
        path: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_f13_a_second_process_touches_nothing(tmp_path):
    """The holder stands still meanwhile; killed, it does not block the restart."""
    long = (*TRAIN, "--steps", "100000")
    child = start(*long, "--out", tmp_path)
    wait_for_row(child, tmp_path, 5)
    child.send_signal(signal.SIGSTOP)
    before = contents(tmp_path)
    for words in ((*long, "--out", tmp_path), ("resume", "--run", tmp_path, "--steps", "100001")):
        assert_one_line(run(*words), f"process {child.pid} ", str(tmp_path))
    assert contents(tmp_path) == before
    assert kill(child).code == -signal.SIGKILL
    step = steps_of(tmp_path)[-1] + 1
    assert run(*long, "--out", tmp_path, fault=f"sigterm:{step}").code == 143
    assert steps_of(tmp_path) == list(range(1, step + 1))
