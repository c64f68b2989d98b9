"""The command line with faults built in from outside: the package itself knows nothing of them.

    JAXRNN_FAULT=before_rename:3 python -m tests.faults.launcher train sine ...

A fault is `point:number`; several stand with commas between them. At one of `STAGES` the process
dies in its save of that number, as by SIGKILL: exit code 137 and nothing is tidied up. The others:

    full_disk:3     the third save finds no space left
    sigterm:7       SIGTERM once the row of step 7 is written; sigint:7 likewise
    sigterm_twice:7 and a second one in the middle of the save that follows
    nan:7           the data of step 7 hold a NaN; nan:7-9 those of steps 7 to 9
    memory:1000     from the first look at the memory on the process may have 1000 MiB more

`faults` builds the same into this process, where `Killed` stands for the death.
"""

import contextlib
import dataclasses
import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

import jax.numpy as jnp

from jaxrnn.cli import main
from jaxrnn.runs import training
from jaxrnn.training import programs
from jaxrnn.training.checkpoints import commit
from jaxrnn.training.log import MetricsLog

STAGES = (
    "before_temporary", "mid_write", "not_synced", "before_rename", "before_prune", "during_prune",
)  # fmt: skip


class Killed(BaseException):
    """The process is gone: nothing catches this, and no file changes after it."""


def kill() -> NoReturn:
    """Die at once."""
    os._exit(137)


def raise_killed() -> NoReturn:
    """Stand for the death of a process within this one."""
    raise Killed


def full() -> NoReturn:
    """Fail as on a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Save:
    """Acts at one stage of the save of that number; where it dies, nothing is written after it."""

    def __init__(self, stage: str, number: int, act: Callable[[], object]) -> None:
        self.stage, self.number, self.act = stage, number, act
        self.count, self.dead = 0, False

    def due(self, stage: str) -> bool:
        """Tell whether this is the place; whatever follows the death dies, too."""
        if self.dead:
            raise Killed
        return (stage, self.count) == (self.stage, self.number)

    def now(self) -> None:
        """Act, once."""
        self.number = 0
        try:
            self.act()
        except Killed:
            self.dead = True
            raise

    def build_in(self, patches: contextlib.ExitStack) -> None:
        """Patch the calls by which a save changes the disk."""
        replaced = {
            (commit, "commit"): self.commit, (commit, "write_synced"): self.write,
            (os, "fsync"): self.before("not_synced", os.fsync),
            (os, "replace"): self.before("before_rename", os.replace),
            (shutil, "rmtree"): self.remove,
        }  # fmt: skip
        self.real = {name: getattr(owner, name) for owner, name in replaced}
        for (owner, name), call in replaced.items():
            patches.enter_context(patch.object(owner, name, call))

    def before(self, stage: str, real: Callable) -> Callable:
        def call(*args, **options):
            if self.due(stage):
                self.now()
            return real(*args, **options)

        return call

    def commit(self, *args) -> None:
        self.count += 1
        if self.due("before_temporary"):
            self.now()
        self.real["commit"](*args)
        if self.due("before_prune"):
            self.now()

    def write(self, path, content) -> None:
        if self.due("mid_write"):
            Path(path).write_bytes(content[: len(content) // 2])
            self.now()
            os.unlink(path)  # the act was no death: it goes on
        self.real["write_synced"](path, content)

    def remove(self, path, **options) -> None:
        if self.due("during_prune"):
            next(Path(path).iterdir()).unlink()
            self.now()
        self.real["rmtree"](path, **options)


def at_row(patches: contextlib.ExitStack, step: int, act: Callable[[], object]) -> None:
    """Act once the row of a step is in the metrics."""
    real = MetricsLog.write

    def write(self: MetricsLog, row: dict) -> None:
        real(self, row)
        if row["step"] == step:
            act()

    patches.enter_context(patch.object(MetricsLog, "write", write))


def send(number: int) -> Callable[[], None]:
    """Return what sends a signal to this process."""
    return lambda: os.kill(os.getpid(), number)


def with_nan(patches: contextlib.ExitStack, first: int, last: int) -> None:
    """Put a NaN into the data of some steps; step 1 takes chunk 0."""
    real = training.build

    def build(settings, codec=None):
        parts = real(settings, codec)

        def train(number):
            chunk = parts.task.train(number)
            bad = first <= number + 1 <= last
            return chunk._replace(xs=chunk.xs * jnp.nan) if bad else chunk

        return parts._replace(task=dataclasses.replace(parts.task, train=train))

    patches.enter_context(patch.object(training, "build", build))


def with_little_memory(patches: contextlib.ExitStack, mebibytes: int) -> None:
    """Limit the memory of the process from the first look at it on."""
    import resource

    real = programs.available_bytes

    def available_bytes(device):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + mebibytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        return real(device)

    patches.enter_context(patch.object(programs, "available_bytes", available_bytes))


@contextlib.contextmanager
def faults(text: str, die: Callable[[], NoReturn] = raise_killed) -> Iterator[None]:
    """Build the faults in for as long as the block runs."""
    with contextlib.ExitStack() as patches:
        for word in filter(None, text.split(",")):
            point, _, number = word.partition(":")
            first, _, last = number.partition("-")
            _build_in(patches, point, int(first), int(last or first), die)
        yield


def _build_in(
    patches: contextlib.ExitStack, point: str, number: int, last: int, die: Callable[[], NoReturn]
) -> None:
    if point in STAGES:
        Save(point, number, die).build_in(patches)
    elif point == "full_disk":
        Save("mid_write", number, full).build_in(patches)
    elif point == "sigint":
        at_row(patches, number, send(signal.SIGINT))
    elif point == "sigterm":
        at_row(patches, number, send(signal.SIGTERM))
    elif point == "sigterm_twice":
        save = Save("mid_write", 0, send(signal.SIGTERM))
        save.build_in(patches)

        def first() -> None:
            send(signal.SIGTERM)()
            save.number = save.count + 1

        at_row(patches, number, first)
    elif point == "nan":
        with_nan(patches, number, last)
    elif point == "memory":
        with_little_memory(patches, number)
    else:
        raise ValueError(f"no such fault point: {point!r}")


if __name__ == "__main__":
    with faults(os.environ.get("JAXRNN_FAULT", ""), kill):
        sys.exit(main())
