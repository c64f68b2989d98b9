"""What an engine is: another way to do what `scan` does, with the same result."""

from typing import Any, NamedTuple, Protocol

from jax import Array

from jaxrnn.cell import Cell

__all__ = ["Engine", "Walk"]


class Walk(NamedTuple):
    """What a call of `scan` comes down to, checked and with a batch axis.

    Fields: cell and params, resolved; state; xs; valid, which steps are real, None for all; starts,
    before which step the state becomes `anew`, None for none; reverse; unroll.
    Shapes: xs `[T, *batch, D]`; valid and starts bool `[T, *batch]`; leaves of state and anew
    `[*batch, ...]`.
    """

    cell: Cell
    params: Any
    state: Any
    xs: Array
    valid: Array | None
    starts: Array | None
    anew: Any
    reverse: bool
    unroll: int


class Engine(Protocol):
    """One way to run a walk; hashable, so that `jax.jit` can tell engines apart.

    Shapes: those of `Walk`; ys `[T, *batch, H]`, 0 in padding.

        >>> from jaxrnn.engines import SCAN
        >>> SCAN.name, SCAN.why
        ('scan', 'plain jax.lax.scan, the definition of correct: any cell, every derivative')
    """

    @property
    def name(self) -> str:
        """What `engine=` calls it."""
        ...

    @property
    def why(self) -> str:
        """What it is, and when it is worth having."""
        ...

    def refuses(self, walk: Walk) -> str | None:
        """Return why it cannot run this walk, by types, shapes and dtypes alone; None if it can."""
        ...

    def run(self, walk: Walk) -> tuple[Any, Any]:
        """Return (state after the last real step, ys)."""
        ...
