"""Words in a plane."""

import numpy as np
import pytest

from jaxrnn.embeddings import WordVectors, WordVocabulary, content_words, draw_words, plane

WORDS = ("war", "music", "king", "river", "tree")
VECTORS = WordVectors(WORDS, np.random.default_rng(0).normal(size=(5, 4)))


def test_points_are_the_two_main_axes():
    points, shares = plane(VECTORS, WORDS[::-1])
    centred = VECTORS.directions[::-1] - VECTORS.directions.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(abs(points), abs(u[:, :2] * s[:2]), rtol=1e-8)
    np.testing.assert_allclose(shares, s[:2] ** 2 / (s**2).sum(), rtol=1e-8)


def test_content_words_are_frequent_and_say_something():
    vocabulary = WordVocabulary(("the", "one", "zero", "war", "km", "music"), (9, 8, 7, 6, 5, 4))
    assert content_words(vocabulary) == ["war", "music"]
    assert content_words(vocabulary, 1) == ["war"]


def test_pictures_are_written_and_the_same_again(tmp_path):
    for name in ("a.svg", "b.svg", "c.png"):
        draw_words(tmp_path / name, VECTORS, WORDS)
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_words_without_a_vector_are_named():
    with pytest.raises(ValueError, match="'rivers' is none of the 5 words.*'river'"):
        plane(VECTORS, ("war", "rivers"))
    with pytest.raises(ValueError, match="2 words or more"):
        plane(VECTORS, ("war",))
