"""Recurrent matrices that are exactly orthogonal, for as long as they are trained."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.checks import as_cell
from jaxrnn.numerics import state_dtype
from jaxrnn.treemath import split_floats

__all__ = ["OrthogonalCayley", "OrthogonalExponential", "OrthogonalParams"]


class OrthogonalParams(NamedTuple):
    """Params of a cell whose recurrent matrix is made from a skew-symmetric one."""

    cell: Any  # the cell's own, w_h left out
    skew: Array  # [G, H * (H - 1) / 2], what stands above the diagonal of A


class _Orthogonal(abc.ABC):
    """What both maps share: params without w_h, and the cell with a w_h made from them."""

    cell: Cell

    def __post_init__(self) -> None:
        as_cell(type(self).__name__, self.cell)

    @abc.abstractmethod
    def _angles(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draw the angles of rotation that the matrix starts with."""

    @abc.abstractmethod
    def _entries(self, angles: Array) -> Array:
        """Return what A holds beside the diagonal, for rotations by these angles."""

    @abc.abstractmethod
    def _matrix(self, a: Array) -> Array:
        """Map skew-symmetric `[..., H, H]` to orthogonal `[..., H, H]`."""

    def init(self, key: Array, input_size: int) -> OrthogonalParams:
        """Draw the cell's params, and a rotation by random angles for each gate."""
        cell_key, skew_key = jax.random.split(key)
        params = self.cell.init(cell_key, input_size)
        name, w_h = type(self).__name__, getattr(params, "w_h", None)
        if w_h is None or not _has_square_blocks(w_h, self.cell.init_state(params)):
            raise TypeError(
                f"{name}: the params of {self.cell!r} should have a recurrent matrix w_h "
                f"[H, G*H], got {'none' if w_h is None else list(w_h.shape)}. Put {name} directly "
                "around a recurrent cell without projection."
            )
        size, gates = w_h.shape[0], w_h.shape[1] // w_h.shape[0]
        angles = self._angles(skew_key, (gates, size // 2), state_dtype(w_h.dtype))
        a = jnp.zeros((gates, size, size), angles.dtype)
        first = 2 * jnp.arange(size // 2)
        a = a.at[:, first, first + 1].set(self._entries(angles))
        skew = a[:, *jnp.triu_indices(size, 1)].astype(w_h.dtype)
        return OrthogonalParams(params._replace(w_h=None), skew)

    def resolve(self, params: OrthogonalParams) -> tuple[Cell, Any]:
        """Return the cell and its params with w_h `[H, G*H]`, each block orthogonal."""
        skew = params.skew.astype(state_dtype(params.skew.dtype))
        size = round((1 + (1 + 8 * skew.shape[-1]) ** 0.5) / 2)
        a = jnp.zeros((*skew.shape[:-1], size, size), skew.dtype)
        a = a.at[..., *jnp.triu_indices(size, 1)].set(skew)
        blocks = self._matrix(a - a.mT)
        w_h = jnp.concatenate(list(blocks), -1).astype(params.skew.dtype)
        return self.cell, params.cell._replace(w_h=w_h)

    def init_state(self, params: OrthogonalParams, batch: int | Sequence[int] = ()) -> Any:
        """Return the cell's first state."""
        cell, inner = self.resolve(params)
        return cell.init_state(inner, batch)

    def project(self, params: OrthogonalParams, x: Array) -> Any:
        """Return the cell's u."""
        return self.cell.project(params.cell, x)

    def step(self, params: OrthogonalParams, state: Any, u: Any) -> tuple[Any, Any]:
        """Advance one step."""
        cell, inner = self.resolve(params)
        return cell.step(inner, state, u)


def _has_square_blocks(w_h: Array, state: Any) -> bool:
    """Tell whether w_h is `[H, G*H]`; with a projection it is `[P, G*H]`, and h narrower than c."""
    if w_h.ndim != 2 or w_h.shape[1] % w_h.shape[0]:
        return False
    return all(leaf.shape[-1] == w_h.shape[0] for leaf in split_floats(state)[0])


@dataclasses.dataclass(frozen=True)
class OrthogonalCayley(_Orthogonal):
    """Recurrent matrix by Cayley's map of a skew-symmetric one: always orthogonal.

        A = skew - skew^T,   w_h = (I + A)^-1 (I - A),   one for each gate
        state, y = cell.step(state, u)                   with this w_h

    Gradients neither vanish nor explode through w_h, whatever the training does; an activation
    still shrinks them. Reaches every rotation without the eigenvalue -1. The map is done once in a
    run: see `resolve`. It starts with rotations by angles uniform on [0, pi / 2].
    Source: Helfrich, Willmott and Ye (2018), arXiv:1707.09520, without their fixed signs.
    Fields: cell, one whose params have a w_h `[H, G*H]`. State and y are the cell's.
    Shapes: skew `[G, H * (H - 1) / 2]`; the others the cell's.
    Raises: TypeError in `init` if the cell has no such w_h.

        >>> from jaxrnn import Elman
        >>> cell = OrthogonalCayley(Elman(3))
        >>> elman, params = cell.resolve(cell.init(jax.random.key(0), 2))
        >>> bool(abs(params.w_h @ params.w_h.T - jnp.eye(3)).max() < 1e-6)
        True
    """

    cell: Cell

    def _angles(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        return jax.random.uniform(key, shape, dtype, 0, jnp.pi / 2)

    def _entries(self, angles: Array) -> Array:
        return jnp.tan(angles / 2)

    def _matrix(self, a: Array) -> Array:
        eye = jnp.eye(a.shape[-1], dtype=a.dtype)
        return jnp.linalg.solve(eye + a, eye - a)


@dataclasses.dataclass(frozen=True)
class OrthogonalExponential(_Orthogonal):
    """Recurrent matrix by the exponential of a skew-symmetric one: always orthogonal.

        A = skew - skew^T,   w_h = exp(A) = I + A + A A / 2 + ...,   one for each gate
        state, y = cell.step(state, u)                               with this w_h

    As `OrthogonalCayley`, but every rotation is reached, at some more work. It starts with
    rotations by angles uniform on [-pi, pi].
    Source: Lezcano-Casado and Martinez-Rubio (2019), arXiv:1901.08428; the start is that of Henaff,
    Szlam and LeCun (2016), arXiv:1602.06662.
    Fields: cell, one whose params have a w_h `[H, G*H]`. State and y are the cell's.
    Shapes: skew `[G, H * (H - 1) / 2]`; the others the cell's.
    Raises: TypeError in `init` if the cell has no such w_h.

        >>> from jaxrnn import Elman
        >>> cell = OrthogonalExponential(Elman(3))
        >>> elman, params = cell.resolve(cell.init(jax.random.key(0), 2))
        >>> bool(abs(params.w_h @ params.w_h.T - jnp.eye(3)).max() < 1e-6)
        True
    """

    cell: Cell

    def _angles(self, key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
        return jax.random.uniform(key, shape, dtype, -jnp.pi, jnp.pi)

    def _entries(self, angles: Array) -> Array:
        return angles

    def _matrix(self, a: Array) -> Array:
        return jax.scipy.linalg.expm(a)
