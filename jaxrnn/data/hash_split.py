"""Splits for data without one of their own: by a hash, so the same for ever and for everybody."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["HashSplit", "hash_split"]


class HashSplit(NamedTuple):
    """The places of examples: to train on, to choose by, to test on. Each int64, ascending."""

    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray


def hash_split(families: Sequence[str], *, held_out: float = 0.1) -> HashSplit:
    """Split examples whose families must not be torn apart.

        families in the order of their SHA-256:   test, the first tenth;   dev, the next;   train

    So no name that a network learned is tested under another accent, no speaker it knows, and the
    order of a file does not matter.

    Shapes: families, N strings, equal for examples that belong together.
    Args: held_out, the share of the families in dev, and in test: at least one each.
    Raises: ValueError for fewer than 3 families, or a share that is not above 0 and below 0.5.

        >>> split = hash_split(["ann", "bob", "ann", "cyd", "dot"])
        >>> [part.tolist() for part in split]
        [[3, 4], [1], [0, 2]]
    """
    if not 0 < held_out < 0.5:
        raise ValueError(f"hash_split: held_out should be above 0 and below 0.5, got {held_out}.")
    order = sorted(set(families), key=lambda family: hashlib.sha256(family.encode()).digest())
    if len(order) < 3:
        raise ValueError(
            f"hash_split: families should be at least 3 different ones, one for each part, got "
            f"{len(order)}."
        )
    size = max(1, round(len(order) * held_out))
    part = {family: min(place // size, 2) for place, family in enumerate(order)}
    parts = np.array([part[family] for family in families])
    return HashSplit(*(np.flatnonzero(parts == number) for number in (2, 1, 0)))
