"""A warning when sequence lengths pile up: each new T compiles the loop again."""

import warnings
from collections import defaultdict
from typing import Any

__all__ = ["LIMIT", "note_trace"]

LIMIT = 16  # distinct lengths of one cell before a word of warning

_lengths_seen: dict[Any, set[int]] = defaultdict(set)


def note_trace(cell: Any, steps: int) -> None:
    """Count the distinct lengths T that a cell was traced for, and warn once at `LIMIT`.

    Called while tracing only, so it costs nothing at run time and changes no result.

    Shapes: none.

        >>> note_trace("a cell", 3)
    """
    seen = _lengths_seen[cell]
    fresh = steps not in seen
    seen.add(steps)
    if fresh and len(seen) == LIMIT:
        warnings.warn(
            f"scan: {cell!r} has now been traced for {LIMIT} different sequence lengths T, and "
            "each new T compiles again. Pad sequences to a few lengths with "
            "jaxrnn.data.pad_to_bucket and pass lengths=.",
            stacklevel=2,
        )
