"""Words as points in a plane."""

import os
from collections.abc import Sequence

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.embeddings.vectors import WordVectors
from jaxrnn.embeddings.vocabulary import WordVocabulary
from jaxrnn.report.style import look, new_figure

__all__ = ["content_words", "draw_words", "plane"]


def content_words(vocabulary: WordVocabulary, count: int = 200) -> list[str]:
    """Return the most frequent words that say something by themselves.

    Left out are scikit-learn's English stop words, names of digits, and words of one or two
    letters.

    Shapes: none.

        >>> content_words(WordVocabulary(("the", "of", "seven", "music", "war"), (9, 8, 7, 6, 5)))
        ['music', 'war']
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    size = as_positive_int("content_words", "count", count)
    empty = ENGLISH_STOP_WORDS | {"zero", "seven"}  # the other digits are stop words
    return [word for word in vocabulary.words if word not in empty and len(word) > 2][:size]


def plane(vectors: WordVectors, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return words as points on the two axes along which their directions vary most.

    Shapes: points `[N, 2]`; the shares of variance that the axes hold `[2]`.
    Raises: ValueError for an unknown word, or fewer than 2.

        >>> vectors = WordVectors(("a", "b"), np.array([[1.0, 0.0], [0.0, 1.0]]))
        >>> plane(vectors, ("a", "b"))[1].round(6).tolist()
        [1.0, 0.0]
    """
    from sklearn.decomposition import PCA

    if len(words) < 2:
        raise ValueError(f"plane: expected 2 words or more, got {list(words)}.")
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(vectors.directions[vectors.ids_of(words)])
    return points, pca.explained_variance_ratio_


def draw_words(path: str | os.PathLike[str], vectors: WordVectors, words: Sequence[str]) -> None:
    """Write a picture of words at their points; the ending, such as .svg or .png, says which kind.

    Shapes: none.
    Raises: as `plane`; ValueError for an ending that matplotlib can't write; OSError.

        >>> import tempfile
        >>> vectors = WordVectors(("a", "b"), np.array([[1.0, 0.0], [0.0, 1.0]]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_words(f"{folder}/words.svg", vectors, ("a", "b"))
        ...     os.listdir(folder)
        ['words.svg']
    """
    points, shares = plane(vectors, words)
    with look():
        figure, (row,) = new_figure(14, 11, 1, 1)
        axes = row[0]
        axes.scatter(points[:, 0], points[:, 1], s=6, color="#0072b2")
        for word, point in zip(words, points, strict=True):
            axes.annotate(word, point, (2, 2), textcoords="offset points", fontsize=8)
        axes.set_title(f"{len(words)} words, the two main axes of their vectors")
        axes.set_xlabel(f"first axis, {shares[0]:.0%} of the variance")
        axes.set_ylabel(f"second axis, {shares[1]:.0%} of the variance")
        metadata = {"Date": None} if os.fspath(path).endswith(".svg") else None
        figure.savefig(path, dpi=100, metadata=metadata)
