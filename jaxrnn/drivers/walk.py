"""From the arguments of a scan to the walk that an engine runs."""

from typing import Any

import jax
from jax import Array

from jaxrnn.arrays import as_state, check_params, sequence
from jaxrnn.cell import Cell
from jaxrnn.cells.embedded import vocabulary_of
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_bool, as_cell, check_unroll
from jaxrnn.drivers.ragged import reset_steps, valid_steps
from jaxrnn.engines import AUTO, Choice, Engine, Walk, explained, find_engine
from jaxrnn.treemath import map_numbers

__all__ = ["checked", "explain", "resolved"]


def checked(
    owner: str, cell: Cell, params: Any, state: Any, xs: Array, *, lengths: Any, mask: Any,
    resets: Any, reverse: bool, unroll: int,
) -> tuple[Walk, bool]:  # fmt: skip
    """Return (the walk, not yet resolved, whether xs had a batch axis).

    Without a batch axis there is one of size 1, so that both give the same bits.

    Shapes: as `jaxrnn.scan`.
    Raises: as `jaxrnn.scan`, naming `owner`.

        >>> from jaxrnn import GRU
        >>> cell, options = GRU(2), {"lengths": None, "mask": None, "resets": None, "unroll": 1}
        >>> params = cell.init(jax.random.key(0), 3)
        >>> xs = jax.numpy.ones((5, 3))
        >>> walk, batched = checked("me", cell, params, None, xs, reverse=False, **options)
        >>> walk.xs.shape, walk.state.h.shape, batched
        ((5, 1, 3), (1, 2), False)
    """
    as_cell(owner, cell)
    as_bool(owner, "reverse", reverse)
    unroll = check_unroll(owner, unroll)
    xs = sequence(owner, xs, params, ids=vocabulary_of(cell) > 0)
    steps, batch = xs.shape[0], xs.shape[1:-1]
    check_params(owner, cell, params, xs, lambda: cell.project(params, xs))
    state = as_state(owner, state, xs, lambda: cell.init_state(params, batch))
    valid = valid_steps(owner, lengths, mask, steps, batch)
    starts = reset_steps(owner, resets, valid, steps, batch, reverse)
    if not batch:
        xs = xs[:, None]
        valid, starts = (None if a is None else a[:, None] for a in (valid, starts))
        state = map_numbers(lambda a: a[None], state)
    unroll = min(unroll, max(steps, 1))
    return Walk(cell, params, state, xs, valid, starts, None, reverse, unroll), bool(batch)


def resolved(walk: Walk) -> Walk:
    """Return the walk with what depends on params alone worked out.

    Shapes: those of `Walk`; anew has the leaves of the state, None without resets.

        >>> from jaxrnn import GRU
        >>> cell = GRU(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> resolved(Walk(cell, params, None, None, None, None, None, False, 1)).anew is None
        True
    """
    cell, params = resolve(walk.cell, walk.params)
    anew = None if walk.starts is None else cell.init_state(params, walk.xs.shape[1:-1])
    return walk._replace(cell=cell, params=params, anew=anew)


def explain(
    cell: Cell,
    params: Any,
    state: Any,
    xs: Array,
    *,
    lengths: Any = None,
    mask: Any = None,
    resets: Any = None,
    reverse: bool = False,
    unroll: int = 1,
    engine: str | Engine = AUTO,
) -> Choice:
    """Say which engine `jaxrnn.scan` runs for these arguments, and why; nothing is computed.

    Shapes: as `jaxrnn.scan`.
    Args: those of `jaxrnn.scan`.
    Returns: `Choice(engine, reasons)`, which prints a line for each engine.
    Raises: as `jaxrnn.scan`.

        >>> from jaxrnn import GRU
        >>> cell = GRU(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> print(explain(cell, params, None, jax.numpy.ones((5, 4, 3)), engine="scan"))
        engine: scan
        * scan  asked for: plain jax.lax.scan, the definition of correct: any cell, every derivative
    """
    asked = find_engine("explain", engine)
    walk, _ = checked(
        "explain", cell, params, state, xs, lengths=lengths, mask=mask, resets=resets,
        reverse=reverse, unroll=unroll,
    )  # fmt: skip
    found: list[Choice] = []

    def note(params: Any, state: Any) -> None:
        now = resolved(walk._replace(params=params, state=state))
        found.append(explained("explain", asked, now))

    jax.eval_shape(note, walk.params, walk.state)
    return found[0]
