"""Sequences of many lengths as arrays of few: each new length T would be compiled anew."""

from collections.abc import Sequence

import numpy as np

__all__ = ["bucket_for", "doubling", "pad_to_bucket"]


def bucket_for(length: int, buckets: Sequence[int]) -> int:
    """Return the smallest bucket that holds `length` steps.

    Shapes: none.
    Raises: ValueError if none does, or if a bucket is below 1 or there is none.

        >>> bucket_for(17, [16, 32, 64])
        32
    """
    if not buckets or min(buckets) < 1:
        raise ValueError(
            f"bucket_for: buckets should be lengths of at least 1 step, got {list(buckets)}."
        )
    large = [bucket for bucket in buckets if bucket >= length]
    if not large:
        raise ValueError(
            f"bucket_for: a sequence of {length} steps is longer than the largest bucket, "
            f"{max(buckets)}. Add a bucket, or cut the sequence."
        )
    return min(large)


def doubling(least: int = 8) -> tuple[int, ...]:
    """Return buckets for sequences of any length, each twice the one before.

    For what is not known beforehand, such as the lines that people write: at most half of a padded
    sequence is padding, and about one length is compiled for each doubling.

    Shapes: none.
    Raises: ValueError if `least` is below 1.

        >>> doubling()[:4], bucket_for(100, doubling(32))
        ((8, 16, 32, 64), 128)
    """
    if least < 1:
        raise ValueError(f"doubling: least should be at least 1 step, got {least}.")
    return tuple(least * 2**n for n in range(28))


def pad_to_bucket(
    sequences: Sequence[np.ndarray], buckets: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Lay sequences side by side, padded with zeros to the smallest bucket that holds them.

        xs[t, b] = sequences[b][t] for t < lengths[b], else 0

    Give both to a driver, `scan(cell, params, None, xs, lengths=lengths)`: results are those of
    the sequences alone, and only as many lengths T are compiled as there are buckets.

    Shapes: sequences `[t_i, D]`, or any axes after the first; xs `[T, B, D]` in their dtype;
    lengths int32 `[B]`.
    Raises: ValueError for no sequence, one without a time axis, one too long, or different D or
        dtypes.

        >>> xs, lengths = pad_to_bucket([np.ones((2, 1)), np.ones((3, 1))], buckets=[4, 8])
        >>> xs[..., 0].T.tolist(), lengths.tolist()
        ([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]], [2, 3])
    """
    rows = [np.asarray(sequence) for sequence in sequences]
    if not rows:
        raise ValueError("pad_to_bucket: sequences is empty, expected a list of arrays [t_i, D].")
    first = rows[0]
    for place, row in enumerate(rows):
        if row.ndim == 0 or row.shape[1:] != first.shape[1:] or row.dtype != first.dtype:
            raise ValueError(
                f"pad_to_bucket: sequences should be arrays [t_i, D] of one D and dtype, got "
                f"{first.dtype}{list(first.shape)} at index 0 and {row.dtype}{list(row.shape)} at "
                f"index {place}."
            )
    lengths = np.array([len(row) for row in rows], np.int32)
    steps = bucket_for(int(lengths.max()), buckets)
    xs = np.zeros((steps, len(rows), *first.shape[1:]), first.dtype)
    for place, row in enumerate(rows):
        xs[: len(row), place] = row
    return xs, lengths
