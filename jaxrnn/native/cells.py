"""The three cells of the compiled engine, as functions of a whole sequence."""

from functools import partial

import jax
from jax import Array

from jaxrnn.native import call
from jaxrnn.native.call import Call, Flags, Floats
from jaxrnn.native.library import require
from jaxrnn.native.sequence import sequence

__all__ = ["elman", "gru", "lstm"]

Pair = tuple[Array, Array]


def lstm(
    w_x: Array, w_h: Array, b: Array | None, h0: Array, c0: Array, xs: Array, *,
    valid: Array | None = None, starts: Array | None = None, anew: Pair | None = None,
    reverse: bool = False,
) -> tuple[Pair, Array]:  # fmt: skip
    """Run an `LSTM` without options over a sequence: ((h, c), ys).

    Shapes: w_x `[D, 4H]`, w_h `[H, 4H]`, b `[4H]`, gates i, f, g, o; h0, c0, h, c `[B, H]`;
    xs `[T, B, D]`; ys `[T, B, H]`; valid and starts bool `[T, B]`; anew two arrays `[B, H]`.
    Args:
        w_x, w_h, b, h0, c0, xs: float32. valid: False where the state is held and y is 0.
        starts: True before which step, in the direction of travel, the state becomes `anew`.
        anew: (h, c), needed with `starts`. reverse: from the end to the start.
    Raises: RuntimeError if the engine is absent; XLA's error naming an array of a wrong shape or
        dtype; TypeError naming `engine=scan` in forward mode.

        >>> import jax.numpy as jnp
        >>> from jaxrnn.native import absent
        >>> w, h = jnp.ones((1, 4)), jnp.zeros((1, 1))
        >>> (2, 1, 1) if absent() else lstm(w, w, None, h, h, jnp.ones((2, 1, 1)))[1].shape
        (2, 1, 1)
    """
    h, c = (None, None) if anew is None or starts is None else anew
    floats = Floats(w_x, w_h, b, None, h0, c0, xs, h, c)
    return _run(Call(call.LSTM, reverse), floats, Flags(valid, starts))


def gru(
    w_x: Array, w_h: Array, b: Array | None, b_hn: Array | None, h0: Array, xs: Array, *,
    valid: Array | None = None, starts: Array | None = None, anew: Array | None = None,
    reverse: bool = False,
) -> tuple[Array, Array]:  # fmt: skip
    """Run a `GRU`, reset after the product, over a sequence: (h, ys).

    Shapes: w_x `[D, 3H]`, w_h `[H, 3H]`, b `[3H]`, gates r, z, n; b_hn `[H]`; the rest as in
    `lstm`, anew `[B, H]`.
    Raises: as `lstm`.

        >>> import jax.numpy as jnp
        >>> from jaxrnn.native import absent
        >>> one, h = jnp.ones((1, 3)), jnp.zeros((1, 1))
        >>> (2, 1, 1) if absent() else gru(one, one, None, None, h, jnp.ones((2, 1, 1)))[1].shape
        (2, 1, 1)
    """
    floats = Floats(w_x, w_h, b, b_hn, h0, None, xs, anew if starts is not None else None, None)
    (h, _), ys = _run(Call(call.GRU, reverse), floats, Flags(valid, starts))
    return h, ys


def elman(
    w_x: Array, w_h: Array, b: Array | None, h0: Array, xs: Array, *,
    valid: Array | None = None, starts: Array | None = None, anew: Array | None = None,
    reverse: bool = False,
) -> tuple[Array, Array]:  # fmt: skip
    """Run an `Elman` cell with tanh over a sequence: (h, ys).

    Shapes: w_x `[D, H]`, w_h `[H, H]`, b `[H]`; the rest as in `gru`.
    Raises: as `lstm`.

        >>> import jax.numpy as jnp
        >>> from jaxrnn.native import absent
        >>> one, h = jnp.ones((1, 1)), jnp.zeros((1, 1))
        >>> (2, 1, 1) if absent() else elman(one, one, None, h, jnp.ones((2, 1, 1)))[1].shape
        (2, 1, 1)
    """
    floats = Floats(w_x, w_h, b, None, h0, None, xs, anew if starts is not None else None, None)
    (h, _), ys = _run(Call(call.ELMAN, reverse), floats, Flags(valid, starts))
    return h, ys


def _run(of: Call, floats: Floats, flags: Flags) -> tuple:
    require()
    return _sequence(of, floats, flags)


# jitted so that a second eager call neither traces nor compiles
_sequence = partial(jax.jit, static_argnums=0)(sequence)
