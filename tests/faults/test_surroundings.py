"""Too little memory, nobody who listens, no such device: training says so in one line, or goes on.

In the table of faults: F28, F29, F30. What concerns the process is one of its own.
"""

import os

import jax

from jaxrnn.runs.digest import run_digest
from tests.faults.running import (
    SHORT,
    assert_one_line,
    ended,
    run,
    run_apart,
    saved_steps,
    start,
    steps_of,
)


def test_f28_a_step_that_does_not_fit_is_refused_before_it_runs(tmp_path):
    """A real limit on the memory of a process of its own."""
    words = ("train", "adding", "--hidden", "64", "--steps", "2", "--out", tmp_path,
             "--set", "data.batch=20000", "--set", "data.steps=100")  # fmt: skip
    done = run_apart(*words, fault="memory:1000")
    assert_one_line(done, "one step needs about", "GiB", "bytes")
    assert not {"config.json", "checkpoints"} & set(os.listdir(tmp_path))  # no run was begun


def test_f28_data_that_no_machine_holds(tmp_path):
    """In this process: more than an address can point at."""
    done = run("train", "adding", "--set", "data.batch=1000000000000", "--out", tmp_path)
    assert_one_line(done, "allocate")
    assert not {"config.json", "checkpoints"} & set(os.listdir(tmp_path))


def unheard(child):
    """Wait for a child, its output closed."""
    child.stdout.close()
    child.stdout = None
    return ended(child)


def test_f29_nobody_reads_on(tmp_path, digest):
    """As in `jaxrnn train ... | head -1`, a process of its own."""
    child = start(*SHORT, "--out", tmp_path)
    assert child.stdout is not None and "jaxrnn" in child.stdout.readline()
    done = unheard(child)
    assert (done.code, done.err) == (0, "")
    assert steps_of(tmp_path) == list(range(1, 13)) and saved_steps(tmp_path)[-1] == 12
    assert run_digest(tmp_path) == digest


def test_f29_a_command_that_only_prints_ends_quietly():
    """In a process of its own: the reader is gone before the first line."""
    done = unheard(start("tasks"))
    assert (done.code, done.err) == (0, "")


def test_f30_a_platform_that_does_not_exist(tmp_path):
    """A process of its own: JAX reads the variable once."""
    done = run_apart(*SHORT, "--out", tmp_path / "run", JAX_PLATFORMS="nonsense")
    assert_one_line(done, "nonsense", "cpu")
    assert not (tmp_path / "run").exists()


def test_f30_no_gpu(tmp_path, killed):
    """In this process; where there is a GPU the command simply runs."""
    if any(device.platform == "gpu" for device in jax.devices()):
        return
    for words in ((*SHORT, "--out", tmp_path / "run"), ("resume", "--run", killed),
                  ("predict", "--run", killed)):  # fmt: skip
        assert_one_line(run(*words, "--device", "gpu"), "gpu", "cpu")
