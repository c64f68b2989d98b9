"""One number for all that a run has become: two runs with the same one are the same to the bit."""

import json
import os
from pathlib import Path

from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.runs.folder import RunFolder
from jaxrnn.training.checkpoints import Store
from jaxrnn.training.log import read_rows
from jaxrnn.training.loop import CLOCK_COLUMNS

__all__ = ["run_digest"]


def run_digest(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of the newest checkpoint and the metrics of a run, without clock times.

    In it are params, optimizer, running average, what a stream carries, the memory of the gradient
    method, PRNG key, step, which is the data iterator's place, the content of the data, early
    stopping and the best score, and every row of the metrics.

    Shapes: none.
    Raises: FileNotFoundError if this is no run or nothing was saved; ValueError if the newest
        checkpoint is damaged.

        >>> run_digest("nowhere")
        Traceback (most recent call last):
        FileNotFoundError: nowhere is no run: it has no config.json. ...
    """
    folder = RunFolder(Path(path))
    folder.read_settings()
    store = Store(folder.checkpoints)
    if not store.steps():
        raise FileNotFoundError(f"{folder.path} has no checkpoint.")
    step = store.steps()[-1]
    flat, facts = store.read(step)
    log = facts.pop("log")  # its bytes hold clock times, so its digest does too
    rows = [
        {name: value for name, value in row.items() if name not in CLOCK_COLUMNS}
        for row in read_rows(folder.log)
    ]
    return fingerprint(
        step, dict(sorted(flat.arrays.items())), flat.keys, facts, log[0], json.dumps(rows)
    )
