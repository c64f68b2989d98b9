"""Words with a vector each, by name."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from jaxrnn.embeddings.vocabulary import check_words
from jaxrnn.spelling import did_you_mean

__all__ = ["WordVectors"]


@dataclasses.dataclass(frozen=True, eq=False)
class WordVectors:
    """Vectors of words, from wherever they come.

    Fields: words, each only once; vectors, any float array, one row a word.
    Shapes: vectors `[V, D]`.
    Raises: ValueError if they do not belong together, or a number is not finite.

        >>> vectors = WordVectors(("a", "b"), np.array([[3.0, 4.0], [1.0, 0.0]]))
        >>> vectors.directions[vectors.id_of("a")].tolist()
        [0.6, 0.8]
    """

    words: tuple[str, ...]
    vectors: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", check_words("WordVectors", self.words))
        vectors = np.asarray(self.vectors)
        object.__setattr__(self, "vectors", vectors)
        if vectors.ndim != 2 or len(vectors) != len(self.words) or vectors.dtype.kind != "f":
            raise ValueError(
                f"WordVectors: vectors should be floats [V={len(self.words)}, D], a row for each "
                f"word, got {vectors.dtype}{list(vectors.shape)}."
            )
        bad = np.flatnonzero(~np.isfinite(vectors).all(1))
        if len(bad):
            raise ValueError(
                f"WordVectors: {len(bad)} of {len(vectors)} vectors are not finite, the first is "
                f"that of {self.words[bad[0]]!r}. Training diverged? Try a smaller batch or rate."
            )

    def __len__(self) -> int:
        return len(self.words)

    @functools.cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: i for i, word in enumerate(self.words)}

    @functools.cached_property
    def directions(self) -> np.ndarray:
        """The vectors at length 1; one of length 0 stays 0."""
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        return self.vectors / np.where(lengths == 0, 1, lengths)

    def id_of(self, word: str) -> int:
        """Return the row of a word; ValueError with the nearest spelling if it has none."""
        if word not in self.index:
            near = did_you_mean(word, self.words)
            raise ValueError(f"id_of: {word!r} is none of the {len(self)} words.{near}")
        return self.index[word]

    def ids_of(self, words: Iterable[str]) -> np.ndarray:
        """Return the rows of words, int64."""
        return np.array([self.id_of(word) for word in words], np.int64)
