"""One call of the compiled library: what goes in and comes out, alike for every kind of cell."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

__all__ = ["ELMAN", "GRU", "LSTM", "Call", "Flags", "Floats", "Kept", "Kind", "back", "forward"]


class Kind(NamedTuple):
    """What differs between cells."""

    name: str
    gates: int
    kept: int  # arrays [T, B, H] of gates kept for the way back
    has_c: bool


LSTM = Kind("lstm", 4, 4, True)
GRU = Kind("gru", 3, 4, False)
ELMAN = Kind("elman", 1, 0, False)


class Call(NamedTuple):
    """What is static about a call."""

    kind: Kind
    reverse: bool


class Floats(NamedTuple):
    """What has a gradient; None where a cell or a call has no such thing."""

    w_x: Array  # [D, G*H]
    w_h: Array  # [H, G*H]
    b: Array | None  # [G*H]
    b_hn: Array | None  # [H]
    h0: Array  # [B, H]
    c0: Array | None  # [B, H]
    xs: Array | None  # [T, B, D]; None among gradients if nobody asked
    anew_h: Array | None  # [B, H]
    anew_c: Array | None  # [B, H]


class Flags(NamedTuple):
    """Which steps are real, and before which the state starts anew; None for all and for none."""

    valid: Array | None  # bool [T, B]
    starts: Array | None  # bool [T, B]


class Kept(NamedTuple):
    """What the way back needs beside the inputs."""

    ys: Array  # [T, B, H]
    gates: Array  # [T, B, kept*H], or [0]
    cells: Array  # [T, B, H], or [0]


def _nothing(dtype: Any = jnp.float32) -> Array:
    return jnp.zeros((0,), dtype)


def _inputs(floats: Floats, flags: Flags) -> list[Array]:
    """Return the eleven arrays with which every call begins, [0] for what there isn't."""
    f = floats
    order = [f.w_x, f.w_h, f.b, f.b_hn, f.h0, f.c0, f.xs, *flags, f.anew_h, f.anew_c]
    return [
        (_nothing(jnp.bool_) if i in (7, 8) else _nothing()) if a is None else a
        for i, a in enumerate(order)
    ]


def _floats(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, jnp.float32)


def _result(call: Call, suffix: str, shapes: list[Any], arrays: list[Array]) -> list[Array]:
    target = jax.ffi.ffi_call(f"jaxrnn_{call.kind.name}{suffix}", shapes, vmap_method="sequential")
    return list(target(*arrays, reverse=call.reverse))


def forward(call: Call, floats: Floats, flags: Flags, keep: bool) -> tuple[Any, Kept]:
    """Run forward: (((h, c), ys), Kept), c None for a cell without, Kept empty unless `keep`.

    Shapes: as in `Floats`, `Flags` and `Kept`.

        >>> forward.__name__
        'forward'
    """
    kind, xs, h0 = call.kind, floats.xs, floats.h0
    assert xs is not None
    steps, (batch, hidden) = xs.shape[0], h0.shape
    state, nothing = _floats(batch, hidden), _floats(0)
    shapes = [
        state,
        state if kind.has_c else nothing,
        _floats(steps, batch, hidden),
        _floats(steps, batch, kind.kept * hidden) if keep and kind.kept else nothing,
        _floats(steps, batch, hidden) if keep and kind.has_c else nothing,
    ]
    h, c, ys, gates, cells = _result(call, "", shapes, _inputs(floats, flags))
    return ((h, c if kind.has_c else None), ys), Kept(ys, gates, cells)


def back(
    call: Call, want_xs: bool, floats: Floats, flags: Flags, kept: Kept, cotangents: Any
) -> Floats:
    """Run backward: the gradients of `floats`, that of xs None unless wanted.

    Shapes: cotangents ((h, c), ys) as `forward` returns them; gradients as `Floats`.

        >>> back.__name__
        'back'
    """
    (d_h, d_c), d_ys = cotangents
    nothing = _floats(0)

    def like(a: Array | None) -> jax.ShapeDtypeStruct:
        return nothing if a is None else _floats(*a.shape)

    order = Floats._fields
    asked = floats if want_xs else floats._replace(xs=None)
    shapes = [like(getattr(asked, name)) for name in (*order[:6], "anew_h", "anew_c", "xs")]
    arrays = [*_inputs(floats, flags), *kept, d_h, _nothing() if d_c is None else d_c, d_ys]
    w_x, w_h, b, b_hn, h0, c0, anew_h, anew_c, xs = _result(call, "_back", shapes, arrays)
    got = Floats(w_x, w_h, b, b_hn, h0, c0, xs, anew_h, anew_c)
    there: list[Any] = [None if a is None else g for a, g in zip(asked, got, strict=True)]
    return Floats(*there)
