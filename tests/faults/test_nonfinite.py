"""Numbers that are not finite never get into a checkpoint, and every policy can be restarted.

In the table of faults: F19, F20, all in this process.
"""

import json

import numpy as np
import pytest

from jaxrnn.runs.digest import run_digest
from jaxrnn.training.checkpoints import Store
from tests.faults.running import (
    KILLED,
    SHORT,
    assert_goes_on,
    assert_one_line,
    run,
    saved_steps,
    steps_of,
)


def under(policy, *words):
    return (*SHORT, "--set", f"training.on_nonfinite={policy}", *words)


def assert_all_finite(out):
    store = Store(out / "checkpoints")
    for step in store.steps():
        for name, array in store.read(step)[0].arrays.items():
            assert not np.issubdtype(array.dtype, np.inexact) or np.isfinite(array).all(), name


def row_of(out, step):
    return json.loads((out / "metrics.jsonl").read_text().splitlines()[step - 1])


def test_f19_stop_names_the_step_and_the_leaf(tmp_path):
    done = run(*under("stop"), "--out", tmp_path, fault="nan:7")
    assert_one_line(done, "step 7", "loss", "not finite")
    assert steps_of(tmp_path) == list(range(1, 8)) and saved_steps(tmp_path) == [5, 6]
    assert row_of(tmp_path, 7)["loss"] is None and not row_of(tmp_path, 7)["finite"]
    assert_all_finite(tmp_path)
    assert "step 7" in (tmp_path / "report.html").read_text()
    again = run(*under("stop"), "--out", tmp_path, fault="nan:7")
    assert again.err == done.err and steps_of(tmp_path) == list(range(1, 8))


def test_f19_stop_and_then_without_the_nan(tmp_path, digest):
    assert run(*under("stop"), "--out", tmp_path, fault="nan:7").code == 1
    assert_goes_on(tmp_path, digest, under("stop"))


@pytest.mark.parametrize("policy", ["skip", "rollback"])
def test_f19_it_goes_on_and_a_restart_comes_to_the_same(policy, tmp_path, digest):
    """NaN at steps 8 and 11; killed in the save of step 9 and, restarted, in that of step 12."""
    nan, words = "nan:8,nan:11", under(policy)
    whole = tmp_path / "whole"
    done = run(*words, "--out", whole, fault=nan)
    assert done.code == 0 and "step 8 left out: loss" in done.out, done
    assert [row_of(whole, step)["finite"] for step in (7, 8, 9, 11)] == [True, False, True, False]
    assert_all_finite(whole)
    assert "step 8" in (whole / "report.html").read_text()
    expected = run_digest(whole)
    assert expected != digest
    out = tmp_path / "killed"
    assert run(*words, "--out", out, fault=f"{nan},before_rename:4").code == KILLED
    assert run(*words, "--out", out, fault=f"{nan},mid_write:3").code == KILLED
    assert_goes_on(out, expected, words, fault=nan)
    out = tmp_path / "stopped"  # and the policy chosen only then, as the error says
    assert run(*under("stop"), "--out", out, fault=nan).code == 1
    assert_goes_on(out, expected, words, fault=nan)


@pytest.mark.parametrize("policy", ["skip", "rollback"])
def test_f19_too_many_in_a_row_stop(policy, tmp_path):
    words = under(policy, "--set", "training.most_bad=3")
    done = run(*words, "--out", tmp_path, fault="nan:5-12")
    assert_one_line(done, "step 7", "3 steps in a row", policy)
    assert steps_of(tmp_path)[-1] == 7
    assert_all_finite(tmp_path)


def test_f20_a_finite_loss_with_an_infinite_update(tmp_path):
    words = [{"0.01": "3e38"}.get(word, word) for word in under("stop")]
    decay = ("--set", "optimizer.name=sgd", "--set", "optimizer.weight_decay=1e10")
    done = run(*words, *decay, "--out", tmp_path)
    assert_one_line(done, "step 1", "not finite")
    assert row_of(tmp_path, 1)["loss"] is not None
    assert not (tmp_path / "checkpoints").exists() or saved_steps(tmp_path) == []
