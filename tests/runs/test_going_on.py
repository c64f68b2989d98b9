"""What a run that goes on may meet: changed data, edited settings, lost files, other wishes."""

import json
import os
import shutil

import pytest

from jaxrnn.cli import main
from jaxrnn.report.deaf import Deaf
from jaxrnn.runs.digest import run_digest
from jaxrnn.training.log import read_rows

TINY = [
    "--hidden",
    "3",
    "--set",
    "training.evaluate_every=2",
    "--set",
    "training.checkpoint_every=2",
]


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A character model after 3 steps; each test takes a copy of its folder."""
    folder = tmp_path_factory.mktemp("begun")
    text = folder / "my.txt"
    text.write_text("abcdefghij" * 30)
    words = ["train", "charlm", "--text", str(text), "--steps", "3", "--out", str(folder / "run")]
    assert main([*words, *TINY, "--set", "data.steps=8", "--set", "data.batch=2"]) == 0
    return folder


@pytest.fixture
def run(begun, tmp_path):
    shutil.copytree(begun / "run", tmp_path / "run")
    return tmp_path / "run"


def error_of(capsys, words):
    """Return the one line in which a command ended."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("error: ")
    return error


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("changed", ["abcdefghia", "abcdefghiX", "abcdefghijk"])
def test_f17_changed_data_are_refused_and_nothing_is_touched(begun, run, capsys, changed):
    text = begun / "my.txt"
    before, good = files_of(run), text.read_text()
    text.write_text(changed * 30)
    error = error_of(capsys, ["resume", "--run", run, "--steps", 4])
    text.write_text(good)
    assert "the data of this run has changed" in error
    assert files_of(run) == before


def test_settings_edited_by_hand_are_refused(run, capsys):
    file = run / "config.json"
    record = json.loads(file.read_text())
    record["settings"]["seed"] = 7
    file.write_text(json.dumps(record))
    assert "its settings are not those that were written" in error_of(
        capsys, ["resume", "--run", run, "--steps", 4]
    )


def test_lost_checkpoints_are_no_new_beginning(run, capsys):
    shutil.rmtree(run / "checkpoints")
    rows = (run / "metrics.jsonl").read_bytes()
    assert "tells of 3 steps, but there is no checkpoint" in error_of(
        capsys, ["resume", "--run", run, "--steps", 4]
    )
    assert (run / "metrics.jsonl").read_bytes() == rows


def test_lost_rows_are_made_again(run, capsys):
    """The checkpoint of step 3 stands behind rows that are gone; that of step 2 does not."""
    digest = run_digest(run)
    log = run / "metrics.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:2]))
    assert main(["resume", "--run", str(run)]) == 0
    assert "rows are missing. Passed over." in capsys.readouterr().err
    assert run_digest(run) == digest


def test_files_of_somebody_else_are_left_alone(tmp_path, capsys):
    (tmp_path / "metrics.jsonl").write_text("precious")
    words = ["train", "sine", "--steps", 1, "--out", tmp_path, *TINY]
    assert "has metrics.jsonl, but no config.json" in error_of(capsys, words)
    assert files_of(tmp_path)["metrics.jsonl"] == b"precious"


def test_a_run_is_not_made_shorter_than_it_is(run, capsys):
    assert "is at step 3 already" in error_of(capsys, ["resume", "--run", run, "--steps", 2])


def test_the_first_command_goes_on_with_what_resume_gave(tmp_path):
    words = ["train", "sine", *TINY, "--out", str(tmp_path / "run"), "--set", "data.batch=2"]
    assert main([*words, "--steps", "2"]) == 0
    assert main(["resume", "--run", str(tmp_path / "run"), "--steps", "4"]) == 0
    before = run_digest(tmp_path / "run")
    assert main(words) == 0  # 600 would be the task's own
    assert run_digest(tmp_path / "run") == before


def test_another_policy_may_be_chosen_on_the_way(run):
    from jaxrnn.runs import RunFolder

    data = RunFolder(run).read_settings().data
    words = ["train", "charlm", "--text", data.text, "--out", str(run), *TINY]
    words += ["--set", "data.steps=8", "--set", "data.batch=2"]
    for steps, policy in ((4, "rollback"), (5, "skip")):
        assert (
            main([*words, "--steps", str(steps), "--set", f"training.on_nonfinite={policy}"]) == 0
        )
    assert [row["step"] for row in read_rows(run / "metrics.jsonl")] == [1, 2, 3, 4, 5]


def test_more_patience_lets_a_stopped_run_go_on(tmp_path):
    words = ["train", "sine", "--steps", "12", "--hidden", "3", "--out", str(tmp_path / "run")]
    more = ["training.evaluate_every=1", "optimizer.learning_rate=50.0"]
    words += [w for m in more for w in ("--set", m)]
    assert main([*words, "--set", "training.patience=1"]) == 0
    early = len(read_rows(tmp_path / "run" / "metrics.jsonl"))
    assert early < 12
    assert main([*words, "--set", "training.patience=50"]) == 0
    assert len(read_rows(tmp_path / "run" / "metrics.jsonl")) == 12


def test_an_infinite_score_is_no_score(tmp_path):
    words = ["train", "sine", "--steps", "1", "--hidden", "3", "--out", str(tmp_path / "run")]
    assert main([*words, "--learning-rate", "1e30"]) == 0
    (row,) = read_rows(tmp_path / "run" / "metrics.jsonl")
    assert row["evaluation"]["score"] is None


def test_f29_a_closed_stream_costs_no_descriptors():
    class Closed:
        def write(self, text):
            raise OSError(5, "I/O error")

        def fileno(self):
            raise ValueError("closed")

    stream, before = Deaf(Closed()), len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        stream.write("x")
        stream.flush()
    assert len(os.listdir("/proc/self/fd")) == before
