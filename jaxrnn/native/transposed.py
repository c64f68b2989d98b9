"""A linear map that is known by its transpose alone: reverse mode works, forward mode is refused.

The tangent of a compiled sequence would need a kernel of its own. So the tangent is a primitive
that can be traced and transposed, which is all that reverse mode asks for, but not evaluated.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

__all__ = ["linear"]

Transpose = Callable[[Sequence[Array], Sequence[Array]], Sequence[Array]]

REFUSED = (
    "jaxrnn.native: the compiled engine has no forward mode (jvp, jacfwd, linearize, hessian): "
    "ask for engine=scan there. Reverse mode (grad, vjp, jacrev) works on it, twice too."
)

_linear = Primitive("jaxrnn_transposed_only")
_linear.multiple_results = True


def linear(
    transpose: Transpose,
    residuals: Sequence[Array],
    tangents: Sequence[Array],
    like: Sequence[Array],
) -> list[Array]:
    """Return what a linear map makes of `tangents`, known only by its `transpose`.

    Shapes: the result as `like`; `transpose(residuals, cotangents)` returns arrays as `tangents`.
    Args:
        transpose: hashable; it says what the cotangents of `like` are to `tangents`.
        residuals: arrays that `transpose` needs.
        tangents: what the map is applied to.
        like: arrays of the shapes and dtypes of the result.
    Raises: TypeError naming `engine=scan`, when the result is evaluated or compiled.

        >>> def twice(residuals, cotangents):
        ...     return [2.0 * c for c in cotangents]
        >>> f = lambda x: linear(twice, [], [x], [x])[0]
        >>> float(jax.linear_transpose(f, 1.0)(3.0)[0])
        6.0
    """
    if not tangents:
        return [jnp.zeros_like(a) for a in like]
    avals = tuple(jax.typeof(a) for a in like)
    return _linear.bind(
        *residuals, *tangents, transpose=transpose, count=len(residuals), avals=avals
    )


def _refuse(*_: Any, **__: Any) -> Any:
    raise TypeError(REFUSED)


def _transposed(cotangents: Any, *operands: Any, transpose: Any, count: int, avals: Any) -> Any:
    filled = [
        jnp.zeros(a.shape, a.dtype) if type(c) is ad.Zero else c
        for c, a in zip(cotangents, avals, strict=True)
    ]
    return [None] * count + list(transpose(operands[:count], filled))


@dataclasses.dataclass(frozen=True)
class _Mapped:
    """A transpose over one more axis, that of `jax.vmap`."""

    transpose: Any
    axes: tuple[int | None, ...]

    def __call__(self, residuals: Sequence[Array], cotangents: Sequence[Array]) -> Any:
        return jax.vmap(self.transpose, in_axes=(list(self.axes), 0))(
            list(residuals), list(cotangents)
        )


def _batched(operands: Any, axes: Any, *, transpose: Any, count: int, avals: Any) -> Any:
    size = next(a.shape[i] for a, i in zip(operands, axes, strict=True) if i is not None)
    tangents = [
        jnp.broadcast_to(a, (size, *a.shape)) if i is None else jnp.moveaxis(a, i, 0)
        for a, i in zip(operands[count:], axes[count:], strict=True)
    ]
    out = _linear.bind(
        *operands[:count], *tangents, transpose=_Mapped(transpose, tuple(axes[:count])),
        count=count, avals=tuple(a.update(shape=(size, *a.shape)) for a in avals),
    )  # fmt: skip
    return out, [0] * len(out)


_linear.def_impl(_refuse)
_linear.def_abstract_eval(lambda *_, avals, **__: list(avals))
mlir.register_lowering(_linear, _refuse)
ad.primitive_jvps[_linear] = _refuse
ad.primitive_transposes[_linear] = _transposed
batching.primitive_batchers[_linear] = _batched
