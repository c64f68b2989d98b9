"""A split that is the same for ever and tears no family apart."""

import numpy as np
import pytest

from jaxrnn.data.hash_split import hash_split

NAMES = [f"name {i % 150}" for i in range(400)]


def test_each_example_is_in_one_part_with_its_whole_family():
    split = hash_split(NAMES)
    places = np.concatenate(split)
    assert sorted(places.tolist()) == list(range(400))
    families = [{NAMES[i] for i in part} for part in split]
    assert not families[0] & families[1] and not (families[0] | families[1]) & families[2]
    assert [len(family) for family in families] == [120, 15, 15]


def test_the_order_does_not_matter_and_the_parts_are_pinned():
    split = hash_split(NAMES[::-1])
    tested = {NAMES[::-1][i] for i in split.test}
    assert tested == {NAMES[i] for i in hash_split(NAMES).test}
    assert [part.tolist() for part in hash_split(list("abcdefgh"), held_out=0.2)] == [
        [0, 4, 6, 7], [1, 2], [3, 5],
    ]  # fmt: skip


def test_what_cannot_be_split_is_said():
    with pytest.raises(ValueError, match="at least 3 different ones.* got 2"):
        hash_split(["a", "b", "a"])
    with pytest.raises(ValueError, match="held_out should be above 0 and below 0.5, got 0.5"):
        hash_split(NAMES, held_out=0.5)
