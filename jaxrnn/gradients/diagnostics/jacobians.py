"""What the steps of a cell do to small changes of the state: singular values, Lyapunov exponents.

    A_t = ds_t/ds_{t-1}   [S, S], for each row of the batch; S numbers in a state: h, and c

The changes are pushed through the steps along with the run; A_t is never asked of autodiff twice.
"""

from collections.abc import Callable
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

__all__ = ["lyapunov_spectrum", "product_singular_values", "step_singular_values"]

SWEEPS = 12  # passes over the triangular factors; each squares the separation of two values


def step_singular_values(cell: Cell, params: Any, state: Any, xs: Array) -> Array:
    """Return the singular values of every step's Jacobian along a run, largest first.

        values[t] = singular values of A_t

    Those above 1 are directions in which a gradient grows at that step, those below shrink it.
    Shapes: xs `[T, *batch, D]`; state as for `scan`, None for the first; values
    `[T, *batch, S]`.
    Raises: TypeError and ValueError as `scan`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2, activation="linear")
        >>> params = cell.init(jax.random.key(0), 3)  # an orthogonal w_h
        >>> print(step_singular_values(cell, params, None, jnp.ones((4, 3)))[0])
        [1. 1.]
    """
    cell, params, state, us = _ready("step_singular_values", cell, params, state, xs)

    def body(state: Any, u: Any) -> tuple[Any, Array]:
        state, push = _pushed(cell, params, state, u)
        jacobian = push(_everything(state))
        return state, jnp.linalg.svd(jacobian, compute_uv=False)

    return jax.jit(lambda state: jax.lax.scan(body, state, us)[1])(state)


def product_singular_values(cell: Cell, params: Any, state: Any, xs: Array) -> Array:
    """Return the logarithms of the singular values of the whole run's Jacobian, largest first.

        exp(values) = singular values of A_T ... A_2 A_1

    Far above 0 a gradient explodes over the run, far below it vanishes; the condition number is
    `exp(values[..., 0] - values[..., -1])`. The product itself, which no float could hold over many
    steps, is never formed: its factors are made triangular, again and again, until their
    diagonals stand in order.
    Source: Bojanczyk, Ewerbring, Luk and Van Dooren (1991), on the SVD of products.
    Shapes: xs `[T, *batch, D]`; state as for `scan`, None for the first; values `[*batch, S]`; it
    keeps `T * S * S` numbers for each row.
    Raises: TypeError and ValueError as `scan`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2, activation="linear")
        >>> params = cell.init(jax.random.key(0), 3)  # an orthogonal w_h
        >>> print(abs(product_singular_values(cell, params, None, jnp.ones((4, 3)))) < 1e-5)
        [ True  True]
    """
    cell, params, state, us = _ready("product_singular_values", cell, params, state, xs)

    def values(state: Any) -> Array:
        _, _, factors = _run(cell, params, state, us, _everything(state))

        def sweep(factors: Array, _: None) -> tuple[Array, None]:
            # the transpose of the product has the same values, its factors in the other order
            return _triangular(factors[::-1].mT), None

        factors = jax.lax.scan(sweep, factors, length=SWEEPS)[0]
        return jnp.sort(_logs(factors).sum(0), axis=-1)[..., ::-1]

    return jax.jit(values)(state)


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
    Raises: ValueError if count is above S or no step is left; the others as `scan`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2, activation="linear")
        >>> params = cell.init(jax.random.key(0), 3)
        >>> params = params._replace(w_h=jnp.diag(jnp.array([0.5, 2.0])))
        >>> print(lyapunov_spectrum(cell, params, None, jnp.ones((200, 3)), warmup=100))
        [ 0.69 -0.69]
    """
    owner = "lyapunov_spectrum"
    cell, params, state, us = _ready(owner, cell, params, state, xs)
    start = _everything(state)
    size, steps = start.shape[-1], jax.tree.leaves(us)[0].shape[0]
    count = size if count is None else as_positive_int(owner, "count", count)
    if count > size:
        raise ValueError(f"{owner}: count={count}, but the state has {size} numbers. Use at most.")
    if not 0 <= warmup < steps:
        raise ValueError(f"{owner}: warmup={warmup} leaves nothing of {steps} steps to count.")

    def exponents(state: Any) -> Array:
        # any directions but the axes, which a cell may treat apart
        turn = jax.random.orthogonal(jax.random.key(0), size, dtype=start.dtype)
        _, _, factors = _run(cell, params, state, us, (start @ turn)[..., :count])
        # over a short run the directions may not stand in order yet
        return jnp.sort(_logs(factors[warmup:]).mean(0), axis=-1)[..., ::-1]

    return jax.jit(exponents)(state)


def _ready(
    owner: str, cell: Cell, params: Any, state: Any, xs: Array
) -> tuple[Cell, Any, Any, Any]:
    """Check the arguments as `scan` does; return (cell, params, state, us), ready to step."""
    as_cell(owner, cell)
    xs = sequence(owner, xs, params)
    check_params(owner, cell, params, xs, lambda: cell.project(params, xs))
    state = as_state(owner, state, xs, lambda: cell.init_state(params, xs.shape[1:-1]))
    cell, params = resolve(cell, params)
    return cell, params, state, cell.project(params, xs)


def _run(
    cell: Cell, params: Any, state: Any, us: Any, directions: Array
) -> tuple[Any, Array, Array]:
    """Push directions `[*batch, S, k]` through all steps: (state, Q, R `[T, *batch, k, k]`)."""

    def body(carry: tuple[Any, Array], u: Any) -> tuple[tuple[Any, Array], Array]:
        state, q = carry
        state, push = _pushed(cell, params, state, u)
        q, r = jnp.linalg.qr(push(q))
        return (state, q), r

    (state, q), factors = jax.lax.scan(body, (state, directions), us)
    return state, q, factors


def _triangular(factors: Array) -> Array:
    """Return upper triangular factors of a product with the same singular values.

    The product is factors[-1] ... factors[0], `[T, *batch, k, k]`.
    """

    def body(q: Array, factor: Array) -> tuple[Array, Array]:
        return jnp.linalg.qr(factor @ q)

    eye = jnp.broadcast_to(jnp.eye(factors.shape[-1], dtype=factors.dtype), factors.shape[1:])
    return jax.lax.scan(body, eye, factors)[1]


def _logs(factors: Array) -> Array:
    return jnp.log(jnp.abs(jnp.diagonal(factors, axis1=-2, axis2=-1)))


def _everything(state: Any) -> Array:
    """Return all directions of a state, unit matrices `[*batch, S, S]`."""
    floats = split_floats(state)[0]
    batch = floats[0].shape[:-1]
    size = sum(leaf.shape[-1] for leaf in floats)
    return jnp.broadcast_to(jnp.eye(size, dtype=floats[0].dtype), (*batch, size, size))


def _pushed(cell: Cell, params: Any, state: Any, u: Any) -> tuple[Any, Callable[[Array], Array]]:
    """Take a step: (state, function from directions `[*batch, S, k]` to A_t directions)."""
    floats, join = split_floats(state)

    def step(floats: list[Array]) -> tuple[list[Array], Any]:
        new, _ = advance(cell, params, join(floats), u)
        return split_floats(new)[0], new

    _, linear, new = jax.linearize(step, floats, has_aux=True)
    ends = [sum(leaf.shape[-1] for leaf in floats[: i + 1]) for i in range(len(floats) - 1)]

    def push(directions: Array) -> Array:
        parts = jnp.split(jnp.moveaxis(directions, -1, 0), ends, axis=-1)
        moved = jax.vmap(linear)([p.astype(f.dtype) for p, f in zip(parts, floats, strict=True)])
        return jnp.moveaxis(jnp.concatenate(moved, -1), 0, -1)

    return new, push
