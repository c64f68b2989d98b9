"""What vectors of words know: neighbours, analogies, and how people rate pairs of words."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data.word_similarity import Rated
from jaxrnn.embeddings.vectors import WordVectors

__all__ = ["Agreement", "Answers", "Near", "agreement", "analogy", "answers", "nearest"]

_BLOCK = 256  # questions answered by one matrix product

Question = tuple[str, str, str, str]


class Near(NamedTuple):
    """A word, and the cosine between its vector and the one asked for."""

    word: str
    cosine: float


class Agreement(NamedTuple):
    """Spearman's rank correlation; pairs it is over, and pairs with an unknown word."""

    spearman: float
    pairs: int
    left_out: int


class Answers(NamedTuple):
    """Analogies answered correctly, of those asked, and those with an unknown word."""

    correct: int
    asked: int
    left_out: int


def nearest(vectors: WordVectors, word: str, count: int = 10) -> list[Near]:
    """Return the words whose vectors have the largest cosine with that of `word`.

    Shapes: none.
    Raises: ValueError for an unknown word, with the nearest spelling.

        >>> vectors = WordVectors(("a", "b", "c"), np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 4.0]]))
        >>> nearest(vectors, "a", 1)
        [Near(word='c', cosine=0.6)]
    """
    own = vectors.id_of(word)
    return _best(vectors, vectors.directions[own], {own}, count)


def analogy(vectors: WordVectors, a: str, b: str, c: str, count: int = 1) -> list[Near]:
    """Return the words that are to `c` as `b` is to `a`, by the rule 3CosAdd.

        argmax over words other than a, b, c of  cosine(word, b - a + c)

    with a, b and c at length 1.

    Source: Mikolov et al. (2013), arXiv:1301.3781, section 4; the name, Levy and Goldberg (2014).
    Shapes: none.
    Raises: ValueError for an unknown word, with the nearest spelling.

        >>> words = ("man", "king", "woman", "queen")
        >>> vectors = WordVectors(words, np.array([[1.0, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1]]))
        >>> analogy(vectors, "man", "king", "woman")[0].word
        'queen'
    """
    ids = vectors.ids_of((a, b, c))
    aim = _aims(vectors, ids[None])[0]
    length = float(np.linalg.norm(aim))
    return _best(vectors, aim / (length or 1.0), set(ids.tolist()), count)


def answers(vectors: WordVectors, questions: Sequence[Question]) -> Answers:
    """Answer analogies by 3CosAdd, many at once; see `analogy`.

    Shapes: none.
    Args: questions, four words each, such as a section of `read_analogies`: the first is to the
        second as the third is to the fourth. Letters are compared as they are.

        >>> words = ("man", "king", "woman", "queen")
        >>> vectors = WordVectors(words, np.array([[1.0, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1]]))
        >>> answers(vectors, [("man", "king", "woman", "queen"), ("man", "king", "boy", "prince")])
        Answers(correct=1, asked=1, left_out=1)
    """
    known = [q for q in questions if all(word in vectors.index for word in q)]
    ids = np.array([[vectors.index[word] for word in q] for q in known], np.int64).reshape(-1, 4)
    correct = 0
    for first in range(0, len(ids), _BLOCK):
        asked = ids[first : first + _BLOCK]
        scores = _aims(vectors, asked) @ vectors.directions.T
        np.put_along_axis(scores, asked[:, :3], -np.inf, 1)
        correct += int((scores.argmax(1) == asked[:, 3]).sum())
    return Answers(correct, len(known), len(questions) - len(known))


def agreement(vectors: WordVectors, rated: Sequence[Rated]) -> Agreement:
    """Return how well cosines agree with people, over pairs of words that are both known.

    Shapes: none.
    Args: rated, pairs with their scores, such as `load_word_similarity().pairs["WS-353-ALL"]`.
    Raises: ValueError if fewer than 2 pairs are known.

        >>> vectors = WordVectors(("a", "b", "c"), np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 4.0]]))
        >>> agreement(vectors, [Rated("a", "c", 6.0), Rated("b", "c", 9.0), Rated("a", "b", 0.5)])
        Agreement(spearman=1.0, pairs=3, left_out=0)
    """
    from scipy.stats import spearmanr

    known = [r for r in rated if r.one in vectors.index and r.other in vectors.index]
    if len(known) < 2:
        raise ValueError(
            f"agreement: of {len(rated)} pairs {len(known)} have two known words; ranks need 2 or "
            "more. Are the words in small letters?"
        )
    ones = vectors.directions[vectors.ids_of(r.one for r in known)]
    others = vectors.directions[vectors.ids_of(r.other for r in known)]
    cosines = (ones * others).sum(1)
    found: Any = spearmanr(cosines, [r.score for r in known])
    return Agreement(float(found.statistic), len(known), len(rated) - len(known))


def _aims(vectors: WordVectors, ids: np.ndarray) -> np.ndarray:
    """Return b - a + c of words `[A, 3 or 4]`: `[A, D]`."""
    a, b, c = (vectors.directions[ids[:, i]] for i in range(3))
    return b - a + c


def _best(vectors: WordVectors, aim: np.ndarray, without: set[int], count: int) -> list[Near]:
    cosines = vectors.directions @ aim
    size = as_positive_int("nearest", "count", count)
    order = np.argsort(-cosines, kind="stable")
    chosen = [i for i in order[: size + len(without)].tolist() if i not in without][:size]
    return [Near(vectors.words[i], float(cosines[i])) for i in chosen]
