"""Huffman trees against the textbook's heap."""

import heapq
import itertools

import numpy as np
import pytest

from jaxrnn.embeddings import huffman

COUNTS = [
    [2, 1],
    [5, 2, 1],
    [1] * 8,
    [1] * 7,
    [13, 8, 5, 3, 2, 1, 1],
    [100, 1, 1, 1],
    sorted(np.random.default_rng(0).integers(1, 1000, 60).tolist(), reverse=True),
]


def least_cost(counts):
    """Return sum(counts * lengths) of an optimal code: the weights of all inner nodes."""
    heap = list(counts)
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        cost += both
        heapq.heappush(heap, both)
    return cost


def words_of(paths):
    """Return the code of each word as a text of 0 and 1."""
    return [
        "".join(str(int(c)) for c in codes[:n])
        for codes, n in zip(paths.codes, paths.lengths, strict=True)
    ]


@pytest.mark.parametrize("counts", COUNTS, ids=len)
def test_codes_are_as_short_as_can_be(counts):
    paths = huffman(counts)
    assert int(np.dot(counts, paths.lengths)) == least_cost(counts)
    assert sum(0.5**n for n in paths.lengths.tolist()) == 1
    assert paths.points.shape == paths.codes.shape == (len(counts), max(paths.lengths))


@pytest.mark.parametrize("counts", COUNTS, ids=len)
def test_no_code_begins_another_and_points_name_the_beginnings(counts):
    paths = huffman(counts)
    codes = words_of(paths)
    assert not any(b.startswith(a) for a, b in itertools.permutations(codes, 2))
    nodes = {}  # the beginning of a code, to the inner node where it ends
    for code, points in zip(codes, paths.points.tolist(), strict=True):
        for i in range(len(code)):
            assert nodes.setdefault(code[:i], points[i]) == points[i]
    assert sorted(nodes.values()) == list(range(len(counts) - 1))
    assert nodes[""] == len(counts) - 2  # the root
    past = np.arange(paths.points.shape[1]) >= paths.lengths[:, None]
    assert not paths.points[past].any() and not paths.codes[past].any()


@pytest.mark.parametrize("counts", [[3], [], [1, 2]])
def test_too_few_or_rising_counts_are_refused(counts):
    with pytest.raises(ValueError, match="huffman: expected 2 falling counts or more"):
        huffman(counts)
