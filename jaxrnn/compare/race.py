"""All methods trained in lockstep: the same data, prepared once, and clocks that run side by side.

Whatever slows the machine down for a while then slows all methods down, not one of them.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.compare.evaluate import Judgement
from jaxrnn.compare.steps import Step
from jaxrnn.gradients import Chunk, Params

__all__ = ["CADENCES", "Event", "Point", "Runner", "marks", "race"]

CADENCES = ("same updates", "online")  # design B and design C

_BLOCK = 32  # chunks held in memory at a time


class Event(NamedTuple):
    """News of a comparison, for whoever shows it.

    Fields: task; phase, "compile", "audit" or "train"; done of total, in units of the phase;
    method and cadence, what it is about; loss, held out, None if there is none yet.
    """

    task: str
    phase: str
    done: int
    total: int
    method: str = ""
    cadence: str = ""
    loss: float | None = None


class Point(NamedTuple):
    """Where a run stands when it is judged.

    Fields: tokens read; seconds of training; updates made; held-out loss and score; train_loss, the
    mean since the point before, None at the start.
    """

    tokens: int
    seconds: float
    updates: int
    loss: float
    score: float
    train_loss: float | None


@dataclasses.dataclass
class Runner:
    """One method at one cadence, on its way.

    Fields: method and cadence, names; step; compile_seconds; temp_bytes; carry; then what the race
    fills in: seconds, laps (seconds per step, one entry a block), points, kept (params by step).
    Shapes: the carry's own.

        >>> Runner("full", "online", lambda carry, chunk, n: (carry, 0.0), 0.0, None, None).laps
        []
    """

    method: str
    cadence: str
    step: Step
    compile_seconds: float
    temp_bytes: int | None
    carry: Any
    seconds: float = 0.0
    laps: list[float] = dataclasses.field(default_factory=list)
    points: list[Point] = dataclasses.field(default_factory=list)
    kept: dict[int, Params] = dataclasses.field(default_factory=dict)

    @property
    def step_seconds(self) -> float:
        """Median seconds per step over the blocks."""
        return statistics.median(self.laps)

    def run(self, block: Sequence[tuple[np.int32, Chunk]]) -> Array:
        """Train on a block, under the clock; the losses `[chunks]` stay on the device."""
        losses = []
        start = time.perf_counter()
        for number, chunk in block:
            self.carry, loss = self.step(self.carry, chunk, number)
            losses.append(loss)
        jax.block_until_ready((self.carry, losses))
        seconds = time.perf_counter() - start
        self.seconds += seconds
        self.laps.append(seconds / len(block))
        return jnp.stack(losses)

    def judge(self, tokens: int, judgement: Judgement, losses: Sequence[np.ndarray]) -> None:
        """Add a point; `losses` are those since the one before."""
        train_loss = float(np.concatenate(losses).mean(dtype=np.float64)) if losses else None
        updates = int(self.carry.updates)
        self.points.append(Point(tokens, self.seconds, updates, *judgement, train_loss))


def marks(steps: int, count: int = 20) -> list[int]:
    """Return the steps at which runs are judged: `count` of them evenly spread, the last included.

    Shapes: none.

        >>> marks(10, 4), marks(2)
        ([2, 5, 8, 10], [1, 2])
    """
    count = min(count, steps)
    return [round((i + 1) * steps / count) for i in range(count)]


def _blocks(
    train: Callable[[int], Chunk], start: int, stop: int
) -> Iterator[list[tuple[np.int32, Chunk]]]:
    """Prepare chunks `start .. stop`, some at a time, on the device before any clock starts."""
    for first in range(start, stop, _BLOCK):
        numbers = range(first, min(first + _BLOCK, stop))
        block = [(np.int32(i), jax.tree.map(jnp.asarray, train(i))) for i in numbers]
        yield jax.block_until_ready(block)


def race(
    runners: Sequence[Runner],
    train: Callable[[int], Chunk],
    evaluate: Callable[[Params], Judgement],
    *,
    steps: int,
    tokens: int,
    keep: Sequence[int] = (),
    tell: Callable[[str, int, int, Runner], None] = lambda phase, done, total, runner: None,
) -> None:
    """Train all runners on chunks 0 .. steps - 1 and judge each about 20 times on the way.

    Seconds are of training alone: preparing data, compiling, a first warm-up call and judging are
    left out. Runners are filled in place.

    Shapes: tokens, T * B of one chunk.
    Args: keep, steps after which params are kept; a step among the `marks` or 0. tell, called with
        a phase, units done and in all, and the runner, after each block and each judgement.

        >>> from jaxrnn.compare.steps import Carry
        >>> def step(carry, chunk, number):
        ...     return carry._replace(updates=carry.updates + 1), jnp.float32(1.0)
        >>> runner = Runner("full", "online", step, 0.0, None, Carry(None, None, None, 0))
        >>> train = lambda i: Chunk(jnp.ones((2, 1, 1)), None)
        >>> race([runner], train, lambda params: Judgement(0.5, 0.9), steps=4, tokens=2)
        >>> [(p.tokens, p.updates, p.loss) for p in runner.points]
        [(0, 0, 0.5), (2, 1, 0.5), (4, 2, 0.5), (6, 3, 0.5), (8, 4, 0.5)]
    """
    first = jax.tree.map(jnp.asarray, train(0))
    start_judgement = evaluate(runners[0].carry.params)  # all start from the same params
    for runner in runners:
        jax.block_until_ready(runner.step(runner.carry, first, np.int32(0)))  # warm up
        runner.judge(0, start_judgement, [])
        if 0 in keep:
            runner.kept[0] = runner.carry.params
    done, total, start = 0, steps * len(runners), 0
    for mark in marks(steps):
        losses: dict[int, list[np.ndarray]] = {i: [] for i in range(len(runners))}
        for block in _blocks(train, start, mark):
            for i, runner in enumerate(runners):
                losses[i].append(np.asarray(runner.run(block)))
                done += len(block)
                tell("train", done, total, runner)
        for i, runner in enumerate(runners):
            runner.judge(mark * tokens, evaluate(runner.carry.params), losses[i])
            if mark in keep:
                runner.kept[mark] = runner.carry.params
            tell("judge", done, total, runner)
        start = mark
