"""The reference engine: one `jax.lax.scan`. It is the definition of correct."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from jaxrnn.drivers.advance import advance
from jaxrnn.engines.engine import Walk
from jaxrnn.randomness import at_time, clocks
from jaxrnn.treemath import select, select_or_zero

__all__ = ["SCAN", "Scan"]


@dataclasses.dataclass(frozen=True)
class Scan:
    """One `jax.lax.scan` over `cell.step`.

    Shapes: those of `Walk`.

        >>> SCAN.name
        'scan'
    """

    name = "scan"
    why = "plain jax.lax.scan, the definition of correct: any cell, every derivative"

    def refuses(self, walk: Walk) -> str | None:
        """Return None: it runs everything."""
        return None

    def run(self, walk: Walk) -> tuple[Any, Any]:
        """Return (state, ys)."""
        cell, params, first = walk.cell, walk.params, walk.state
        steps = walk.xs.shape[0]
        xs = walk.xs if walk.valid is None else select_or_zero(walk.valid, walk.xs)
        us = cell.project(params, xs)
        timed = walk.reverse and clocks(first)
        times = jnp.arange(steps, dtype=jnp.int32) if timed else None

        def body(state: Any, inputs: Any) -> tuple[Any, Any]:
            u, ok, start, t = inputs
            if timed:
                state = at_time(state, first, t)
            if start is not None:
                # clocks are the running state's: absolute time goes on at a reset
                state = select(~start, state, walk.anew)
            new, y = advance(cell, params, state, u)
            if ok is not None:
                new, y = select(ok, new, state), select_or_zero(ok, y)
            return new, y

        inputs = (us, walk.valid, walk.starts, times)
        state, ys = jax.lax.scan(body, first, inputs, reverse=walk.reverse, unroll=walk.unroll)
        return (at_time(state, first, jnp.int32(steps)) if timed else state), ys


SCAN = Scan()
