"""What the steps of a cell do to small changes of the state: singular values, Lyapunov exponents.

    A_t = ds_t/ds_{t-1}   [S, S], for each row of the batch; S numbers in a state: h, and c

The changes are pushed through the steps along with the run, in forward mode.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import as_state, check_params, sequence
from jaxrnn.cell import Cell
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_cell, as_positive_int
from jaxrnn.drivers.advance import advance
from jaxrnn.treemath import split_floats

__all__ = [
    "has_forward_mode", "lyapunov_spectrum", "product_singular_values", "state_size",
    "step_singular_values",
]  # fmt: skip

SWEEPS = 32  # passes over the triangular factors: each shrinks what is off the diagonal


def step_singular_values(cell: Cell, params: Any, state: Any, xs: Array) -> Array:
    """Return the singular values of every step's Jacobian along a run, largest first.

        values[t] = singular values of A_t

    Those above 1 are directions in which a gradient grows at that step, those below shrink it.
    Shapes: xs `[T, *batch, D]`; state as for `scan`, None for the first; values
    `[T, *batch, S]`.
    Raises: TypeError and ValueError as `scan`; TypeError if the cell has no forward mode.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2, activation="linear")
        >>> params = cell.init(jax.random.key(0), 3)  # an orthogonal w_h
        >>> print(step_singular_values(cell, params, None, jnp.ones((4, 3)))[0].round(5))
        [1. 1.]
    """
    state, xs = _ready("step_singular_values", cell, params, state, xs)
    return _of_steps(cell, params, state, xs)


@partial(jax.jit, static_argnums=0)
def _of_steps(cell: Cell, params: Any, state: Any, xs: Array) -> Array:
    cell, params = resolve(cell, params)
    units = _units(state, xs.ndim - 2)

    def body(state: Any, u: Any) -> tuple[Any, Array]:
        state, push = _pushed(cell, params, state, u, xs.ndim - 2)
        return state, jnp.linalg.svd(push(units), compute_uv=False)

    return jax.lax.scan(body, state, cell.project(params, xs))[1]


def product_singular_values(cell: Cell, params: Any, state: Any, xs: Array) -> Array:
    """Return the logarithms of the singular values of the whole run's Jacobian, largest first.

        exp(values) = singular values of A_T ... A_2 A_1

    Far above 0 a gradient explodes over the run, far below it vanishes; the condition number is
    `exp(values[..., 0] - values[..., -1])`. The product itself, which no float could hold over many
    steps, is never formed: its factors are made triangular, again and again, until their
    diagonals stand in order. Their sum is exact; single values are good to a few hundredths where
    many lie close together, and better the farther they are apart.
    Source: Bojanczyk, Ewerbring, Luk and Van Dooren (1991), on the SVD of products.
    Shapes: xs `[T, *batch, D]`; state as for `scan`, None for the first; values `[*batch, S]`; it
    keeps `T * S * S` numbers for each row.
    Raises: TypeError and ValueError as `scan`; TypeError if the cell has no forward mode.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2, activation="linear")
        >>> params = cell.init(jax.random.key(0), 3)  # an orthogonal w_h
        >>> print(abs(product_singular_values(cell, params, None, jnp.ones((4, 3)))) < 1e-5)
        [ True  True]
    """
    state, xs = _ready("product_singular_values", cell, params, state, xs)
    return _of_product(cell, params, state, xs)


@partial(jax.jit, static_argnums=0)
def _of_product(cell: Cell, params: Any, state: Any, xs: Array) -> Array:
    factors = _factors(cell, params, state, xs, _units(state, xs.ndim - 2))

    def sweep(factors: Array, _: None) -> tuple[Array, None]:
        # the transpose of the product has the same values, its factors in the other order
        return _triangular(factors[::-1].mT), None

    factors = jax.lax.scan(sweep, factors, length=SWEEPS)[0]
    return _descending(_logs(factors).sum(0))


def lyapunov_spectrum(
    cell: Cell, params: Any, state: Any, xs: Array, *, count: int | None = None, warmup: int = 0
) -> Array:
    """Return the Lyapunov exponents of a run, largest first: growth of a change, per step.

        Q_t R_t = A_t Q_{t-1},   exponents = mean over t of log |diag R_t|,   t > warmup

    Above 0 nearby states drift apart and gradients explode; well below 0 they vanish, by a factor
    `exp(exponent)` a step.
    Source: Benettin et al. (1980); for recurrent networks Engelken, Wolf and Abbott (2023).
    Shapes: xs `[T, *batch, D]`; state as for `scan`, None for the first; exponents
    `[*batch, count]`.
    Args: count, how many, all S if not given; warmup, first steps that are not counted, in which
        the directions settle.
    Raises: ValueError if count is above S or no step is left; the others as `scan`; TypeError if
        the cell has no forward mode.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2, activation="linear")
        >>> params = cell.init(jax.random.key(0), 3)
        >>> params = params._replace(w_h=jnp.diag(jnp.array([0.5, 2.0])))
        >>> print(lyapunov_spectrum(cell, params, None, jnp.ones((200, 3)), warmup=100))
        [ 0.69 -0.69]
    """
    owner = "lyapunov_spectrum"
    state, xs = _ready(owner, cell, params, state, xs)
    size, steps = state_size(state, xs.ndim - 2), len(xs)
    count = size if count is None else as_positive_int(owner, "count", count)
    if count > size:
        raise ValueError(
            f"{owner}: count={count}, but the state has {size} numbers. Use at most {size}."
        )
    if not 0 <= warmup < steps:
        raise ValueError(f"{owner}: warmup={warmup} leaves nothing of {steps} steps to count.")
    return _exponents(cell, count, warmup, params, state, xs)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _exponents(cell: Cell, count: int, warmup: int, params: Any, state: Any, xs: Array) -> Array:
    units = _units(state, xs.ndim - 2)
    # any directions but the axes, which a cell may treat apart
    turn = jax.random.orthogonal(jax.random.key(0), units.shape[-1], dtype=units.dtype)
    factors = _factors(cell, params, state, xs, (units @ turn)[..., :count])
    # over a short run the directions may not stand in order yet
    return _descending(_logs(factors[warmup:]).mean(0))


def has_forward_mode(cell: Cell, params: Any, state: Any, xs: Array) -> bool:
    """Tell whether a step can be differentiated forwards; with a custom_vjp in it, it can't.

    Shapes: as `step_singular_values`.

        >>> from jaxrnn import ClipCotangent, Elman
        >>> cell = ClipCotangent(Elman(2), 1.0)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> has_forward_mode(cell, params, cell.init_state(params), jnp.ones((4, 3)))
        False
    """

    def push(state: Any) -> Array:
        u = jax.tree.map(lambda a: a[0], cell.project(params, xs))
        return _pushed(cell, params, state, u, xs.ndim - 2)[1](_units(state, xs.ndim - 2))

    try:
        jax.eval_shape(push, state)
    except TypeError as error:
        if "custom_vjp" in str(error):
            return False
        raise
    return True


def _ready(owner: str, cell: Cell, params: Any, state: Any, xs: Array) -> tuple[Any, Array]:
    """Check the arguments as `scan` does; return (state, xs)."""
    as_cell(owner, cell)
    xs = sequence(owner, xs, params)
    check_params(owner, cell, params, xs, lambda: cell.project(params, xs))
    state = as_state(owner, state, xs, lambda: cell.init_state(params, xs.shape[1:-1]))
    if not has_forward_mode(cell, params, state, xs):
        raise TypeError(
            f"{owner}: {cell!r} has a backward rule of its own (a custom_vjp, as in ClipCotangent) "
            "and no derivative forwards, which Jacobians need. Measure the cell inside it: the run "
            "is the same."
        )
    return state, xs


def _factors(cell: Cell, params: Any, state: Any, xs: Array, directions: Array) -> Array:
    """Push directions `[*batch, S, k]` through all steps and return R `[T, *batch, k, k]`."""
    cell, params = resolve(cell, params)

    def body(carry: tuple[Any, Array], u: Any) -> tuple[tuple[Any, Array], Array]:
        state, q = carry
        state, push = _pushed(cell, params, state, u, xs.ndim - 2)
        q, r = jnp.linalg.qr(push(q))
        return (state, q), r

    return jax.lax.scan(body, (state, directions), cell.project(params, xs))[1]


def _triangular(factors: Array) -> Array:
    """Return upper triangular factors of a product with the same singular values.

    The product is factors[-1] ... factors[0], `[T, *batch, k, k]`.
    """

    def body(q: Array, factor: Array) -> tuple[Array, Array]:
        q, r = jnp.linalg.qr(factor @ q)
        return q, r  # JAX's own pair is no plain tuple, which a loop's body has to return

    eye = jnp.broadcast_to(jnp.eye(factors.shape[-1], dtype=factors.dtype), factors.shape[1:])
    return jax.lax.scan(body, eye, factors)[1]


def _logs(factors: Array) -> Array:
    return jnp.log(jnp.abs(jnp.diagonal(factors, axis1=-2, axis2=-1)))


def _descending(values: Array) -> Array:
    return jnp.sort(values, axis=-1)[..., ::-1]


def state_size(state: Any, axes: int) -> int:
    """Return S, how many numbers a state has for one row of a batch with so many axes.

    Shapes: state leaves `[*batch, ...]`.

        >>> from jaxrnn import LSTM
        >>> cell = LSTM(2)
        >>> state_size(cell.init_state(cell.init(jax.random.key(0), 3), 5), 1)
        4
    """
    return sum(math.prod(leaf.shape[axes:]) for leaf in split_floats(state)[0])


def _units(state: Any, axes: int) -> Array:
    """Return all directions of a state, unit matrices `[*batch, S, S]`."""
    first = split_floats(state)[0][0]
    size = state_size(state, axes)
    return jnp.broadcast_to(jnp.eye(size, dtype=first.dtype), (*first.shape[:axes], size, size))


def _pushed(
    cell: Cell, params: Any, state: Any, u: Any, axes: int
) -> tuple[Any, Callable[[Array], Array]]:
    """Take a step: (state, function from directions `[*batch, S, k]` to A_t directions)."""
    floats, join = split_floats(state)

    def step(floats: list[Array]) -> tuple[list[Array], Any]:
        new, _ = advance(cell, params, join(floats), u)
        return split_floats(new)[0], new

    _, linear, new = jax.linearize(step, floats, has_aux=True)
    sizes = [math.prod(leaf.shape[axes:]) for leaf in floats]
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes) - 1)]

    def push(directions: Array) -> Array:
        parts = jnp.split(jnp.moveaxis(directions, -1, 0), ends, axis=-1)
        count = directions.shape[-1]
        shaped = [
            p.reshape((count, *f.shape)).astype(f.dtype) for p, f in zip(parts, floats, strict=True)
        ]
        moved = [m.reshape((*m.shape[: axes + 1], -1)) for m in jax.vmap(linear)(shaped)]
        return jnp.moveaxis(jnp.concatenate(moved, -1), 0, -1)

    return new, push
