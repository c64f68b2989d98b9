"""Which examples go into which batch."""

import numpy as np

from jaxrnn.data.epochs import epoch_order

__all__ = ["check_batch", "shuffled"]


def check_batch(owner: str, batch: int, count: int) -> None:
    """Refuse a batch that is larger than all examples, or has none.

    Shapes: none.
    Args: owner, the function that asks, for the error; count, examples there are.
    Raises: ValueError if batch is not between 1 and count.

        >>> check_batch("forecast", 32, 20)
        Traceback (most recent call last):
        ValueError: forecast: batch should be between 1 and the number of examples, got batch=32...
    """
    if not 1 <= batch <= count:
        raise ValueError(
            f"{owner}: batch should be between 1 and the number of examples, got batch={batch} "
            f"and count={count}."
        )


def shuffled(number: int, count: int, batch: int, *, seed: int = 0) -> np.ndarray:
    """Return the examples of batch `number`: epoch after epoch, each in another order.

    An epoch has `count // batch` batches; the rest of its order is left out, another rest each
    time (`Epochs` keeps it). The same number and seed give the same batch, so nothing has to be
    saved to resume.

    Shapes: result int64 `[batch]`, distinct numbers from 0 to count - 1.
    Args: number, from 0 on; count, examples there are.
    Raises: ValueError if batch is not between 1 and count.

        >>> first, second = shuffled(0, 4, 2), shuffled(1, 4, 2)
        >>> sorted([*first.tolist(), *second.tolist()])
        [0, 1, 2, 3]
    """
    check_batch("shuffled", batch, count)
    epoch, place = divmod(number, count // batch)
    return epoch_order(count, epoch, seed)[place * batch : (place + 1) * batch].copy()
