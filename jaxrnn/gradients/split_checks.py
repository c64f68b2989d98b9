"""Which cells a forward trace fits: found out from the cell's own functions, never from its name.

The functions are tried once on stand-in numbers while a method is set up; nothing of it is left in
the compiled program.
"""

import functools
from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.arrays import describe
from jaxrnn.cell import SplitCell
from jaxrnn.gradients.watch import has_matrix
from jaxrnn.numerics import matmul
from jaxrnn.treemath import split_floats

__all__ = ["check_split", "refuse", "structs", "tried"]


def refuse(owner: str, why: str, cell: Any, instead: str) -> TypeError:
    """Return the error for a cell that a method does not fit.

    Shapes: none.

        >>> print(refuse("eprop", "needs recur and update of the cell", 3, "bptt()"))
        eprop: needs recur and update of the cell, which 3 does not give. Use bptt().
    """
    return TypeError(f"{owner}: {why}, which {cell!r} does not give. Use {instead}.")


def check_split(owner: str, cell: Any, params: Any, state: Any, instead: str) -> None:
    """Check that the matrices of a cell act where they are looked for.

        project(x) = x @ w_x + what does not depend on w_x
        recur(s) = (a part of s, times a constant) @ w_h,  if w_h is a matrix

    Shapes: w_x `[D, G*H]`; w_h `[H, G*H]`.
    Raises: TypeError naming the method, the cell, why, and what to use `instead`.

        >>> from jaxrnn import GRU
        >>> params = GRU(2).init(jax.random.key(0), 3)
        >>> check_split("eprop", GRU(2), params, GRU(2).init_state(params), "bptt()")
    """
    if not isinstance(cell, SplitCell):
        raise refuse(
            owner, "needs recur and update of the cell, to tell matrices from the rest", cell,
            instead,
        )  # fmt: skip
    if not hasattr(params, "_replace") or not has_matrix(params, "w_x"):
        raise refuse(
            owner, f"needs params with a matrix w_x [D, G*H] (got {describe(params)})", cell,
            instead,
        )  # fmt: skip
    if not _acts_as_matrices(cell, structs((params, state))):
        raise refuse(
            owner, "needs project(x) = x @ w_x + b and recur(h) = h @ w_h, nothing in between",
            cell, instead,
        )  # fmt: skip


def structs(tree: Any) -> Any:
    """Return shapes and dtypes in place of arrays, in a form that can be hashed.

    Shapes: unchanged.

        >>> structs((jnp.ones(2),))
        ((ShapeDtypeStruct(shape=(2,), dtype=float32),), PyTreeDef((*,)))
    """
    leaves, structure = jax.tree.flatten(tree)
    return tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in leaves), structure


def tried(function: Callable[..., Array], shapes: Any) -> Any:
    """Return `function(*tree)` at stand-in numbers for the tree of `structs`, also under a trace.

    Shapes: those of `structs`.

        >>> tried(lambda a, b: (a != b).all(), structs((jnp.zeros(3), jnp.zeros(3))))
        array(True)
    """
    leaves, structure = shapes
    generator = np.random.default_rng(0)
    tree = structure.unflatten([np.zeros(a.shape, a.dtype) for a in leaves])
    floats, join = split_floats(tree)
    numbers: Any = join(cast(Any, [generator.normal(size=a.shape).astype(a.dtype) for a in floats]))
    # compiled ahead of the call: an outer trace would otherwise take it up
    with jax.disable_jit(False):
        return np.asarray(jax.jit(function).lower(*numbers).compile()(*numbers))


@functools.lru_cache(maxsize=256)
def _acts_as_matrices(cell: SplitCell, shapes: Any) -> bool:
    return bool(tried(functools.partial(_linear, cell), shapes))


def _linear(cell: SplitCell, params: Any, state: Any) -> Array:
    """Tell whether u and r change with the matrices as the products do."""
    x = jnp.linspace(-1, 2, params.w_x.shape[0]).astype(params.w_x.dtype)
    move = _reversed(params.w_x)
    u = _change(lambda w: cell.project(params._replace(w_x=w), x), params.w_x, move)
    fits = _near(u, matmul(x, move))
    if not has_matrix(params, "w_h"):
        return fits
    w_h = params.w_h
    if w_h.shape[0] > w_h.shape[1]:
        return jnp.array(False)
    h = cell.recur(params._replace(w_h=jnp.eye(*w_h.shape, dtype=w_h.dtype)), state)
    move = _reversed(w_h)
    r = _change(lambda w: cell.recur(params._replace(w_h=w), state), w_h, move)
    return fits & _near(r, matmul(h[..., : w_h.shape[0]], move))


def _reversed(w: Array) -> Array:
    return w[::-1, ::-1]  # another matrix of that size, without drawing one


def _change(function: Any, at: Array, move: Array) -> Array:
    return jax.jvp(function, (at,), (move,))[1]


def _near(a: Array, b: Array) -> Array:
    # far above the rounding of bfloat16, far below what another map would give
    if a.shape != b.shape:
        return jnp.array(False)
    return jnp.linalg.norm((a - b).ravel()) <= 0.05 * jnp.linalg.norm(b.ravel())
