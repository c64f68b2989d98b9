"""A file is written whole or not at all."""

import errno
import os
import stat
import threading

import pytest

from jaxrnn.files import write_whole


@pytest.mark.parametrize("content", [b"\0\xff", "é\n"])
def test_bytes_and_text_are_written_as_they_are(tmp_path, content):
    write_whole(tmp_path / "new" / "a", content)
    expected = content.encode() if isinstance(content, str) else content
    assert (tmp_path / "new" / "a").read_bytes() == expected


def test_others_may_read_it_as_they_may_any_new_file(tmp_path):
    (tmp_path / "usual").touch()
    write_whole(tmp_path / "a", "text")
    modes = [stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("usual", "a")]
    assert modes[0] == modes[1]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=repr)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step, error):
    (tmp_path / "a").write_text("old")

    def fails(*args):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(os, step, fails)
        with pytest.raises(type(error)):
            write_whole(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path, monkeypatch):
    real = os.fsync

    def files_only(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no fsync of folders here")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    write_whole(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"


def test_many_writers_of_one_file_do_not_collide(tmp_path):
    texts = [str(i) * 100_000 for i in range(8)]
    failures = []

    def write(text):
        try:
            write_whole(tmp_path / "a", text)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (tmp_path / "a").read_text() in texts and os.listdir(tmp_path) == ["a"]


def test_what_is_no_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(OSError, match=f"something else than a file.*{place.name}"):
            write_whole(place, "text")
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "a").write_text("old")
    os.symlink("a", tmp_path / "link")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "a").read_text() == "new"
