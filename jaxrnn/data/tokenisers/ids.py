"""The numbers of tokens: what 0 and 1 mean, and none that stands for nothing."""

from typing import Any

import numpy as np

__all__ = ["PAD", "UNKNOWN", "check_ids"]

PAD = 0  # what sequences are padded with; no text has it
UNKNOWN = 1  # a token that the vocabulary lacks


def check_ids(ids: Any, size: int, owner: str = "check_ids") -> np.ndarray:
    """Return ids as int32, after a look at each of them on the host.

    JAX would read past the end of a table without a word, and cut 64 bits down to 32.

    Shapes: ids of any shape; the result has the same.
    Args: size V, of the vocabulary: ids are 0 .. V - 1. owner, named in errors.
    Raises: ValueError naming the first id outside, and its place; TypeError if ids are no integers.

        >>> check_ids([[2, 0], [1, 2]], 3).dtype
        dtype('int32')
        >>> check_ids([0, 2**40], 3)
        Traceback (most recent call last):
        ValueError: check_ids: ids[1] is 1099511627776, expected 0 to 2, the numbers of a ...
    """
    array = np.asarray(ids)
    if not array.size:
        return np.zeros(array.shape, np.int32)
    # ints beyond 64 bits come as Python objects
    huge = array.dtype == object and all(isinstance(value, int) for value in array.flat)
    if not huge and not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{owner}: ids should be integers, got {array.dtype}{list(array.shape)}.")
    wrong = np.argwhere((array < 0) | (array >= size))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise ValueError(
            f"{owner}: ids[{', '.join(map(str, place))}] is {array[place]}, expected 0 to "
            f"{size - 1}, the numbers of a vocabulary of {size}. Encode with the vocabulary that "
            "the model was made for."
        )
    return array.astype(np.int32)
