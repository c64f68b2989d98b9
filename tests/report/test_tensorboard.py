"""Event files hold each step once, also after a crash and a resume; read as TensorBoard does."""

import struct
import sys

import pytest
from tensorboardX.proto import event_pb2
from tensorboardX.record_writer import masked_crc32c

from jaxrnn.report.tensorboard import event_writer


def row(step, loss=None, **more):
    loss = 1.0 / step if loss is None else loss
    return {"step": step, "loss": loss, "grad_norm": 2.0 * step, "finite": True, "seconds": 1.0} | {
        "tokens": 64.0, **more,
    }  # fmt: skip


def read(folder):
    """All events of all files, with both checksums of each record checked."""
    events = []
    for path in sorted(folder.glob("*tfevents*")):
        data = path.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            content, rest = data[12 : 12 + length], data[12 + length :]
            assert struct.unpack("<I", data[8:12])[0] == masked_crc32c(data[:8])
            assert struct.unpack("<I", rest[:4])[0] == masked_crc32c(content)
            events.append(event_pb2.Event.FromString(content))
            data = rest[4:]
    return events


def scalars(folder):
    return [
        (event.step, value.tag, value.simple_value)
        for event in read(folder)
        for value in event.summary.value
    ]


def test_every_number_is_there_once(tmp_path):
    with event_writer(tmp_path / "events") as events:
        events.row(row(1))
        events.row(row(2, evaluation={"loss": 0.25, "score": 0.875}))
        (path,) = (tmp_path / "events").iterdir()
        assert len(scalars(tmp_path / "events")) == 6  # seen while the run goes on
    assert scalars(tmp_path / "events") == [
        (1, "loss", 1.0), (1, "grad_norm", 2.0),
        (2, "loss", 0.5), (2, "grad_norm", 4.0),
        (2, "evaluation/loss", 0.25), (2, "evaluation/score", 0.875),
    ]  # fmt: skip
    version, start, *_ = read(tmp_path / "events")
    assert version.file_version == "brain.Event:2"  # what TensorBoard looks for first
    assert start.session_log.status == event_pb2.SessionLog.START and start.step == 1
    assert "tfevents" in path.name


def test_what_is_no_number_is_left_out(tmp_path):
    with event_writer(tmp_path) as events:
        events.row({"step": 1, "loss": None, "grad_norm": None, "finite": False})
        events.row(row(2, loss=float("nan"), evaluation={"loss": None, "score": 0.5}))
    assert scalars(tmp_path) == [(2, "grad_norm", 4.0), (2, "evaluation/score", 0.5)]


def test_after_a_resume_no_step_is_twice_and_none_is_missing(tmp_path):
    with event_writer(tmp_path) as events:
        for step in range(1, 8):
            events.row(row(step, loss=100.0 + step))
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:  # the process died within a record
        file.write(b"\x10\x00\x00")
    (tmp_path / "events.out.tfevents.1.elsewhere").write_bytes(b"")  # not ours
    # the last checkpoint was that of step 4
    with event_writer(tmp_path, [row(step) for step in range(1, 5)]) as events:
        for step in range(5, 9):
            events.row(row(step))
    assert [(s, v) for s, tag, v in scalars(tmp_path) if tag == "loss"] == [
        (step, pytest.approx(1.0 / step)) for step in range(1, 9)
    ]
    assert len(list(tmp_path.iterdir())) == 2 and not list(tmp_path.glob(".*"))
    times = [event.wall_time for event in read(tmp_path)][2:]
    assert times == sorted(times) and times[3] - times[0] == pytest.approx(3.0, abs=1e-3)


def test_without_tensorboardx_one_line_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX.proto", None)
    with (
        pytest.raises(ImportError, match=r"tensorboardX .*pip install 'jaxrnn\[tensorboard\]'$"),
        event_writer(tmp_path / "events"),
    ):
        pass
    assert not (tmp_path / "events").exists()
