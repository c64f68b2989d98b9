"""The parent's side of a peer's process: start it, ask it, end it; and who else computes."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

PROCESS = Path(__file__).parent / "peer_process.py"
# each framework has the threads that it gives itself; forcing how they wait slows some of them
UNSET = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY",
    "KMP_BLOCKTIME", "GOMP_SPINCOUNT", "XLA_FLAGS", "JAX_COMPILATION_CACHE_DIR",
    "JAX_ENABLE_X64",
)  # fmt: skip


class Child:
    """A process that answers each question by one line of JSON."""

    def __init__(self, name: str, log: Path):
        self.name, self.log = name, log
        self.hello: dict[str, Any] = {}

    def __enter__(self) -> Self:
        environment = {k: v for k, v in os.environ.items() if k not in UNSET}
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(PROCESS), self.name], stdin=subprocess.PIPE, stderr=log,
                stdout=subprocess.PIPE, text=True, encoding="utf-8",
                env=environment | {"JAX_PLATFORMS": "cpu"},
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate()

    def answer(self) -> dict[str, Any]:
        """Return its next line; if there is none, raise with what it said last."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"the process of {self.name} ended, saying:\n{said}")
        return json.loads(line)

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.answer()


class Watch:
    """How much of the machine is used by processes other than these."""

    def __init__(self, pids: Sequence[int]):
        self.pids, self.last = pids, (0, 0, 0)
        self.others()

    def others(self) -> float:
        """Return the share of all cores since the last call; elsewhere than on Linux the load."""
        try:
            now = _ticks(self.pids)
        except OSError:
            return min(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        before, self.last = self.last, now
        (mine, idle, whole) = (b - a for a, b in zip(before, now, strict=True))
        # what is shorter than a tick makes small errors of either sign
        return min(1.0, max(0.0, 1 - (mine + idle) / max(1, whole)))


def _ticks(pids: Sequence[int]) -> tuple[int, int, int]:
    """Return the time used by these processes, idle time and all time of all cores, so far."""
    mine = 0
    for pid in pids:
        # the name in brackets may have spaces
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        mine += int(fields[11]) + int(fields[12])
    values = [int(v) for v in Path("/proc/stat").read_text("ascii").split("\n")[0].split()[1:9]]
    return mine, values[3] + values[4], sum(values)
