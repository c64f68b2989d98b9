"""Examples that are drawn from a definition, not read from a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients import Chunk

__all__ = ["Drawn", "at_least", "drawn", "drawn_evaluation"]

_PARTS = 4  # evaluation chunks: one of all sequences would need too much memory
_SEQUENCES = 250  # in each


class Drawn(NamedTuple):
    """A chunk as it is drawn, of NumPy arrays.

    Shapes: as `jaxrnn.gradients.Chunk`: xs `[T, B, D]`, targets `[T, B, ...]`, weights and mask
    `[T, B]`.
    """

    xs: np.ndarray
    targets: Any
    weights: np.ndarray | None = None
    mask: np.ndarray | None = None


Draw = Callable[[np.random.Generator, int], Drawn]


def _chunk(draw: Draw, batch: int, *entropy: int) -> Chunk:
    return Chunk(*jax.tree.map(jnp.asarray, tuple(draw(np.random.default_rng(entropy), batch))))


def drawn(draw: Draw, seed: int, batch: int) -> Callable[[int], Chunk]:
    """Return training chunks by number: the same seed and number give the same chunk.

    Shapes: those of `draw`.

        >>> train = drawn(lambda random, batch: Drawn(random.random((2, batch)), None), 0, 3)
        >>> bool((train(5).xs == train(5).xs).all() and (train(5).xs != train(6).xs).all())
        True
    """
    return lambda number: _chunk(draw, batch, 1, seed, number)


def drawn_evaluation(draw: Draw) -> tuple[Chunk, ...]:
    """Return 1000 sequences that judge, always the same, and never among those that train.

    Shapes: those of `draw`, with a batch of 250.

        >>> chunks = drawn_evaluation(lambda random, batch: Drawn(random.random((2, batch)), None))
        >>> [chunk.xs.shape for chunk in chunks] == 4 * [(2, 250)]
        True
    """
    return tuple(_chunk(draw, _SEQUENCES, 2, part) for part in range(_PARTS))


def at_least(owner: str, name: str, value: int, least: int, why: str) -> int:
    """Return `value` if it is an integer of at least `least`.

    Shapes: none.
    Raises: TypeError if it is no integer; ValueError, with the reason, if it is less.

        >>> at_least("adding", "steps", 4, 2, "two numbers are added.")
        4
    """
    value = as_positive_int(owner, name, value)
    if value < least:
        raise ValueError(f"{owner}: {name} should be at least {least}, got {value}: {why}")
    return value
