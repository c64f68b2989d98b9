"""Where a training run stands: a bar in a terminal, plain lines in a pipe or a file."""

import collections
import math
import sys
import time
from typing import Any

from jaxrnn.report.deaf import Deaf
from jaxrnn.report.terminal import is_terminal, say
from jaxrnn.report.words import number

__all__ = ["TrainingProgress"]

_LINES = 20  # so many plain lines for a quick run
_PATIENCE = 30.0  # seconds after which a slow run says something
_DRAWING = 0.1  # seconds between two looks of the bar
_WINDOW = 100  # steps over which the rate is taken
_SMOOTH = 0.95  # share of the old in the smoothed loss


class TrainingProgress:
    """Shows the steps of a training run as they come; a context.

    In a terminal a bar with loss, rates and the time left; elsewhere a line when another twentieth
    of the way is done or after 30 seconds, and one for each evaluation and note. The loss is
    smoothed over about 20 steps, without those that are no number; rates are those of the last 100
    steps. Whatever becomes of the terminal or pipe, nothing is ever raised: training goes on.

    Shapes: none.
    Args:
        total: the step at which training ends.
        start: the last step that is done already, of a run that is resumed.
        live: whether this is a terminal; found by itself if not given.

        >>> with TrainingProgress(2, live=False) as progress:
        ...     progress.step(1, 0.75, 64)
        ...     progress.evaluation(1, 0.5, 0.9, "accuracy")
        ...     progress.note("step 2 left out: its gradient is no number")
        step 1/2   50 %  loss 0.750
        step 1: held-out loss 0.500, accuracy 0.900
        step 2 left out: its gradient is no number
    """

    def __init__(self, total: int, start: int = 0, live: bool | None = None) -> None:
        """Show nothing yet."""
        self._total, self._start = total, start
        self._live = is_terminal() if live is None else live
        self._bar: Any = None
        self._loss = _Smoothed()
        self._rate = _Rate()
        self._told = _share(start, start, total)
        self._last = time.monotonic()

    def __enter__(self) -> "TrainingProgress":
        self._last = time.monotonic()
        if self._live:
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task(
                "training", total=self._total, completed=self._start, note="compiling"
            )
        return self

    def __exit__(self, *error: Any) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def step(self, step: int, loss: float | None, tokens: float) -> None:
        """Take the number of a step that is done, its loss, and how many tokens it saw."""
        now = time.monotonic()
        self._loss.add(loss)
        self._rate.add(now, step, tokens)
        if self._bar is not None:
            if now - self._last >= _DRAWING or step >= self._total:
                self._last = now
                self._bar.update(self._task, completed=step, note=self._state(step))
            return
        told = _share(step, self._start, self._total)
        self._told = min(self._told, told)  # training went back to a checkpoint
        if told > self._told or now - self._last >= _PATIENCE:
            self._told, self._last = told, now
            share = f"{100 * step // max(1, self._total):3d} %"
            width = len(str(self._total))
            self._say(f"step {step:{width}d}/{self._total}  {share}  {self._state(step)}")

    def evaluation(self, step: int, loss: float | None, score: float | None, metric: str) -> None:
        """Take what held-out data say after a step."""
        text = f"step {step}: held-out loss {number(loss)}"
        self._say(text if score == loss else f"{text}, {metric} {number(score)}")

    def note(self, text: str) -> None:
        """Take a line for the person who watches."""
        self._say(text)

    def _state(self, step: int) -> str:
        parts = [f"loss {number(self._loss.value)}"]
        steps, tokens = self._rate.per_second()
        if steps:
            parts += [f"{number(steps)} steps/s", f"{number(tokens)} tokens/s"]
            if step < self._total:
                parts.append(f"{_span((self._total - step) / steps)} left")
        return "  ".join(parts)

    def _say(self, text: str) -> None:
        if self._bar is not None:
            # above the bar; the text may hold brackets, which are no markup here
            self._bar.console.print(text, markup=False, highlight=False, emoji=False)
            return
        say(text)


class _Smoothed:
    """A mean that forgets; what is no number is left out."""

    def __init__(self) -> None:
        self._sum = self._weight = 0.0

    def add(self, value: float | None) -> None:
        if value is not None and math.isfinite(value):
            self._sum = _SMOOTH * self._sum + (1 - _SMOOTH) * value
            self._weight = _SMOOTH * self._weight + (1 - _SMOOTH)

    @property
    def value(self) -> float | None:
        return self._sum / self._weight if self._weight else None


class _Rate:
    """Steps and tokens in a second over the last steps; the first, which compiles, is no part."""

    def __init__(self) -> None:
        self._seen = 0.0
        self._marks: collections.deque[tuple[float, int, float]] = collections.deque(
            maxlen=_WINDOW + 1
        )

    def add(self, now: float, step: int, tokens: float) -> None:
        self._seen += tokens
        if self._marks and step <= self._marks[-1][1]:  # training went back to a checkpoint
            self._marks.clear()
        self._marks.append((now, step, self._seen))

    def per_second(self) -> tuple[float, float]:
        (first, a, few), (last, b, many) = self._marks[0], self._marks[-1]
        seconds = last - first
        return ((b - a) / seconds, (many - few) / seconds) if seconds > 0 else (0.0, 0.0)


def _bar() -> Any:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("[bold]{task.description}"),
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[note]}", markup=False),
        # rich's own way with a broken pipe is to end the program
        console=Console(file=Deaf(sys.stdout)),  # pyright: ignore[reportArgumentType]
    )


def _share(step: int, start: int, total: int) -> int:
    """Return how many of the plain lines are due."""
    return _LINES * (step - start) // max(1, total - start)


def _span(seconds: float) -> str:
    """Return a time as a person says it."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
