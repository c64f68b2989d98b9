"""One process at a time in a run folder; a killed one blocks nobody."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from jaxrnn.training import lock
from jaxrnn.training.lock import run_lock

HOLDER = """
import sys
from jaxrnn.training.lock import run_lock
with run_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def snapshot(folder):
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.iterdir()
    }


def test_f13_a_second_process_is_told_who_holds_the_folder(tmp_path):
    (tmp_path / "metrics.jsonl").write_text("{}\n")
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        before = snapshot(tmp_path)
        with pytest.raises(BlockingIOError) as caught, run_lock(tmp_path):
            raise AssertionError("two processes in one run folder")
        message = str(caught.value)
        assert f"process {holder.pid} is at work in this run folder" in message
        assert str(tmp_path) in message and "\n" not in message
        assert snapshot(tmp_path) == before
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with run_lock(tmp_path):  # the lock died with its process
            assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"
    assert sorted(os.listdir(tmp_path)) == [".lock", "metrics.jsonl"]


def test_the_lock_is_lifted_at_the_end_and_after_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), run_lock(tmp_path):
            with pytest.raises(BlockingIOError, match=str(os.getpid())), run_lock(tmp_path):
                pass
            1 / 0  # noqa: B018
    with run_lock(tmp_path):
        pass


def test_f12_places_that_cannot_be_a_run_folder(tmp_path, monkeypatch):
    with run_lock(tmp_path / "new" / "run"):
        assert (tmp_path / "new" / "run" / ".lock").is_file()
    (tmp_path / "file").write_text("text")
    (tmp_path / "linked").mkdir()
    os.symlink(tmp_path / "file", tmp_path / "linked" / ".lock")
    places = (tmp_path / "file", tmp_path / "file" / "run", tmp_path / ("x" * 300))
    for place in (*places, tmp_path / "linked"):
        with pytest.raises(OSError, match=f"the run folder can't .*{place.name}"):
            with run_lock(place):
                pass
    assert (tmp_path / "file").read_text() == "text"

    def refused(*args):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), args[0])

    monkeypatch.setattr(os, "mkdir", refused)
    with pytest.raises(PermissionError, match="can't be used: Permission denied.*denied"):
        with run_lock(tmp_path / "denied"):
            pass


def test_where_there_are_no_locks(tmp_path, monkeypatch):
    def refused(*args):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as patched:
        patched.setattr(lock.fcntl, "flock", refused)
        with pytest.raises(OSError, match="file system refuses a lock"), run_lock(tmp_path):
            pass
    monkeypatch.setattr(lock, "fcntl", None)
    with pytest.warns(UserWarning, match="no file locks.*second process"), run_lock(tmp_path):
        pass
