"""Many short sequences in one row, with a reset where each begins: hardly any padding."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.checks import as_positive_int

__all__ = ["Packed", "pack", "packed_rows", "unpack"]


class Packed(NamedTuple):
    """Sequences laid end to end in R rows of T steps, made by `pack`."""

    xs: np.ndarray  # [T, R, ...], zeros in padding
    resets: np.ndarray  # bool [T, R], True at the first step of each sequence
    mask: np.ndarray  # bool [T, R], False in padding
    source: np.ndarray  # int32 [T, R], the index of the sequence, -1 in padding


def pack(sequences: Sequence[Any], steps: int) -> Packed:
    """Lay sequences end to end in as few rows of T steps as first-fit decreasing finds.

        the longest first; each goes into the first row that has room for it

    `scan(cell, params, None, packed.xs, mask=packed.mask, resets=packed.resets)` gives each
    sequence what it gives it alone, and `unpack` takes the outputs apart. The places depend on the
    lengths only: targets packed in the same way stand beside their inputs.

    Source: Johnson (1973), Near-optimal bin packing algorithms; at most 11/9 of the fewest rows and
    6/9 of a row more, Dosa (2007).
    Shapes: sequences `[t_i, ...]`, t_i from 1 to T, of one dtype and equal other axes.
    Args: steps T, of a row.
    Raises: ValueError for no sequences, an empty one, one longer than T, or different dtypes or
        other axes.

        >>> packed = pack([np.array([1, 2]), np.array([3, 4, 5]), np.array([6])], steps=4)
        >>> packed.xs.T.tolist(), packed.source.T.tolist()
        ([[3, 4, 5, 6], [1, 2, 0, 0]], [[1, 1, 1, 2], [0, 0, -1, -1]])
        >>> packed.resets.T.astype(int).tolist()
        [[1, 0, 0, 1], [1, 0, 0, 0]]
    """
    steps = as_positive_int("pack", "steps", steps)
    arrays = [np.asarray(sequence) for sequence in sequences]
    _check(arrays, steps)
    rows, starts = _first_fit([len(array) for array in arrays], steps)
    shape = (steps, max(rows) + 1)
    xs = np.zeros((*shape, *arrays[0].shape[1:]), arrays[0].dtype)
    resets, source = np.zeros(shape, bool), np.full(shape, -1, np.int32)
    for place, (array, row, start) in enumerate(zip(arrays, rows, starts, strict=True)):
        xs[start : start + len(array), row] = array
        source[start : start + len(array), row] = place
        resets[start, row] = True
    return Packed(xs, resets, source >= 0, source)


def _check(arrays: list[np.ndarray], steps: int) -> None:
    if not arrays:
        raise ValueError("pack: sequences is empty, expected a list of arrays [t_i, ...].")
    first = arrays[0]
    for place, array in enumerate(arrays):
        if array.ndim == 0 or array.shape[1:] != first.shape[1:] or array.dtype != first.dtype:
            raise ValueError(
                "pack: sequences should be arrays [t_i, ...] of one dtype and equal other axes, "
                f"got {first.dtype}{list(first.shape)} at index 0 and {array.dtype}"
                f"{list(array.shape)} at index {place}."
            )
        if not 1 <= len(array) <= steps:
            hint = "Leave it out." if len(array) == 0 else "Cut it, or take longer rows."
            raise ValueError(
                f"pack: the sequence at index {place} has {len(array)} steps, expected 1 to "
                f"steps={steps}. {hint}"
            )


def _first_fit(lengths: list[int], steps: int) -> tuple[list[int], list[int]]:
    """Return the row and the first step of each sequence."""
    used = np.zeros(len(lengths), np.int64)  # at most a row for each
    rows, starts, opened = [0] * len(lengths), [0] * len(lengths), 0
    for place in np.argsort(-np.array(lengths), kind="stable").tolist():
        row = int((used[: opened + 1] <= steps - lengths[place]).argmax())
        rows[place], starts[place] = row, int(used[row])
        used[row] += lengths[place]
        opened = max(opened, row + 1)
    return rows, starts


def packed_rows(packed: Packed, rows: np.ndarray, real: np.ndarray | None = None) -> Packed:
    """Return some rows of a packed data set: a batch, such as `Epochs.batch_of` names.

    Shapes: rows int `[B]`; real bool `[B]`, False for rows that are to count as padding (None: all
    are real); result `[T, B, ...]`.

        >>> packed = pack([np.array([1, 2]), np.array([3, 4, 5]), np.array([6])], steps=4)
        >>> batch = packed_rows(packed, np.array([1, 1]), np.array([True, False]))
        >>> batch.xs.T.tolist(), batch.mask.sum(0).tolist()
        ([[1, 2, 0, 0], [0, 0, 0, 0]], [2, 0])
    """
    xs, resets, mask, source = (array[:, rows] for array in packed)
    if real is not None:
        xs[:, ~real], resets[:, ~real], mask[:, ~real], source[:, ~real] = 0, False, False, -1
    return Packed(xs, resets, mask, source)


def unpack(packed: Packed, ys: Any) -> list[np.ndarray]:
    """Return the outputs of each sequence, in the order in which they were given to `pack`.

    Shapes: ys `[T, R, ...]`; results `[t_i, ...]`. Of some rows only the sequences in them.
    Raises: ValueError if ys has another T or R.

        >>> packed = pack([np.array([1, 2]), np.array([3, 4, 5]), np.array([6])], steps=4)
        >>> [y.tolist() for y in unpack(packed, packed.xs * 10)]
        [[10, 20], [30, 40, 50], [60]]
    """
    ys = np.asarray(ys)
    if ys.shape[:2] != packed.source.shape:
        raise ValueError(
            f"unpack: ys should be [T, R, ...] as packed, [T={packed.source.shape[0]}, "
            f"R={packed.source.shape[1]}, ...], got shape {ys.shape}."
        )
    source = packed.source.T.ravel()  # row after row: the steps of a sequence are neighbours
    flat = ys.swapaxes(0, 1).reshape(len(source), *ys.shape[2:])
    order = np.argsort(source, kind="stable")[(source < 0).sum() :]
    ends = np.flatnonzero(np.diff(source[order])) + 1
    return np.split(flat[order], ends) if len(order) else []
