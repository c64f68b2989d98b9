"""A whole sequence as one differentiable function, kernels on the way out and on the way back.

First derivatives in reverse mode are compiled. The derivative of the gradients, whatever its mode,
is that of `plain.scan_back`, so it goes through `jax.lax.scan`.
"""

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero

from jaxrnn.native import plain
from jaxrnn.native.call import Call, Flags, Floats, Kept, back, forward
from jaxrnn.native.transposed import linear

__all__ = ["sequence"]


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def sequence(call: Call, floats: Floats, flags: Flags) -> Any:
    """Return ((h, c), ys); c is None for a cell without.

    Shapes: as in `Floats` and `Flags`; h and c `[B, H]`; ys `[T, B, H]`.

        >>> sequence.__name__
        'sequence'
    """
    return forward(call, floats, flags, keep=False)[0]


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _kept(call: Call, floats: Floats, flags: Flags) -> tuple[Any, Kept]:
    """Return what `sequence` returns, and what the way back needs."""
    return forward(call, floats, flags, keep=True)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _gradients(
    call: Call, want_xs: bool, floats: Floats, flags: Flags, kept: Kept, cotangents: Any
) -> Floats:
    """Return the gradients of `floats`: a function of all but `kept`, which only saves work."""
    return back(call, want_xs, floats, flags, kept, cotangents)


@dataclasses.dataclass(frozen=True)
class _Transpose:
    """The way back as `linear` wants it: lists of arrays in and out."""

    call: Call
    asked: tuple[bool, ...]  # which fields of floats
    inside: Any  # the structure of (floats, flags, kept)
    outside: Any  # the structure of ((h, c), ys)

    def __call__(self, residuals: Sequence[Array], cotangents: Sequence[Array]) -> list[Array]:
        floats, flags, kept = jax.tree.unflatten(self.inside, residuals)
        given = jax.tree.unflatten(self.outside, cotangents)
        want_xs = self.asked[Floats._fields.index("xs")]
        got = _gradients(self.call, want_xs, floats, flags, kept, given)
        return [g for g, asked in zip(got, self.asked, strict=True) if asked and g is not None]


def _tangent(call: Call, floats: Floats, flags: Flags, out: Any, kept: Kept, moved: Floats) -> Any:
    """Return the tangent of `out` for the tangents `moved` of `floats`."""
    asked = tuple(a is not None and not isinstance(a, SymbolicZero) for a in moved)
    residuals, inside = jax.tree.flatten((floats, flags, kept))
    like, outside = jax.tree.flatten(out)
    transpose = _Transpose(call, asked, inside, outside)
    tangents: list[Any] = [a for a, wanted in zip(moved, asked, strict=True) if wanted]
    return jax.tree.unflatten(outside, linear(transpose, residuals, tangents, like))


@partial(sequence.defjvp, symbolic_zeros=True)
def _(call: Call, primals: Any, tangents: Any) -> tuple[Any, Any]:
    floats, flags = primals
    out, kept = _kept(call, floats, flags)
    return out, _tangent(call, floats, flags, out, kept, tangents[0])


@partial(_kept.defjvp, symbolic_zeros=True)
def _(call: Call, primals: Any, tangents: Any) -> tuple[Any, Any]:
    floats, flags = primals
    out, kept = _kept(call, floats, flags)
    # what is kept goes to `_gradients` alone, whose derivative does not look at it
    still = jax.tree.map(jnp.zeros_like, kept)
    return (out, kept), (_tangent(call, floats, flags, out, kept, tangents[0]), still)


@_gradients.defjvp
def _(call: Call, want_xs: bool, primals: Any, tangents: Any) -> tuple[Floats, Floats]:
    floats, flags, kept, cotangents = primals
    d_floats, _, _, d_cotangents = tangents
    _, moved = jax.jvp(
        lambda floats, cotangents: plain.scan_back(call, want_xs, floats, flags, cotangents),
        (floats, cotangents),
        (d_floats, d_cotangents),
    )
    return _gradients(call, want_xs, floats, flags, kept, cotangents), moved
