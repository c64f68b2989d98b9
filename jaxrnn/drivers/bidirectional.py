"""Both directions: two scans and a concatenation."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.drivers.scan import scan
from jaxrnn.engines import AUTO, Engine, find_engine
from jaxrnn.randomness import is_clock

__all__ = ["Directions", "bidirectional"]


class Directions(NamedTuple):
    """A pair of params or of states, one for each direction."""

    forward: Any
    backward: Any


def bidirectional(
    cell: Cell,
    params: Directions,
    state: Directions | None,
    xs: Array,
    *,
    lengths: Any = None,
    mask: Any = None,
    resets: Any = None,
    unroll: int = 1,
    padding: str = "zero",
    engine: str | Engine = AUTO,
) -> tuple[Directions, Any]:
    """Run a cell forwards and, with params of its own, backwards, and concatenate the outputs.

        forward, ys_f = scan(cell, params.forward, state.forward, xs)
        backward, ys_b = scan(cell, params.backward, state.backward, xs, reverse=True)
        ys = concatenate([ys_f, ys_b], axis=-1)

    The backward scan runs inside each length: from `lengths - 1` down to 0.
    Source: Schuster and Paliwal (1997), IEEE Transactions on Signal Processing 45.
    Shapes: xs `[T, *batch, D]`; ys `[T, *batch, 2H]`; lengths int `[*batch]`; mask and resets
    bool `[T, *batch]`; state leaves `[*batch, ...]` in each direction.
    Args: params and state are `Directions`; the others as for `scan`.
    Returns: (Directions of the final states, ys). The backward final state is the one at t = 0.
    Raises: TypeError if params or state is no `Directions`; the others as `scan`.

        >>> from jaxrnn import LSTM
        >>> cell, keys = LSTM(2), jax.random.split(jax.random.key(0))
        >>> params = Directions(cell.init(keys[0], 3), cell.init(keys[1], 3))
        >>> state, ys = bidirectional(cell, params, None, jnp.ones((5, 4, 3)))
        >>> ys.shape, bool((state.backward.h == ys[0, :, 2:]).all())
        ((5, 4, 4), True)
    """
    for name, value in (("params", params), ("state", state)):
        if not isinstance(value, Directions) and (name == "params" or value is not None):
            raise TypeError(
                f"bidirectional: {name}: expected Directions(forward, backward), got "
                f"{type(value).__name__}. Each direction has its own."
            )
    state = Directions(None, None) if state is None else state
    options = {
        "lengths": lengths, "mask": mask, "resets": resets, "unroll": unroll, "padding": padding,
        "engine": find_engine("bidirectional", engine) or AUTO,
    }  # fmt: skip
    forward, ys_f = scan(cell, params.forward, state.forward, xs, **options)
    backward, ys_b = scan(cell, params.backward, state.backward, xs, reverse=True, **options)
    ys = jax.tree.map(_join, ys_f, ys_b, is_leaf=is_clock)
    return Directions(forward, backward), ys


def _join(forward: Any, backward: Any) -> Any:
    """Concatenate outputs; a clock, which a state among them may keep, is the same in both."""
    return forward if is_clock(forward) else jnp.concatenate([forward, backward], axis=-1)
