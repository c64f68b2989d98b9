"""How far what was heard is from what was said."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

__all__ = ["edit_distance", "word_errors"]


def edit_distance(heard: Array, kept: Array, said: Array, lengths: Array) -> Array:
    """Return how many words must be put in, left out or exchanged to come from one to the other.

        d[j] = min(d[j] + 1, d[j-1] + (heard[t] != said[j-1]), new d[j-1] + 1)   for each kept t

    Pure, and one scan over the words heard: the last of the three, which runs along j, is a
    running minimum of d[j] - j.

    Source: Levenshtein (1966), Soviet Physics Doklady 10; Wagner and Fischer (1974), JACM 21.
    Shapes: heard int `[T, B]`, of which only where kept bool `[T, B]`; said int `[L, B]`, of which
        the first lengths `[B]`; result int32 `[B]`.

        >>> heard, said = jnp.array([[1], [9], [2], [3]]), jnp.array([[1], [3], [3]])
        >>> edit_distance(heard, heard != 9, said, jnp.array([3])).tolist()
        [1]
    """
    places = jnp.arange(len(said) + 1, dtype=jnp.int32)[:, None]
    start = jnp.broadcast_to(places, (len(said) + 1, said.shape[1]))

    def step(d: Array, word: tuple[Array, Array]) -> tuple[Array, None]:
        symbol, real = word
        exchanged = d[:-1] + (said != symbol).astype(jnp.int32)
        best = jnp.minimum(d + 1, jnp.concatenate([d[:1] + 1, exchanged]))
        best = jax.lax.cummin(best - places, axis=0) + places
        return jnp.where(real, best, d), None

    d, _ = jax.lax.scan(step, start, (heard, kept))
    return jnp.take_along_axis(d, jnp.asarray(lengths, jnp.int32)[None], axis=0)[0]


def word_errors(heard: list[np.ndarray], said: list[np.ndarray]) -> np.ndarray:
    """Return the edit distance of each pair.

    Shapes: heard and said, N arrays int `[n_i]` each; result int `[N]`.

        >>> word_errors([np.array([1, 2])], [np.array([1, 3, 2])]).tolist()
        [1]
    """
    rows, real = _padded(heard)
    right, counted = _padded(said)
    return np.asarray(_distances(rows, real, right, counted.sum(0)))


_distances = jax.jit(edit_distance)


def _padded(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows as columns `[most, N]`, and where they are real."""
    most = max([1, *(len(row) for row in rows)])
    padded = np.zeros((most, len(rows)), np.int32)
    for place, row in enumerate(rows):
        padded[: len(row), place] = row
    return padded, np.arange(most)[:, None] < np.array([len(row) for row in rows])
