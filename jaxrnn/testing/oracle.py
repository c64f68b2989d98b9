"""The slow, obvious versions: Python loops over `cell.step`, one row of the batch at a time.

Every driver is tested against these. They know nothing of masks, padding or selection: a row is
run over its valid steps only, and restarted at its resets.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.drivers import Directions
from jaxrnn.randomness import is_clock

__all__ = ["loop", "loop_bidirectional", "loop_stack"]


def _row(tree: Any, index: int) -> Any:
    """Take one row of a state `[B, ...]`; clocks have no rows."""
    return jax.tree.map(lambda a: a if is_clock(a) else a[index], tree, is_leaf=is_clock)


def _stack_rows(rows: list[Any]) -> Any:
    def join(*leaves: Any) -> Any:
        return leaves[0] if is_clock(leaves[0]) else jnp.stack(leaves)

    return jax.tree.map(join, *rows, is_leaf=is_clock)


def loop(
    cell: Cell,
    params: Any,
    state: Any,
    xs: Array,
    *,
    lengths: Any = None,
    mask: Any = None,
    resets: Any = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Do what `jaxrnn.scan` does, one row and one step at a time.

        for each row: for each of its valid steps: state, y = step(state, project(x))

    Shapes: xs `[T, B, D]`, B at least 1, T at least 1; the others as for `scan`, all concrete.

        >>> from jaxrnn import GRU, scan
        >>> cell = GRU(2)
        >>> params, xs = cell.init(jax.random.key(0), 3), jnp.ones((4, 2, 3))
        >>> _, ys = loop(cell, params, None, xs, lengths=[4, 2])
        >>> bool(jnp.allclose(ys, scan(cell, params, None, xs, lengths=[4, 2])[1], atol=1e-6))
        True
    """
    steps, batch = xs.shape[:2]
    valid = np.ones((steps, batch), bool) if mask is None else np.array(mask)
    if lengths is not None:
        valid &= np.arange(steps)[:, None] < np.asarray(lengths)
    starts = np.zeros((steps, batch), bool) if resets is None else np.asarray(resets)
    if state is None:
        state = cell.init_state(params, (batch,))
    ends, columns = [], []
    for b in range(batch):
        order = [t for t in range(steps) if valid[t, b]]
        row, ys = _row(state, b), {}
        for t in reversed(order) if reverse else order:
            if starts[t, b] and not reverse:
                row = cell.init_state(params)
            row, ys[t] = cell.step(params, row, cell.project(params, xs[t, b]))
            if starts[t, b] and reverse and t > 0:
                row = cell.init_state(params)
        ends.append(row)
        columns.append(_column(cell, params, xs[:, b], ys))
    # [B][T] -> [T, B]
    return _stack_rows(ends), jax.tree.map(lambda *c: jnp.stack(c, 1), *columns)


def _column(cell: Cell, params: Any, xs: Array, ys: dict[int, Any]) -> Any:
    """Lay one row's outputs out over T, 0 where there is none."""

    def one(x: Array) -> Any:
        return cell.step(params, cell.init_state(params), cell.project(params, x))[1]

    zero = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(one, xs[0]))
    rows = [ys.get(t, zero) for t in range(xs.shape[0])]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *rows)


def _join(forward: Any, backward: Any) -> Any:
    return forward if is_clock(forward) else jnp.concatenate([forward, backward], -1)


def loop_bidirectional(
    cell: Cell, params: Directions, state: Directions | None, xs: Array, **options: Any
) -> tuple[Directions, Array]:
    """Do what `jaxrnn.bidirectional` does, by `loop`.

    Shapes: as `jaxrnn.bidirectional`.

        >>> from jaxrnn import GRU
        >>> cell, keys = GRU(2), jax.random.split(jax.random.key(0))
        >>> params = Directions(cell.init(keys[0], 3), cell.init(keys[1], 3))
        >>> loop_bidirectional(cell, params, None, jnp.ones((4, 2, 3)))[1].shape
        (4, 2, 4)
    """
    state = Directions(None, None) if state is None else state
    forward, ys_f = loop(cell, params.forward, state.forward, xs, **options)
    backward, ys_b = loop(cell, params.backward, state.backward, xs, reverse=True, **options)
    return Directions(forward, backward), jax.tree.map(_join, ys_f, ys_b, is_leaf=is_clock)


def loop_stack(cell: Cell, params: Any, state: Any, xs: Array, **options: Any) -> tuple[Any, Array]:
    """Do what `jaxrnn.stack` does with one cell, by `loop`, one layer after the other.

    Shapes: as `jaxrnn.stack`: params and state leaves `[L, ...]`.

        >>> from jaxrnn import GRU
        >>> cell = GRU(3)
        >>> params = jax.vmap(lambda key: cell.init(key, 3))(jax.random.split(jax.random.key(0), 2))
        >>> loop_stack(cell, params, None, jnp.ones((4, 2, 3)))[1].shape
        (4, 2, 3)
    """
    layers, states = jax.tree.leaves(params)[0].shape[0], []
    for layer in range(layers):
        p = jax.tree.map(lambda a, i=layer: a[i], params)
        s = None if state is None else jax.tree.map(lambda a, i=layer: a[i], state)
        s, xs = loop(cell, p, s, xs, **options)
        states.append(s)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *states), xs
