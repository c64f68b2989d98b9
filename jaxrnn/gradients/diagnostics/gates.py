"""Gates: where they stand, and whether they still move."""

from functools import partial
from typing import Any, NamedTuple

import jax
from jax import Array
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from jaxrnn.arrays import as_state, check_params, sequence
from jaxrnn.cell import Cell
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_cell
from jaxrnn.drivers.advance import advance
from jaxrnn.numerics import GATE

__all__ = ["Saturation", "gate_values", "saturation"]


def gate_values(cell: Cell, params: Any, state: Any, xs: Array) -> dict[str, Array]:
    """Return the values of every gate along a run.

    A gate is what a cell's step computes by `jaxrnn.numerics.gate(name, ...)`, however it is
    wrapped or stacked; the second one of a name is called "f 2", and so on. Cells without gates
    give none; those in a jit or loop of the step's own are not seen.
    Shapes: xs `[T, *batch, D]`; state as for `scan`, None for the first; values `[T, *batch, H]`.
    Raises: TypeError and ValueError as `scan`.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import LSTM
        >>> cell = LSTM(2)
        >>> values = gate_values(cell, cell.init(jax.random.key(0), 3), None, jnp.ones((5, 4, 3)))
        >>> {name: value.shape for name, value in values.items()}
        {'f': (5, 4, 2), 'i': (5, 4, 2), 'o': (5, 4, 2)}
    """
    as_cell("gate_values", cell)
    xs = sequence("gate_values", xs, params)
    check_params("gate_values", cell, params, xs, lambda: cell.project(params, xs))
    state = as_state("gate_values", state, xs, lambda: cell.init_state(params, xs.shape[1:-1]))
    return _values(cell, params, state, xs)


@partial(jax.jit, static_argnums=0)
def _values(cell: Cell, params: Any, state: Any, xs: Array) -> dict[str, Array]:
    cell, params = resolve(cell, params)
    return jax.lax.scan(_reporting(cell, params), state, cell.project(params, xs))[1]


def _reporting(cell: Cell, params: Any) -> Any:
    """Return a step that gives the gates as its output: they are read off its trace."""

    def step(state: Any, u: Any) -> tuple[Any, dict[str, Array]]:
        def new_state(state: Any, u: Any) -> Any:
            return advance(cell, params, state, u)[0]

        traced, out = jax.make_jaxpr(new_state, return_shape=True)(state, u)
        found = [e for e in traced.eqns if str(e.params.get("name", "")).startswith(GATE)]
        outputs = [*traced.jaxpr.outvars, *(e.outvars[0] for e in found)]
        about = traced.jaxpr.debug_info._replace(result_paths=None)  # it names the old results
        jaxpr = traced.jaxpr.replace(outvars=outputs, debug_info=about)
        flat = jaxpr_as_fun(ClosedJaxpr(jaxpr, traced.consts))(*jax.tree.leaves((state, u)))
        leaves, gates = flat[: -len(found) or None], flat[len(flat) - len(found) :]
        names = _told_apart([e.params["name"].removeprefix(GATE) for e in found])
        return jax.tree.structure(out).unflatten(leaves), dict(zip(names, gates, strict=True))

    return step


def _told_apart(names: list[str]) -> list[str]:
    """Number those that come again: f, i, o, f 2, i 2, o 2."""
    counts = [names[: i + 1].count(name) for i, name in enumerate(names)]
    return [name if n == 1 else f"{name} {n}" for name, n in zip(names, counts, strict=True)]


class Saturation(NamedTuple):
    """How much of something stands at its ends.

    Fields: low and high, fractions of all values; they no longer answer to a gradient.
    """

    low: float
    high: float


def saturation(values: Array, *, low: float = 0.1, high: float = 0.9) -> Saturation:
    """Return the fractions of values below `low` and above `high`.

    For gates the bounds are 0.1 and 0.9; for the outputs of a tanh cell take -0.9 and 0.9.
    Source: Karpathy, Johnson and Li (2015), arXiv:1506.02078, for gates.
    Shapes: values any.

        >>> import jax.numpy as jnp
        >>> saturation(jnp.array([0.01, 0.5, 0.95, 0.99]))
        Saturation(low=0.25, high=0.5)
    """
    return Saturation(float((values < low).mean()), float((values > high).mean()))
