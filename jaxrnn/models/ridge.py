"""Ridge regression: the readout of a recurrent network in closed form, at once or in chunks."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_number, as_positive_int
from jaxrnn.models.output import OutputParams
from jaxrnn.numerics import state_dtype

__all__ = [
    "Moments", "add_moments", "as_pairs", "as_penalty", "check_fits", "ridge", "solve_ridge",
    "start_moments",
]  # fmt: skip


class Moments(NamedTuple):
    """All that a ridge regression needs to know of its data: sums over the steps so far."""

    steps: Array  # []
    h_mean: Array  # [H]
    y_mean: Array  # [O]
    hh: Array  # [H, H], of (h - h_mean) (h - h_mean)
    hy: Array  # [H, O], of (h - h_mean) (y - y_mean)


def as_pairs(owner: str, hs: Any, ys: Any) -> tuple[Array, Array]:
    """Return states and targets as rows of one floating dtype, float32 or wider.

    Shapes: hs `[T, *batch, H]` and ys `[T, *batch, O]` to `[N, H]` and `[N, O]`.
    Raises: ValueError if their leading axes differ or there are none; TypeError for other dtypes.

        >>> hs, ys = as_pairs("ridge", jnp.ones((4, 2, 3)), jnp.ones((4, 2, 1)))
        >>> hs.shape, ys.shape
        ((8, 3), (8, 1))
    """
    hs, ys = jnp.asarray(hs), jnp.asarray(ys)
    if hs.ndim < 2 or ys.ndim < 2 or hs.shape[:-1] != ys.shape[:-1]:
        raise ValueError(
            f"{owner}: expected states hs [T, *batch, H] and targets ys [T, *batch, O] of the same "
            f"steps, got {hs.shape} and {ys.shape}. Leave the washout out of both; a target of one "
            "number is ys[..., None]."
        )
    if not jnp.issubdtype(hs.dtype, jnp.floating) or hs.dtype != ys.dtype:
        raise TypeError(
            f"{owner}: hs and ys should have one floating dtype, got {hs.dtype} and {ys.dtype}. "
            "Convert with astype."
        )
    wide = state_dtype(hs.dtype)
    return hs.reshape(-1, hs.shape[-1]).astype(wide), ys.reshape(-1, ys.shape[-1]).astype(wide)


def as_penalty(owner: str, penalty: Any) -> Any:
    """Return a penalty that is at least 0; arrays pass, so that it may be traced.

    Shapes: `[]`.
    Raises: TypeError if it is no number; ValueError if it is below 0 or not finite.

        >>> as_penalty("ridge", 1e-6)
        1e-06
    """
    if isinstance(penalty, Array):
        return penalty
    number = as_number(owner, "penalty", penalty)
    if number < 0:
        raise ValueError(f"{owner}: penalty must be at least 0, got {number}.")
    return number


def check_fits(owner: str, w: Array, hs: Array, ys: Array) -> None:
    """Check that rows of data fit what was made for H and O; `owner` says what that is.

    Shapes: w `[H, O]`; hs `[N, H]`; ys `[N, O]`.
    Raises: ValueError for other sizes; TypeError for another dtype.

        >>> check_fits("rls: the state is", jnp.ones((3, 1)), jnp.ones((8, 3)), jnp.ones((8, 1)))
    """
    got = f"hs {hs.dtype}{list(hs.shape)} and ys {ys.dtype}{list(ys.shape)}"
    if (hs.shape[1], ys.shape[1]) != w.shape:
        raise ValueError(f"{owner} for H={w.shape[0]} and O={w.shape[1]}, got {got}.")
    if hs.dtype != w.dtype:
        raise TypeError(f"{owner} {w.dtype}, got {got}. Convert one with astype.")


def ridge(hs: Array, ys: Array, penalty: float | Array = 1e-6) -> OutputParams:
    """Fit an `Output` layer to states and targets in closed form.

        w_hy, b_y = argmin  sum |h @ w_hy + b_y - y|^2 + penalty * |w_hy|^2

    The intercept b_y is not penalised. Singular values of the states decide, not their squares: the
    relative error is of the order of the condition of the states times the machine epsilon, and
    what is below `max(N, H) * epsilon` times the largest counts as zero, as in `lstsq`. States of a
    reservoir are ill conditioned: set JAX_ENABLE_X64=1 for small penalties. For several penalties,
    `jax.vmap(ridge, (None, None, 0))` decomposes once.
    Source: Hoerl and Kennard (1970), Technometrics 12.
    Shapes: hs `[T, *batch, H]`, without washout; ys `[T, *batch, O]`; penalty `[]`; w_hy `[H, O]`;
    b_y `[O]`, in the dtype of hs, but at least float32.
    Raises: ValueError for shapes that don't belong together or `penalty < 0`; TypeError for dtypes
    that differ.

        >>> hs = jnp.array([[0.0], [1.0], [2.0]])
        >>> params = ridge(hs, 3 * hs + 1, 0.0)
        >>> params.w_hy.tolist(), params.b_y.tolist()
        ([[3.0]], [1.0])
    """
    hs, ys = as_pairs("ridge", hs, ys)
    if not len(hs):
        raise ValueError(
            f"ridge: hs should have at least one step, got none, {list(hs.shape)}. Is the washout "
            "longer than the data?"
        )
    return _ridge(hs, ys, as_penalty("ridge", penalty))


@jax.jit
def _ridge(hs: Array, ys: Array, penalty: Any) -> OutputParams:
    h_mean, y_mean = hs.mean(0), ys.mean(0)
    u, s, vt = jnp.linalg.svd(hs - h_mean, full_matrices=False)
    kept = s > max(hs.shape) * jnp.finfo(s.dtype).eps * s[0]
    factors = jnp.where(kept, s / jnp.where(kept, s * s + penalty, 1), 0)
    w_hy = vt.T @ (factors[:, None] * (u.T @ (ys - y_mean)))
    return OutputParams(w_hy, y_mean - h_mean @ w_hy)


def start_moments(width: int, size: int) -> Moments:
    """Return the moments of no data, for H = width and O = size, in JAX's default dtype.

    Shapes: as `Moments`.
    Raises: TypeError or ValueError if a size is no positive int.

        >>> start_moments(3, 1).hh.shape
        (3, 3)
    """
    width = as_positive_int("start_moments", "width", width)
    size = as_positive_int("start_moments", "size", size)
    shapes = ((), (width,), (size,), (width, width), (width, size))
    return Moments(*map(jnp.zeros, shapes))


def add_moments(moments: Moments, hs: Array, ys: Array) -> Moments:
    """Add a chunk of data: memory does not grow with the data.

    Means move with the data and sums stay centred, so a large mean costs no digits.
    Source: Chan, Golub and LeVeque (1983), The American Statistician 37, equation 2.1.
    Shapes: hs `[T, *batch, H]`, ys `[T, *batch, O]`; T may change from chunk to chunk.
    Raises: ValueError for shapes that don't belong together; TypeError for dtypes that differ.

        >>> hs = jnp.array([[0.0], [1.0], [2.0]])
        >>> moments = add_moments(start_moments(1, 1), hs[:1], hs[:1])
        >>> moments = add_moments(moments, hs[1:], hs[1:])
        >>> float(moments.h_mean[0]), float(moments.hh[0, 0])
        (1.0, 2.0)
    """
    hs, ys = as_pairs("add_moments", hs, ys)
    check_fits("add_moments: the moments are", moments.hy, hs, ys)
    return _add_moments(moments, hs, ys)


@jax.jit
def _add_moments(moments: Moments, hs: Array, ys: Array) -> Moments:
    if not len(hs):
        return moments
    new, steps = len(hs), moments.steps + len(hs)
    h_mean, y_mean = hs.mean(0), ys.mean(0)
    h_move, y_move = h_mean - moments.h_mean, y_mean - moments.y_mean
    h, y = hs - h_mean, ys - y_mean
    share = new / steps
    weight = moments.steps * share
    return Moments(
        steps,
        moments.h_mean + share * h_move,
        moments.y_mean + share * y_move,
        moments.hh + h.T @ h + weight * jnp.outer(h_move, h_move),
        moments.hy + h.T @ y + weight * jnp.outer(h_move, y_move),
    )


def solve_ridge(moments: Moments, penalty: float | Array = 1e-6) -> OutputParams:
    """Fit an `Output` layer to the data of which the moments are known (normal equations).

    The solution of `ridge`, but squares of singular values lose half of the digits: directions in
    which states vary less than `sqrt(H * epsilon)` times the largest are noise, and count as zero:
    with H = 100 that is 3e-3 in float32 and 1.5e-7 in float64.
    Shapes: penalty `[]`; w_hy `[H, O]`; b_y `[O]`.
    Raises: ValueError for `penalty < 0`; TypeError if it is no number.

        >>> hs = jnp.array([[0.0], [1.0], [2.0]])
        >>> params = solve_ridge(add_moments(start_moments(1, 1), hs, 3 * hs + 1), 0.0)
        >>> params.w_hy.tolist(), params.b_y.tolist()
        ([[3.0]], [1.0])
    """
    return _solve_ridge(moments, as_penalty("solve_ridge", penalty))


@jax.jit
def _solve_ridge(moments: Moments, penalty: Any) -> OutputParams:
    squares, v = jnp.linalg.eigh(moments.hh)
    kept = squares > len(squares) * jnp.finfo(squares.dtype).eps * squares[-1]
    factors = jnp.where(kept, 1 / jnp.where(kept, squares + penalty, 1), 0)
    w_hy = v @ (factors[:, None] * (v.T @ moments.hy))
    return OutputParams(w_hy, moments.y_mean - moments.h_mean @ w_hy)
