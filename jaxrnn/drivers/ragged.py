"""Which steps are real: lengths, masks with holes, and resets.

Nothing here multiplies by a mask, because NaN * 0 is NaN: the *input* is selected before a step,
the state and the output after it.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.experimental import checkify

from jaxrnn.treemath import map_numbers, select_or_zero

__all__ = ["check_padding", "hold_last", "reset_steps", "valid_steps"]


def check_padding(owner: str, padding: str) -> str:
    """Return what outputs are in padding: "zero", or "hold" for the last valid one.

    Shapes: none.
    Raises: ValueError for any other word.

        >>> check_padding("scan", "hold")
        'hold'
    """
    if padding not in ("zero", "hold"):
        raise ValueError(f"{owner}: padding should be 'zero' or 'hold', got {padding!r}")
    return padding


def _as_lengths(owner: str, lengths: Any, steps: int, batch: tuple[int, ...]) -> Array:
    """Check lengths `[*batch]` and return them as int32 in [0, T]."""
    lengths = _as_array(owner, "lengths should be integers [B]", lengths)
    if lengths.dtype == np.bool_:
        raise TypeError(f"{owner}: lengths should be integers [B], got bool; did you mean mask=?")
    if not jnp.issubdtype(lengths.dtype, jnp.integer):
        raise TypeError(
            f"{owner}: lengths should be integers [B], got {lengths.dtype}. Convert with "
            "lengths.astype('int32')."
        )
    if lengths.ndim != len(batch):
        kind = "a vector [B]" if len(batch) == 1 else f"of shape {batch}"
        raise ValueError(f"{owner}: lengths must be {kind}, got shape {lengths.shape}.")
    if lengths.shape != batch:
        size = batch[0] if len(batch) == 1 else batch
        got = lengths.shape[0] if len(batch) == 1 else lengths.shape
        raise ValueError(
            f"{owner}: Expected `len(lengths)` to be equal to batch_size, but got {got} "
            f"(batch_size={size})."
        )
    message = f"{owner}: lengths must be >= 0 and <= T={steps}, got "
    if not isinstance(lengths, Tracer):
        values = np.asarray(lengths).reshape(-1)
        bad = np.flatnonzero((values < 0) | (values > steps))
        if bad.size:
            raise ValueError(f"{message}{values[bad[0]]} at index {bad[0]}.")
    lengths = jnp.asarray(lengths)
    if jnp.iinfo(lengths.dtype).bits < 32:
        lengths = lengths.astype(jnp.int32)  # uint8(0) - 1 would be 255
    if isinstance(lengths, Tracer) and lengths.size:
        wrong = (lengths < 0) | (lengths > steps)
        index = jnp.argmax(wrong.reshape(-1))
        # a no-op unless the caller runs under checkify, where the message survives jit
        checkify.debug_check(
            ~jnp.any(wrong), message + "{value} at index {index}.",
            value=lengths.reshape(-1)[index], index=index,
        )  # fmt: skip
    return jnp.clip(lengths, 0, steps).astype(jnp.int32)


def _as_array(owner: str, expected: str, value: Any) -> Any:
    """Return anything that NumPy reads as one array, a torch tensor included; JAX's stay."""
    if isinstance(value, Array | np.ndarray):
        return value
    try:
        return np.asarray(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"{owner}: {expected}, got {type(value).__name__} that is no array: {value!r}."
        ) from None


def _as_flags(owner: str, name: str, flags: Any, shape: tuple[int, ...]) -> Array:
    """Check a bool array `[T, *batch]`."""
    flags = _as_array(owner, f"{name} should be bool [T, B]", flags)
    if flags.dtype != np.bool_:
        raise TypeError(
            f"{owner}: {name} should be bool [T, B], got {flags.dtype}. Convert with "
            f"{name}.astype(bool)."
        )
    if flags.shape != shape:
        raise ValueError(f"{owner}: {name} should have shape [T, B] = {shape}, got {flags.shape}.")
    return jnp.asarray(flags)


def valid_steps(
    owner: str, lengths: Any, mask: Any, steps: int, batch: tuple[int, ...]
) -> Array | None:
    """Return which steps are real, or None if all of them are.

    Shapes: lengths `[*batch]`, any integer dtype; mask bool `[T, *batch]`; result `[T, *batch]`.
    Raises: ValueError for wrong shapes and concrete lengths outside [0, T] (traced ones are
    clamped, and reported under `checkify`); TypeError for wrong dtypes.

        >>> print(valid_steps("scan", np.array([2, 0]), None, 3, (2,)).astype(int))
        [[1 0]
         [1 0]
         [0 0]]
    """
    valid = None
    if lengths is not None:
        lengths = _as_lengths(owner, lengths, steps, batch)
        index = jnp.arange(steps, dtype=jnp.int32).reshape((steps,) + (1,) * len(batch))
        valid = index < lengths
    if mask is not None:
        mask = _as_flags(owner, "mask", mask, (steps, *batch))
        valid = mask if valid is None else valid & mask
    return valid


def reset_steps(
    owner: str, resets: Any, valid: Array | None, steps: int, batch: tuple[int, ...], reverse: bool
) -> Array | None:
    """Return before which steps, in the direction of travel, the state starts anew.

    `resets[t]` marks the first step of a segment in input order. Forward the state starts anew
    before step t, reverse before step t-1. A mark on a step that isn't valid does nothing.

    Shapes: resets bool `[T, *batch]`, result the same.
    Raises: ValueError for a wrong shape; TypeError for another dtype than bool.

        >>> marks = np.array([False, True, False])
        >>> print(reset_steps("scan", marks, None, 3, (), reverse=True))
        [ True False False]
    """
    if resets is None:
        return None
    resets = _as_flags(owner, "resets", resets, (steps, *batch))
    if valid is not None:
        resets = resets & valid
    if reverse:
        resets = jnp.concatenate([resets[1:], jnp.zeros_like(resets[:1])])
    return resets


def hold_last(ys: Any, valid: Array, reverse: bool) -> Any:
    """Repeat the last valid output over the steps that aren't valid; 0 before the first.

    Shapes: ys leaves `[T, *batch, ...]`; valid `[T, *batch]`; result as ys.

        >>> ys = jnp.array([0.0, 5.0, 0.0])
        >>> print(hold_last(ys, jnp.array([False, True, False]), reverse=False))
        [0. 5. 5.]
    """
    steps = valid.shape[0]
    index = jnp.arange(steps, dtype=jnp.int32).reshape((steps,) + (1,) * (valid.ndim - 1))
    if reverse:
        last = jax.lax.cummin(jnp.where(valid, index, steps), axis=0, reverse=True)
    else:
        last = jax.lax.cummax(jnp.where(valid, index, -1), axis=0)
    exists = (last >= 0) & (last < steps)
    source = jnp.clip(last, 0, max(steps - 1, 0))

    def gather(leaf: Array) -> Array:
        at = source.reshape(source.shape + (1,) * (leaf.ndim - source.ndim))
        return jnp.take_along_axis(leaf, at, axis=0)

    return select_or_zero(exists, map_numbers(gather, ys))
