"""The yes-or-no questions from which a word is predicted."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_number, as_positive_int
from jaxrnn.embeddings.huffman import huffman
from jaxrnn.embeddings.noise import AliasTable, alias_table, draw
from jaxrnn.embeddings.vocabulary import noise_rates

__all__ = ["HierarchicalSoftmax", "NegativeSampling", "Objective", "Targets"]


class Targets(NamedTuple):
    """Questions about each of N words: rows of the output table and right answers."""

    rows: Array  # int32 [N, K]
    labels: Array  # bool [N, K]
    asked: Array  # bool [N, K], False for those that don't count


class Objective(Protocol):
    """What `Word2Vec` needs of an objective; a frozen dataclass.

    Shapes: tables is any tree of arrays, made once from the counts of the words.

        >>> NegativeSampling().rows(10), HierarchicalSoftmax().rows(10)
        (10, 9)
    """

    def tables(self, counts: Sequence[int]) -> Any:
        """Return what `targets` looks up."""
        ...

    def rows(self, words: int) -> int:
        """Return how many rows the output table has for so many words."""
        ...

    def targets(self, tables: Any, centres: Array, key: Array) -> Targets:
        """Return the questions about words `[N]`."""
        ...


@dataclasses.dataclass(frozen=True)
class NegativeSampling:
    """Is it this word, rather than one of a few drawn as noise?

        loss = -log sigmoid(h @ v[word]) - sum over noise of log sigmoid(-h @ v[noise])

    A drawn word that is the right one is left out. The contexts of a window share the noise words
    of its centre, so that their scores are one small matrix product, a departure from the paper,
    which draws for each pair.

    Source: Mikolov et al. (2013), arXiv:1310.4546, equation 4; shared noise, Ji et al. (2016),
    arXiv:1604.04661.
    Fields: negatives, drawn for each window; power, of the counts, for the rates.
    Shapes: see `Targets`, with K = 1 + negatives, the word itself first.
    Raises: TypeError or ValueError for negatives below 1 and a power that is no number.

        >>> objective = NegativeSampling(negatives=2)
        >>> tables = objective.tables([5, 3, 1])
        >>> targets = objective.targets(tables, jnp.array([2]), jax.random.key(0))
        >>> targets.rows.shape, targets.labels.tolist()
        ((1, 3), [[True, False, False]])
    """

    negatives: int = 5
    power: float = 0.75

    def __post_init__(self) -> None:
        owner = "NegativeSampling"
        object.__setattr__(self, "negatives", as_positive_int(owner, "negatives", self.negatives))
        object.__setattr__(self, "power", as_number(owner, "power", self.power))

    def tables(self, counts: Sequence[int]) -> AliasTable:
        """Return the table that noise is drawn from."""
        return alias_table(noise_rates(counts, self.power))

    def rows(self, words: int) -> int:
        """Return `words`."""
        return words

    def targets(self, tables: AliasTable, centres: Array, key: Array) -> Targets:
        """Return each word, then its noise; the key is consumed."""
        noise = draw(tables, key, (len(centres), self.negatives))
        itself = centres.astype(jnp.int32)[:, None]
        right = jnp.ones(itself.shape, bool)
        return Targets(
            jnp.concatenate([itself, noise], 1),
            jnp.concatenate([right, jnp.zeros(noise.shape, bool)], 1),
            jnp.concatenate([right, noise != itself], 1),
        )


class _Tree(NamedTuple):
    points: Array  # int32 [V, L]
    left: Array  # bool [V, L]
    asked: Array  # bool [V, L]


@dataclasses.dataclass(frozen=True)
class HierarchicalSoftmax:
    """Left or right, at each node of the way to the word in a Huffman tree?

        p(word | h) = product over its path of  sigmoid(h @ v[node]) if left else sigmoid(-h @ ...)

    The probabilities of all words have the sum 1, and one costs about log2(V) products.

    Source: Morin and Bengio (2005); Mikolov et al. (2013), arXiv:1310.4546, equation 3.
    Shapes: see `Targets`, with K the length of the longest path; V - 1 rows of the output table.

        >>> objective = HierarchicalSoftmax()
        >>> targets = objective.targets(
        ...     objective.tables([5, 2, 1]), jnp.array([0]), jax.random.key(0))
        >>> targets.rows.tolist(), targets.asked.tolist()
        ([[1, 0]], [[True, False]])
    """

    def tables(self, counts: Sequence[int]) -> _Tree:
        """Return the paths of a Huffman tree."""
        points, codes, lengths = huffman(counts)
        asked = jnp.arange(points.shape[1], dtype=jnp.int32) < jnp.asarray(lengths)[:, None]
        return _Tree(jnp.asarray(points), jnp.asarray(~codes), asked)

    def rows(self, words: int) -> int:
        """Return the number of inner nodes."""
        return words - 1

    def targets(self, tables: _Tree, centres: Array, key: Array) -> Targets:
        """Return the path of each word; nothing is drawn."""
        del key
        return Targets(*jax.tree.map(lambda table: table[centres], tables))
