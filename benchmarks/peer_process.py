"""One framework of peers.py, in a process of its own: started by it, not by hand.

    python benchmarks/peer_process.py linen

Answers each line of JSON on stdin by one on stdout, the first unasked; see `ANSWERS`.
"""

import importlib
import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from peer_layers import PEERS, Peer
from peer_layers.case import load

Answer = dict[str, Any]
MODES = ("forward", "gradients")


class Process:
    """A framework with the cases it has prepared."""

    def __init__(self, peer: Peer):
        self.options = (peer.option,) if peer.option else ()
        self.layers = importlib.import_module(f"peer_layers.{peer.file}")
        # our own is with every row already, and need not be installed
        names = [] if peer.ours else [peer.package]
        self.versions = {name: importlib.metadata.version(name) for name in names}
        self.prepared: dict[str, Any] = {}

    def hello(self) -> Answer:
        """Tell the versions and what there is no cell for, or why there is nothing here."""
        if self.options and (why := self.layers.absent(*self.options)) is not None:
            return {"absent": why}
        return {"versions": self.versions, "lacks": self.layers.LACKS}

    def prepare(self, case: str, file: str, results: str) -> Answer:
        """Compile both programs, run them, and save what they find."""
        loaded = load(Path(file))
        programs = self.layers.programs(loaded, *self.options)
        self.prepared[case] = programs
        ys, found = programs.results()
        np.savez(results, forward=ys, **found)
        engine = self.layers.engine_of(loaded, *self.options) if self.options else None
        seconds = dict(zip(MODES, programs.compile_seconds or (None, None), strict=True))
        laps = {mode: self.time(case, mode, 1, 0)["seconds"][0] for mode in MODES}
        return {"compile_seconds": seconds, "engine": engine, "seconds": laps}

    def time(self, case: str, mode: str, calls: int, warm: int) -> Answer:
        """Return the seconds of each call, after some that don't count."""
        program, laps = getattr(self.prepared[case], mode), []
        for _ in range(warm):
            program()
        for _ in range(calls):
            start = time.perf_counter()
            program()
            laps.append(time.perf_counter() - start)
        return {"seconds": laps}


ANSWERS = {"prepare": Process.prepare, "time": Process.time}


def main(name: str) -> None:
    """Answer until stdin ends."""
    # whatever a framework prints must not stand between the answers
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)

    def say(answer: Answer) -> None:
        answers.write(json.dumps(answer) + "\n")

    try:
        process = Process(PEERS[name])
        hello = process.hello()
    except ImportError as error:
        say({"absent": f"{type(error).__name__}: {error}"})
        return
    say(hello)
    for line in sys.stdin:
        request = json.loads(line)
        answer = ANSWERS[request.pop("do")]
        try:
            say(answer(process, **request))
        except Exception as error:  # one case that a framework cannot do doesn't end the others
            text = " ".join(str(error).split())[:300]
            say({"error": f"{type(error).__name__}: {text}"})


if __name__ == "__main__":
    main(sys.argv[1])
