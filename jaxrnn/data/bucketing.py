"""Batches of sequences of like lengths: few shapes to compile, little padding to compute."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data.buckets import bucket_for
from jaxrnn.data.epochs import as_number_from_zero, epoch_order, filled

__all__ = ["Bucketed", "good_buckets", "padding_share"]


def good_buckets(lengths: Any, count: int) -> list[int]:
    """Return the at most `count` buckets that waste the least padding on these lengths.

        least sum over sequences of (the smallest bucket that holds it - its length)

    Found exactly, by dynamic programming over the distinct lengths; each bucket is one of them.

    Shapes: lengths int `[N]`; result ascending, the last the largest length.
    Raises: ValueError or TypeError for no lengths, one below 0, or a count below 1.

        >>> buckets = good_buckets([3, 3, 4, 9, 10, 50], 3)
        >>> buckets, round(padding_share([3, 3, 4, 9, 10, 50], buckets), 2)
        ([4, 10, 50], 0.04)
    """
    count = as_positive_int("good_buckets", "count", count)
    distinct, times = np.unique(_lengths("good_buckets", lengths).clip(1), return_counts=True)
    # sums over the first i distinct lengths: what lies in [i, j) is a difference of two
    sequences = np.concatenate([[0], times.cumsum()])
    steps = np.concatenate([[0], (times * distinct).cumsum()])
    n = len(distinct)
    count = min(count, n)
    least = np.full((count + 1, n + 1), np.iinfo(np.int64).max // 2)
    least[0, 0] = 0
    start = np.zeros((count + 1, n + 1), np.int64)
    for k in range(1, count + 1):
        for j in range(1, n + 1):
            waste = distinct[j - 1] * (sequences[j] - sequences[:j]) - (steps[j] - steps[:j])
            total = least[k - 1, :j] + waste
            start[k, j] = total.argmin()
            least[k, j] = total[start[k, j]]
    buckets, end = [], n
    for k in range(count, 0, -1):
        buckets.append(int(distinct[end - 1]))
        end = start[k, end]
    return buckets[::-1]


def padding_share(lengths: Any, buckets: Sequence[int]) -> float:
    """Return which part of the steps is padding when each sequence is in its bucket.

    Shapes: lengths int `[N]`.
    Raises: ValueError if a sequence is longer than every bucket.

        >>> padding_share([3, 4], [4]), padding_share([3, 4], [3, 4])
        (0.125, 0.0)
    """
    lengths = _lengths("padding_share", lengths)
    return 1 - float(lengths.sum() / _buckets_of(lengths, buckets).sum())


def _lengths(owner: str, lengths: Any) -> np.ndarray:
    array = np.asarray(lengths)
    if array.ndim != 1 or not array.size or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{owner}: lengths should be a list of ints, one for each sequence, and not empty, got "
            f"{array.dtype}{list(array.shape)}."
        )
    if array.min() < 0:
        raise ValueError(f"{owner}: lengths should be at least 0, got {array.min()}.")
    return array.astype(np.int64)


def _buckets_of(lengths: np.ndarray, buckets: Sequence[int]) -> np.ndarray:
    """Return the bucket of each sequence, `[N]`."""
    distinct, place = np.unique(lengths, return_inverse=True)
    return np.array([bucket_for(int(length), buckets) for length in distinct])[place]


@dataclasses.dataclass(frozen=True)
class Bucketed:
    """Each sequence once an epoch, in batches of one size that hold sequences of one bucket.

        T, examples, real = bucketed.batch_of(number)
        xs, lengths = pad_to_bucket([sequences[i] for i in examples], [T])

    Within an epoch sequences and batches are shuffled, each epoch in another way. The last batch of
    a bucket may be partial: it is filled with its first example, marked as not real. So a program
    that sees these batches is compiled once for each of `shapes`, however many lengths there are.

    Fields: lengths of the N sequences; batch; buckets, the lengths T to pad to, such as
    `good_buckets(lengths, 8)`; seed.
    Shapes: none; see `batch_of`.
    Raises: ValueError if a sequence is longer than every bucket; TypeError or ValueError for bad
        sizes.

        >>> bucketed = Bucketed([3, 9, 4, 2], batch=2, buckets=[4, 10])
        >>> bucketed.per_epoch, bucketed.shapes, round(bucketed.padding, 2)
        (3, ((4, 2), (10, 2)), 0.18)
        >>> sorted(bucketed.batch_of(n)[0] for n in range(3))
        [4, 4, 10]
    """

    lengths: tuple[int, ...]
    batch: int
    buckets: tuple[int, ...]
    seed: int = 0
    # bucket of each sequence; bucket of each batch, and its place among those of its bucket
    _of: np.ndarray = dataclasses.field(init=False, repr=False, compare=False)
    _plan: tuple[tuple[int, int], ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lengths = _lengths("Bucketed", self.lengths)
        batch = as_positive_int("Bucketed", "batch", self.batch)
        buckets = tuple(sorted({as_positive_int("Bucketed", "a bucket", b) for b in self.buckets}))
        of = _buckets_of(lengths, buckets)
        plan = [
            (bucket, place)
            for bucket in buckets
            for place in range(-(-int((of == bucket).sum()) // batch))
        ]
        values = {
            "lengths": tuple(lengths.tolist()), "batch": batch, "buckets": buckets,
            "seed": as_number_from_zero("Bucketed", "seed", self.seed), "_of": of,
            "_plan": tuple(plan),
        }  # fmt: skip
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def per_epoch(self) -> int:
        """Batches in an epoch, the partial ones included."""
        return len(self._plan)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The different (T, batch) that come up, ascending: as many programs are compiled."""
        return tuple((bucket, self.batch) for bucket in sorted({b for b, _ in self._plan}))

    @property
    def padding(self) -> float:
        """The part of an epoch's steps that is padding, rows that are not real left out."""
        return 1 - float(sum(self.lengths) / self._of.sum())

    def batch_of(self, number: int) -> tuple[int, np.ndarray, np.ndarray]:
        """Return (T, examples int64 `[batch]`, real bool `[batch]`) of batch `number`."""
        number = as_number_from_zero("Bucketed.batch_of", "number", number)
        epoch, place = divmod(number, self.per_epoch)
        bucket, part = self._plan[epoch_order(self.per_epoch, epoch, self.seed)[place]]
        order = epoch_order(len(self.lengths), epoch, self.seed)
        members = order[self._of[order] == bucket]
        examples, real = filled(members[part * self.batch : (part + 1) * self.batch], self.batch)
        return bucket, examples, real
