"""What every gated cell does alike: draw its blocks, project its input, start from zero."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import check_features
from jaxrnn.checks import as_batch, as_bool, as_positive_int, check_input_size
from jaxrnn.initializers import Scheme, per_gate
from jaxrnn.numerics import matmul, state_dtype
from jaxrnn.randomness import typed_key

__all__ = ["check_fields", "draw", "project_input", "refuse_projection", "zeros"]


def check_fields(cell: Any, *flags: str) -> None:
    """Check the fields that every cell here has: hidden_size, the initializer, and bool `flags`.

    Shapes: none.
    Raises: TypeError or ValueError naming the cell and the field.

        >>> from jaxrnn import LSTM
        >>> check_fields(LSTM(3), "bias")
    """
    name = type(cell).__name__
    size = as_positive_int(name, "hidden_size", cell.hidden_size)
    object.__setattr__(cell, "hidden_size", size)  # NumPy's ints become Python's
    for flag in flags:
        as_bool(name, flag, getattr(cell, flag))
    if not isinstance(cell.initializer, Scheme):
        raise TypeError(
            f"{name}: initializer should be a Scheme, got: {type(cell.initializer).__name__}. "
            "Take one from jaxrnn.initializers, such as ORTHOGONAL or TORCH."
        )


def draw(
    owner: str, scheme: Scheme, key: Array, input_size: int, gates: str, hidden: int, bias: bool,
    *, width: int | None = None,
) -> tuple[Array, Array, Array | None]:  # fmt: skip
    """Draw (w_x, w_h, b) for `gates`; `width` is that of h, if it isn't H.

    Shapes: w_x `[D, G*H]`; w_h `[width, G*H]`; b `[G*H]`, or None.
    Raises: TypeError or ValueError if `input_size` is no positive int or `key` no key.

        >>> w_x, w_h, b = draw("LSTM", Scheme(), jax.random.key(0), 3, "ifgo", 2, True)
        >>> w_x.shape, w_h.shape, b.shape
        ((3, 8), (2, 8), (8,))
    """
    size = check_input_size(f"{owner}.init", input_size)
    k_x, k_h, k_b = jax.random.split(typed_key(key, f"{owner}.init: key"), 3)
    w_x = per_gate(scheme.kernel, k_x, size, gates, hidden)
    w_h = per_gate(scheme.recurrent, k_h, width or hidden, gates, hidden)
    return w_x, w_h, scheme.bias(k_b, gates, hidden, w_x.dtype) if bias else None


def project_input(owner: str, x: Array, w_x: Array, b: Array | None) -> Array:
    """Return `u = x @ w_x + b`, in at least float32.

    Shapes: x `[..., D]`; w_x `[D, G*H]`; b `[G*H]`; u `[..., G*H]`.
    Raises: as `jaxrnn.checks.check_features`.

        >>> print(project_input("Elman", jnp.ones(2), jnp.ones((2, 1)), None))
        [2.]
    """
    check_features(f"{owner}.project", x, w_x)
    u = matmul(x, w_x)
    return u if b is None else u + b.astype(u.dtype)


def zeros(w_h: Array, batch: int | Sequence[int], width: int) -> Array:
    """Return a zero leaf of a state, in at least float32.

    Shapes: result `[*batch, width]`.

        >>> zeros(jnp.ones((2, 2), jnp.bfloat16), 3, 2).dtype
        dtype('float32')
    """
    return jnp.zeros((*as_batch(batch), width), state_dtype(w_h.dtype))


def refuse_projection(owner: str, proj_size: int) -> None:
    """Refuse a projection on a cell that has none (torch's constructors take one everywhere).

    Shapes: none.
    Raises: ValueError unless `proj_size` is 0.

        >>> refuse_projection("GRU", 0)
    """
    if proj_size != 0:
        raise ValueError(
            f"{owner}: proj_size={proj_size}, but only LSTM has a projection. Use LSTM, or leave "
            "proj_size out."
        )
