"""A comparison in the terminal: live progress, plain lines in a pipe, and a table at the end."""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from jaxrnn.report.deaf import Deaf
from jaxrnn.report.table import Table
from jaxrnn.report.words import number

if TYPE_CHECKING:  # a bar needs nothing of the room where comparisons are made
    from jaxrnn.compare.race import Event

__all__ = ["Narrator", "introduce", "is_terminal", "say", "table_text", "telling", "warn"]

_PIPE_WIDTH = 120  # where no terminal says how wide it is


def say(text: str) -> None:
    """Print; if nobody reads any more (`| head`, a closed terminal), go on without a word.

    Shapes: none.

        >>> say("hello")
        hello
    """
    stream = Deaf(sys.stdout)
    stream.write(f"{text}\n")
    stream.flush()


def warn(text: str) -> None:
    """Print a warning on standard error, which no program reads as an answer.

    Shapes: none.

        >>> warn("the newest checkpoint is damaged. Passed over.")
    """
    stream = Deaf(sys.stderr)
    stream.write(f"warning: {text}\n")
    stream.flush()


def is_terminal() -> bool:
    """Tell whether standard output is a terminal in which lines can be drawn over.

    Shapes: none.

        >>> is_terminal()
        False
    """
    try:
        return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):  # there is no stdout, or it is closed
        return False


def introduce(environment: dict[str, Any], seed: int) -> None:
    """Say what a run runs on.

    Shapes: none.

        >>> versions = {"jaxrnn": "1", "jax": "2"}
        >>> introduce({"versions": versions, "device": "cpu", "cpu": "x", "cores": 2}, 0)
        jaxrnn 1, jax 2, on cpu (x, 2 cores), seed 0
    """
    versions = environment["versions"]
    say(
        f"jaxrnn {versions['jaxrnn']}, jax {versions['jax']}, on {environment['device']} "
        f"({environment['cpu']}, {environment['cores']} cores), seed {seed}"
    )


@contextlib.contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Show what is being done: one line that changes in a terminal, a line each elsewhere.

    Shapes: none.

        >>> with telling() as tell:
        ...     tell("compiling")
        compiling
    """
    if not is_terminal():
        yield say
        return
    from rich.console import Console

    console = Console(file=Deaf(sys.stdout))  # pyright: ignore[reportArgumentType]
    with console.status("") as status:
        yield status.update


def table_text(title: str, table: Table) -> str:
    """Return a table as text for this terminal; groups by their letters, explained below.

    Shapes: none.

        >>> print(table_text("One", Table(("a", "b"), (("B", "first", (("1", "2"),)),))))
        One
            a   b
        ─────────
        B   1   2
        B  first
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid

    out = io.StringIO()
    console = Console(file=out, width=None if is_terminal() else _PIPE_WIDTH)
    grid = Grid(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
        show_edge=False, pad_edge=False, padding=(0, 1) if console.width > 110 else 0,
    )  # fmt: skip
    grid.add_column("")
    for i, column in enumerate(table.columns):
        # a terminal may be narrow: heads wrap, names and numbers don't
        widest = max((len(row[i]) for _, _, rows in table.groups for row in rows), default=1)
        grid.add_column(column, justify="right" if i else "left", min_width=widest)
    for letter, _, rows in table.groups:
        for row in rows:
            grid.add_row(letter, *row)
        grid.add_section()
    console.print(grid)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines + [f"{letter}  {heading}" for letter, heading, _ in table.groups])


class Narrator:
    """Shows the events of a comparison as they come; a context.

    In a terminal a bar for each task, with the latest held-out loss and the time left; elsewhere a
    line every quarter of the way.

    Shapes: none.
    Args: live, whether this is a terminal; found by itself if not given.

        >>> from jaxrnn.compare.race import Event
        >>> with Narrator(live=False) as narrator:
        ...     narrator(Event("sine", "compile", 0, 1, "full"))
        ...     narrator(Event("sine", "judge", 4, 4, "full", "same updates", 0.25))
        sine: compiling 1 methods
        sine: 100 %  B full 0.250
    """

    def __init__(self, *, live: bool | None = None) -> None:
        """Show nothing yet."""
        self._live = is_terminal() if live is None else live
        self._progress: Any = None
        self._bars: dict[str, Any] = {}
        self._losses: dict[str, dict[tuple[str, str], float | None]] = {}
        self._pending: Event | None = None
        self._quarter = 0

    def __enter__(self) -> "Narrator":
        if self._live:
            from rich import progress
            from rich.console import Console

            self._progress = progress.Progress(
                progress.TextColumn("[bold]{task.description}"),
                progress.BarColumn(bar_width=24),
                progress.TaskProgressColumn(),
                progress.TimeElapsedColumn(),
                progress.TimeRemainingColumn(),
                progress.TextColumn("left"),
                progress.TextColumn("{task.fields[note]}"),
                # rich's own way with a broken pipe is to end the program
                console=Console(file=Deaf(sys.stdout)),  # pyright: ignore[reportArgumentType]
            )
            self._progress.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._flush()
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, event: "Event") -> None:
        """Take the next event."""
        if event.phase == "judge":
            losses = self._losses.setdefault(event.task, {})
            losses[event.cadence, event.method] = event.loss
        if self._progress is not None:
            self._draw(event)
        elif event.phase == "compile" and event.done == 0:
            self._flush()
            self._quarter = 0
            say(f"{event.task}: compiling {event.total} methods")
        elif event.phase == "judge":
            self._pending = event
        else:
            self._flush()

    def _draw(self, event: "Event") -> None:
        """Move the bar of the task."""
        if event.task not in self._bars:
            self._bars[event.task] = self._progress.add_task(event.task, total=None, note="")
        bar = self._bars[event.task]
        if event.phase == "compile":
            self._progress.update(bar, note=f"compiling {event.method}")
        elif event.phase == "audit":
            self._progress.update(bar, note="comparing gradients")
        else:
            note = f"{event.method}, {event.cadence}: loss {number(event.loss)}"
            if event.done == event.total:
                note = ""
            self._progress.update(bar, completed=event.done, total=event.total, note=note)

    def _flush(self) -> None:
        """Print the judgements of a whole round, once a quarter."""
        event, self._pending = self._pending, None
        if event is None:
            return
        quarter = 4 * event.done // event.total
        if quarter <= self._quarter:
            return
        self._quarter = quarter
        parts = []
        for cadence, letter in (("same updates", "B"), ("online", "C")):
            runs = [(m, v) for (c, m), v in self._losses[event.task].items() if c == cadence]
            if runs:
                parts.append(f"{letter} " + ", ".join(f"{m} {number(v)}" for m, v in runs))
        say(f"{event.task}: {100 * event.done // event.total:3d} %  " + "   ".join(parts))
