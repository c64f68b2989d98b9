"""A disk that is full and places that can't be written to: one line, and nothing lost.

In the table of faults: F11, F12, all in this process.
"""

import os

import pytest

from tests.faults.running import (
    SHORT,
    assert_goes_on,
    assert_one_line,
    run,
    saved_steps,
    steps_of,
)


def test_f11_a_full_disk_ends_training(tmp_path, digest):
    done = run(*SHORT, "--out", tmp_path, fault="full_disk:3")
    assert_one_line(done, "No space left on device", "bytes free", str(tmp_path), "step 6")
    assert saved_steps(tmp_path) == [3, 5]
    assert_goes_on(tmp_path, digest)


def test_f11_a_run_that_a_full_disk_ended_may_go_on_without_its_saves(tmp_path, digest):
    assert run(*SHORT, "--out", tmp_path, fault="full_disk:3").code == 1
    words = (*SHORT, "--set", "training.on_failed_save=go_on")
    assert "step 6 could" in assert_goes_on(tmp_path, digest, words, fault="full_disk:1").out


def test_f11_or_does_not_as_the_setting_says(tmp_path, digest):
    words = (*SHORT, "--set", "training.on_failed_save=go_on")
    done = assert_goes_on(tmp_path, digest, words, fault="full_disk:3")
    assert "step 6 could not be saved" in done.out and "No space left" in done.out


def test_f12_a_missing_parent_is_made(tmp_path, digest):
    assert_goes_on(tmp_path / "not" / "there", digest)


def test_f12_a_link_to_a_folder_is_a_folder(tmp_path, digest):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert_goes_on(tmp_path / "link", digest)
    assert (tmp_path / "link").is_symlink() and saved_steps(tmp_path / "real")[-1] == 12


def is_file(path):
    path.write_text("mine")
    return path


def below_file(path):
    return is_file(path) / "run"


def checkpoints_is_file(path):
    path.mkdir()
    is_file(path / "checkpoints")
    return path


def loop(path):
    path.symlink_to(path)
    return path


PLACES = {
    "a_file": is_file, "below_a_file": below_file, "a_link_to_itself": loop,
    "a_long_path": lambda path: path / ("x" * 300),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_f12_a_place_that_can_not_be_a_run(name, tmp_path):
    place = PLACES[name](tmp_path / "place")
    for words in ((*SHORT, "--out", place), ("resume", "--run", place)):
        done = run(*words)
        assert_one_line(done, str(tmp_path / "place"))
        assert "step " not in done.out  # before training starts
    if name == "a_file":
        assert place.read_text() == "mine"


def test_f12_a_folder_that_can_not_be_written_to(tmp_path, monkeypatch):
    """Root may write anywhere: there the system's refusal is played."""
    (folder := tmp_path / "run").mkdir()
    if os.geteuid() == 0:

        def refuse(*args, **options):
            raise PermissionError(13, "Permission denied", str(folder))

        monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    else:
        folder.chmod(0o500)
    assert_one_line(run(*SHORT, "--out", folder), str(folder), "Permission denied")
    folder.chmod(0o700)
    assert os.listdir(folder) == []


def test_f12_the_place_of_the_checkpoints_is_taken(tmp_path):
    (tmp_path / "checkpoints").write_text("mine")
    done = run(*SHORT, "--out", tmp_path)
    assert_one_line(done, str(tmp_path))
    assert (tmp_path / "checkpoints").read_text() == "mine"
    assert not (tmp_path / "metrics.jsonl").exists() or steps_of(tmp_path) == []
