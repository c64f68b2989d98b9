"""Early stopping waits as long as it is told, and survives JSON."""

import json
import math

import pytest

from jaxrnn.training import Patience, Waiting


def fold(patience, scores, waiting=None):
    """Return (when it stops, what is remembered)."""
    waiting = Waiting() if waiting is None else waiting
    for place, score in enumerate(scores):
        waiting = patience.after(waiting, score)
        if patience.over(waiting):
            return place, waiting
    return None, waiting


def test_it_stops_after_so_many_without_a_better_one():
    assert fold(Patience(2), [3, 2, 2, 2, 1]) == (3, Waiting(2.0, 2))
    assert fold(Patience(3), [3, 2, 2, 2.5, 1]) == (None, Waiting(1.0, 0))
    assert fold(Patience(1, higher_is_better=True), [3, 4, 4]) == (2, Waiting(4.0, 1))


def test_better_is_better_by_min_delta():
    assert fold(Patience(2, 0.5), [3, 2.6, 2.5]) == (2, Waiting(3.0, 2))
    assert fold(Patience(2, 0.5), [3, 2.4, 2.4]) == (None, Waiting(2.4, 1))


def test_nan_is_never_better_and_an_inf_can_be_bettered():
    assert fold(Patience(2), [math.nan, None]) == (1, Waiting(None, 2))
    assert fold(Patience(2), [math.nan, 1.0, math.nan, 0.5]) == (None, Waiting(0.5, 0))


def test_a_restart_goes_on_waiting():
    scores, patience = [3, 2, 2.5, 2.5, 2.2, 2.1], Patience(4)
    whole = fold(patience, scores)
    for cut in range(len(scores)):
        _, waiting = fold(patience, scores[:cut])
        again = Waiting(**json.loads(json.dumps(waiting._asdict())))
        place, end = fold(patience, scores[cut:], again)
        assert (place + cut, end) == whole


@pytest.mark.parametrize("fields", [{"patience": 0}, {"patience": 1, "min_delta": -1.0}])
def test_wrong_numbers_are_named(fields):
    with pytest.raises(ValueError, match=f"Patience: {list(fields)[-1]} must be"):
        Patience(**fields)
