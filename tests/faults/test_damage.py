"""What is wrong with a checkpoint is told and passed over; other settings or data are refused.

In the table of faults: F6, F8, F9, F16, F17, all in this process.
"""

import shutil

import pytest

from jaxrnn.runs.digest import run_digest
from tests.faults.running import (
    KILLED,
    SHORT,
    TRAIN,
    assert_goes_on,
    assert_one_line,
    run,
    saved_steps,
    steps_of,
)

NEWEST = "step-00000006"


def cut(percent):
    def damage(path):
        path.write_bytes(path.read_bytes()[: path.stat().st_size * percent // 100])

    return damage


DAMAGES = {
    "f6_arrays_cut_to_0": ("arrays.safetensors", cut(0)),
    "f6_arrays_cut_to_99": ("arrays.safetensors", cut(99)),
    "f6_manifest_cut_to_50": ("manifest.json", cut(50)),
    "f8_no_arrays": ("arrays.safetensors", lambda path: path.unlink()),
    "f8_no_manifest": ("manifest.json", lambda path: path.unlink()),
    "f9_empty_manifest": ("manifest.json", cut(0)),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_newest_checkpoint_is_passed_over(case, killed, digest):
    name, damage = DAMAGES[case]
    damage(killed / "checkpoints" / NEWEST / name)
    done = assert_goes_on(killed, digest)
    warnings = [line for line in (done.out + done.err).splitlines() if "warning" in line]
    assert len(warnings) == 1 and NEWEST in warnings[0] and name in warnings[0], done


def test_f6_where_no_checkpoint_is_whole_it_does_not_begin_anew(killed):
    for place in (killed / "checkpoints").iterdir():
        cut(50)(place / "arrays.safetensors")
    rows = steps_of(killed)
    done = run(*SHORT, "--out", killed)
    assert done.code == 1 and "none of the checkpoints" in done.err and "Traceback" not in done.err
    assert steps_of(killed) == rows


def test_f6_the_best_one_is_asked_for_and_damaged(killed):
    cut(99)(killed / "checkpoints" / "step-00000005" / "arrays.safetensors")
    done = run("predict", "--run", killed, "--best", stdin="0.1\n")
    assert_one_line(done, "step-00000005", "arrays.safetensors", "expected", "found")


def test_f8_a_file_of_the_run_is_gone(killed):
    (killed / "config.json").unlink()
    assert_one_line(run(*SHORT, "--out", killed), "config.json", str(killed))
    assert_one_line(run("resume", "--run", killed), "is no run", "config.json")


def test_f8_the_metrics_are_gone(killed):
    (killed / "metrics.jsonl").unlink()
    done = run(*SHORT, "--out", killed)
    *warnings, error = done.err.splitlines(keepends=True)
    assert_one_line(done._replace(err=error), "none of the checkpoints", "(steps [5, 6])")
    assert len(warnings) == 2
    for warning in warnings:
        assert "metrics.jsonl has 0 bytes" in warning and "rows are missing" in warning
    assert saved_steps(killed) == [5, 6]


def test_f16_other_settings_are_listed_each(killed):
    other = ("--set", "model.hidden=4", "--set", "optimizer.name=sgd", "--seed", "1")
    words = [word for word in SHORT if word not in ("--hidden", "3")]
    done = run(*words, *other, "--out", killed)
    assert_one_line(
        done, "model.hidden: saved 3, given 4", "optimizer.name: saved 'adam', given 'sgd'",
        "seed: saved 0, given 1",
    )  # fmt: skip
    assert saved_steps(killed) == [5, 6]


def test_f16_a_learning_rate_without_its_flag(killed):
    words = [{"0.01": "0.02"}.get(word, word) for word in SHORT]
    done = run(*words, "--out", killed)
    assert_one_line(done, "optimizer.learning_rate: saved 0.01, given 0.02")


def test_f16_more_steps_pass(killed, digest):
    """Trained longer, and stopped where the short run ends, it is the short run."""
    done = run("resume", "--run", killed, "--steps", "15")
    assert done.code == 0 and steps_of(killed) == list(range(1, 16))
    other = shutil.copytree(killed, killed.with_name("other"))
    assert run(*TRAIN, "--steps", "15", "--out", other).code == 0  # it is over: nothing changes
    assert run_digest(other) == run_digest(killed) != digest


def test_f16_a_learning_rate_by_its_flag_passes(killed, digest):
    assert run("resume", "--run", killed, "--learning-rate", "0.1").code == 0
    assert steps_of(killed) == list(range(1, 13)) and run_digest(killed) != digest
    assert_one_line(run(*SHORT, "--out", killed), "learning_rate: saved 0.1, given 0.01")


def test_f17_the_data_of_a_run_have_changed(tmp_path):
    text, out = tmp_path / "my.txt", tmp_path / "run"
    text.write_text("abcdefgh" * 30)
    words = ("train", "charlm", "--text", text, "--hidden", "3", "--steps", "4", "--out", out,
             "--set", "data.steps=4", "--set", "data.batch=2",
             "--set", "training.checkpoint_every=2")  # fmt: skip
    assert run(*words, fault="before_prune:1").code == KILLED
    text.write_text("abcdefgh" * 29 + "abcdefhg")
    done = run(*words)
    assert_one_line(done, "data of this run has changed", "its digest is", "saved was")
    assert saved_steps(out) == [2]
    text.write_text("abcdefgh" * 30)
    assert run(*words).code == 0 and steps_of(out) == [1, 2, 3, 4]
