"""The metrics of a run as event files, which TensorBoard shows.

`metrics.jsonl` is the record and the events are a view of it, so they are never cut or mended: each
start of a run writes them anew from the rows that still count and then adds each row as it comes.
After a crash or a resume no step is there twice and none is missing, whatever the last process did.
"""

import contextlib
import math
import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from jaxrnn.files import write_whole

__all__ = ["EventWriter", "check_events", "event_writer"]

Row = dict[str, Any]

_NAMES = "events.out.tfevents.*.jaxrnn"  # ours alone are removed


class EventWriter:
    """Adds rows to an event file; made by `event_writer`.

    Shapes: none.

        >>> import io
        >>> file = io.BytesIO()
        >>> EventWriter(file).row({"step": 1, "loss": 0.5, "grad_norm": None})
        >>> b"loss" in file.getvalue(), b"grad_norm" in file.getvalue()
        (True, False)
    """

    def __init__(self, file: BinaryIO) -> None:
        """Take a file that is open to be written."""
        self._file = file

    def row(self, row: Row) -> None:
        """Add the numbers of a step; what is no number is left out."""
        self._file.write(_row_record(row, time.time()))
        self._file.flush()


def check_events() -> None:
    """Find out whether event files can be written, before anything else is.

    Shapes: none.
    Raises: ImportError if tensorboardX is not there, saying how to install it.

        >>> check_events()
    """
    _events()


@contextlib.contextmanager
def event_writer(folder: str | Path, past: Iterable[Row] = ()) -> Iterator[EventWriter]:
    """Write a run's metrics to an event file in `folder`; a context that takes the rows.

    The tags are loss, grad_norm, evaluation/loss and evaluation/score. Event files that an earlier
    process of the run wrote are replaced by the rows of `past`.

    Shapes: none.
    Args: past, the rows of the steps before the next one, as read from `metrics.jsonl`.
    Raises: ImportError if tensorboardX is not there; OSError if the folder or disk refuses.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with event_writer(folder, [{"step": 1, "loss": 0.7}]) as events:
        ...         events.row({"step": 2, "loss": 0.5, "evaluation": {"loss": 0.6, "score": 0.9}})
        ...     (file,) = Path(folder).iterdir()
        ...     file.read_bytes().count(b"evaluation/score")
        1
    """
    _, event = _events()
    now, past = time.time(), list(past)
    first = past[0]["step"] if past else 1
    # a TensorBoard that has been watching forgets the steps from here on
    start = event.Event(
        wall_time=now, step=first, session_log=event.SessionLog(status=event.SessionLog.START)
    )
    version = event.Event(wall_time=now, file_version="brain.Event:2")
    records = [_record(version), _record(start), *_past_records(past, now)]
    path = Path(folder) / _NAMES.replace("*", f"{now:.0f}")
    # before, not after: at no instant is a step there twice
    for old in Path(folder).glob(_NAMES):
        old.unlink()
    write_whole(path, b"".join(records))
    with open(path, "ab") as file:
        yield EventWriter(file)


def _past_records(rows: list[Row], now: float) -> Iterator[bytes]:
    """Yield the records of rows as if the last had been made just now."""
    left = sum(row.get("seconds", 0.0) for row in rows)
    for row in rows:
        left -= row.get("seconds", 0.0)
        yield _row_record(row, now - left)


def _row_record(row: Row, wall_time: float) -> bytes:
    summary, event = _events()
    held_out = row.get("evaluation", {})
    found = {
        "loss": row.get("loss"),
        "grad_norm": row.get("grad_norm"),
        "evaluation/loss": held_out.get("loss"),
        "evaluation/score": held_out.get("score"),
    }
    values = [
        summary.Summary.Value(tag=tag, simple_value=value)
        for tag, value in found.items()
        if value is not None and math.isfinite(value)
    ]
    return _record(
        event.Event(wall_time=wall_time, step=row["step"], summary=summary.Summary(value=values))
    )


def _record(event: Any) -> bytes:
    """Return an event in the frame of a TFRecord: length and data, each with a checksum."""
    from tensorboardX.record_writer import masked_crc32c

    data = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    sums = [struct.pack("<I", masked_crc32c(part)) for part in (length, data)]
    return length + sums[0] + data + sums[1]


def _events() -> tuple[Any, Any]:
    """Return the modules of messages, summaries and events."""
    try:
        from tensorboardX.proto import event_pb2, summary_pb2
    except ImportError as error:
        raise ImportError(
            f"TensorBoard's event files need tensorboardX ({error}). "
            "Install it with: pip install 'jaxrnn[tensorboard]'"
        ) from None
    return summary_pb2, event_pb2
