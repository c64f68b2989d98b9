"""A binary tree with the words at its leaves, frequent words near the root."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Paths", "huffman"]


class Paths(NamedTuple):
    """The way from the root to each word; what is past the end of a way holds zeros.

    Fields: points, the inner nodes passed, the root (V - 2) first; codes, whether the way goes to
    the right there; lengths, nodes on the way.
    """

    points: np.ndarray  # int32 [V, L], each from 0 to V - 2
    codes: np.ndarray  # bool [V, L]
    lengths: np.ndarray  # int32 [V]


def huffman(counts: Sequence[int]) -> Paths:
    """Return the paths of a Huffman tree: of all trees, one of the least sum(counts * lengths).

    The two rarest nodes get a common parent, again and again. New nodes come in rising order, so
    leaves and inner nodes are two queues, and the rarest node stands at the head of one of them.

    Source: Huffman (1952); for words, Mikolov et al. (2013), arXiv:1310.4546, section 2.1.
    Shapes: counts `[V]`, in falling order; see `Paths`.
    Raises: ValueError for fewer than 2 words, or counts that do not fall.

        >>> paths = huffman([5, 2, 1])
        >>> paths.lengths.tolist(), paths.points.tolist()
        ([1, 2, 2], [[1, 0], [1, 0], [1, 0]])
    """
    weights = [int(count) for count in counts]
    words = len(weights)
    if words < 2 or any(a < b for a, b in itertools.pairwise(weights)):
        raise ValueError(f"huffman: expected 2 falling counts or more, got {weights[:5]}.")
    parent, right = _parents(weights)
    depth = np.zeros(2 * words - 1, np.int32)
    for node in range(2 * words - 3, -1, -1):  # a parent comes after its children
        depth[node] = depth[parent[node]] + 1
    lengths = depth[:words]
    points = np.zeros((words, lengths.max()), np.int32)
    codes = np.zeros(points.shape, bool)
    node = np.arange(words)
    for up in range(points.shape[1]):  # from the leaves to the root, all words at once
        rows = np.flatnonzero(lengths > up)
        column = lengths[rows] - 1 - up
        points[rows, column] = parent[node[rows]] - words
        codes[rows, column] = right[node[rows]]
        node[rows] = parent[node[rows]]
    return Paths(points, codes, lengths)


def _parents(weights: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the parent of each node but the root, and whether it is its right child."""
    words = len(weights)
    weights = [*weights, *[0] * (words - 1)]
    parent, right = np.zeros(2 * words - 2, np.int64), np.zeros(2 * words - 2, bool)
    leaf, inner = words - 1, words
    for node in range(words, 2 * words - 1):
        for is_right in (False, True):
            if leaf >= 0 and (inner >= node or weights[leaf] < weights[inner]):
                rarest, leaf = leaf, leaf - 1
            else:
                rarest, inner = inner, inner + 1
            weights[node] += weights[rarest]
            parent[rarest], right[rarest] = node, is_right
    return parent, right
