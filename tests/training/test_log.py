"""Every step stands in the log exactly once, wherever the file was cut."""

import errno
import os

import pytest

from jaxrnn.training import MetricsLog, Position, read_rows


def row(step):
    return {"step": step, "loss": 1 / step, "note": "ä"}


def written(path, *steps, at=None):
    with MetricsLog(path, at) as log:
        for step in steps:
            log.write(row(step))
        return log.position()


def test_each_step_once_whatever_byte_the_file_was_cut_at(tmp_path):
    whole = tmp_path / "whole.jsonl"
    written(whole, 1, 2, 3, 4, 5, 6)
    content = whole.read_bytes()
    at = written(tmp_path / "begun.jsonl", 1, 2, 3)
    for cut in range(at.size, len(content) + 1):  # killed after the checkpoint, anywhere
        path = tmp_path / "cut.jsonl"
        path.write_bytes(content[:cut])
        assert read_rows(path) == [row(n) for n in range(1, content[:cut].count(b"\n") + 1)]
        written(path, 4, 5, 6, at=at)
        assert path.read_bytes() == content


def test_a_log_shorter_than_the_checkpoint_says_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "metrics.jsonl"
    at = written(path, 1, 2, 3)
    content = path.read_bytes()
    for cut in (0, 1, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        with pytest.raises(ValueError, match=rf"has {cut} bytes.*behind {at.size} \(3 rows\)"):
            MetricsLog(path, at)
        assert path.read_bytes() == content[:cut]


def test_another_content_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "metrics.jsonl"
    at = written(path, 1, 2)
    other = path.read_bytes().replace(b"0.5", b"0.6")
    path.write_bytes(other + b"more\n")
    with pytest.raises(ValueError, match="first 2 rows of .* are not those"):
        MetricsLog(path, at)
    assert path.read_bytes() == other + b"more\n"


def test_a_position_goes_through_json_and_a_new_log_begins_at_the_beginning(tmp_path):
    path = tmp_path / "folder" / "metrics.jsonl"  # which is made
    at = written(path, 1, 2)
    assert Position(**at._asdict()) == at and at.rows == 2 and at.size == path.stat().st_size
    assert written(path, 1) == Position(1, *at[1:])._replace(
        size=path.stat().st_size, sha256=written(path, 1).sha256
    )
    assert read_rows(path) == [row(1)]


def test_a_number_that_is_not_finite_is_no_row(tmp_path):
    with MetricsLog(tmp_path / "metrics.jsonl") as log:
        with pytest.raises(ValueError, match="JSON compliant"):
            log.write({"loss": float("nan")})
        log.write(row(1))
    assert read_rows(tmp_path / "metrics.jsonl") == [row(1)]


def test_a_full_disk_is_told_with_path_and_free_space(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with MetricsLog(path) as log:
        log.write(row(1))
        at = log.position()
        log._file = Full(log._file)  # takes five bytes more
        with pytest.raises(OSError, match=r"No space left.*bytes are free.*metrics\.jsonl"):
            log.write(row(2))
    assert path.read_bytes()[at.size :] == b'{"ste'
    assert read_rows(path) == [row(1)]
    written(path, 2, at=at)
    assert read_rows(path) == [row(1), row(2)]


class Full:
    """A file on a disk that is full after five bytes."""

    def __init__(self, file):
        self.file, self.left = file, 5

    def write(self, data):
        if not self.left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.left = 0
        return self.file.write(data[:5])

    def close(self):
        self.file.close()


def test_a_line_that_is_no_row_is_named(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"step": NaN}\n')
    with pytest.raises(ValueError, match=r"metrics\.jsonl, line 2 is no strict JSON"):
        read_rows(path)
