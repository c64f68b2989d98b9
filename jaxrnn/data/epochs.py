"""Batches of examples, epoch after epoch, each a function of its number alone."""

import dataclasses
import functools

import numpy as np

from jaxrnn.checks import as_bool, as_positive_int

__all__ = ["Epochs", "as_number_from_zero", "epoch_order", "filled"]


@functools.lru_cache(maxsize=8)  # the batches of an epoch share its order
def epoch_order(count: int, epoch: int, seed: int = 0) -> np.ndarray:
    """Return the order of the examples in an epoch, the same one for ever.

    Shapes: int64 `[count]`, read-only, each number from 0 to count - 1 once.

        >>> sorted(epoch_order(4, 0).tolist()), (epoch_order(9, 0) == epoch_order(9, 1)).all()
        ([0, 1, 2, 3], np.False_)
    """
    order = np.random.default_rng((seed, epoch)).permutation(count)
    order.flags.writeable = False
    return order


def as_number_from_zero(owner: str, name: str, value: int) -> int:
    """Return `value` as an int of at least 0: a seed, or the number of a batch.

    Shapes: none.
    Raises: TypeError if it is no integer; ValueError if it is below 0.

        >>> as_number_from_zero("Epochs", "seed", np.int64(0))
        0
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{owner}: {name} should be of type int, got: {type(value).__name__}")
    if value < 0:
        raise ValueError(f"{owner}: {name} should be at least 0, got {value}.")
    return int(value)


def filled(chosen: np.ndarray, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch of full size, and which of it is real: the first example fills the rest.

    Shapes: chosen int64 `[n]`, n from 1 to batch; results int64 `[batch]` and bool `[batch]`, both
    fresh arrays.

        >>> filled(np.array([7, 5]), 3)
        (array([7, 5, 7]), array([ True,  True, False]))
    """
    real = np.arange(batch) < len(chosen)
    examples = np.full(batch, chosen[0], np.int64)
    examples[: len(chosen)] = chosen
    return examples, real


@dataclasses.dataclass(frozen=True)
class Epochs:
    """Each example once an epoch, in batches of one size.

        epoch, place = divmod(number, per_epoch)
        examples = order of the epoch [place * batch : (place + 1) * batch]

    The last batch of an epoch may have fewer examples than the others. It is filled with its first
    one, marked as not real, so that one shape is compiled: give those rows the weight 0. Nothing
    has to be saved to go on but the number of the next batch.

    Fields: count, examples there are; batch; seed; shuffle, an order of its own for each epoch,
    else 0, 1, 2 ... in all of them.
    Shapes: none; see `batch_of`.
    Raises: TypeError or ValueError for sizes below 1 or a seed below 0.

        >>> epochs = Epochs(5, batch=2, shuffle=False)
        >>> epochs.per_epoch, epochs.batch_of(2)
        (3, (array([4, 4]), array([ True, False])))
    """

    count: int
    batch: int
    seed: int = 0
    shuffle: bool = True

    def __post_init__(self) -> None:
        for name in ("count", "batch"):
            object.__setattr__(self, name, as_positive_int("Epochs", name, getattr(self, name)))
        object.__setattr__(self, "seed", as_number_from_zero("Epochs", "seed", self.seed))
        as_bool("Epochs", "shuffle", self.shuffle)

    @property
    def per_epoch(self) -> int:
        """Batches in an epoch, the last partial one included."""
        return -(-self.count // self.batch)

    def batch_of(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (examples int64 `[batch]`, real bool `[batch]`) of batch `number`, from 0 on."""
        number = as_number_from_zero("Epochs.batch_of", "number", number)
        epoch, place = divmod(number, self.per_epoch)
        places = np.arange(place * self.batch, min((place + 1) * self.batch, self.count))
        if self.shuffle:
            places = epoch_order(self.count, epoch, self.seed)[places]
        return filled(places, self.batch)
