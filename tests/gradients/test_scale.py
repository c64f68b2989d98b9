"""Losses are means per counted token, of the chunk or of the window."""

import jax.numpy as jnp
import numpy as np

from jaxrnn.gradients import Chunk
from jaxrnn.gradients.scale import chunk_mean, window_counts, window_mean

XS = jnp.zeros((5, 2, 3))
WEIGHTS = jnp.array([[1, 0], [1, 1], [0, 0], [0, 0], [0, 1]], jnp.float32)
MASK = jnp.array([[1, 1], [0, 1], [1, 1], [1, 1], [1, 1]], bool)


def test_the_weights_of_a_chunk_sum_to_one():
    np.testing.assert_allclose(chunk_mean(Chunk(XS, None, WEIGHTS)).weights, WEIGHTS / 4)
    np.testing.assert_allclose(chunk_mean(Chunk(XS, None)).weights, np.full((5, 2), 0.1))


def test_the_weights_of_each_window_sum_to_one_where_something_counts():
    chunk = Chunk(XS, None, WEIGHTS)
    np.testing.assert_array_equal(window_counts(chunk, 2), [3, 0, 1])
    scaled = np.asarray(window_mean(chunk, 2).weights)
    np.testing.assert_allclose(scaled, np.asarray(WEIGHTS) / np.array([[3], [3], [1], [1], [1]]))


def test_steps_that_do_not_exist_do_not_count():
    chunk = Chunk(XS, None, WEIGHTS, MASK)
    np.testing.assert_array_equal(window_counts(chunk, 2), [2, 0, 1])
    assert chunk_mean(chunk).weights[1, 0] == 0


def test_a_window_as_long_as_the_chunk_is_the_chunk():
    chunk = Chunk(XS, None, WEIGHTS)
    for length in (0, 5, 7):
        np.testing.assert_array_equal(window_mean(chunk, length).weights, chunk_mean(chunk).weights)


def test_nothing_that_counts_is_no_division_by_zero():
    nothing = Chunk(XS, None, jnp.zeros((5, 2)))
    assert not np.asarray(chunk_mean(nothing).weights).any()
    assert not np.asarray(window_mean(nothing, 2).weights).any()
