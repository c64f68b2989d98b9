"""Batches as functions of their number: F18, and what a stream is recognised by (F17)."""

import dataclasses
import hashlib
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxrnn.data.batches import shuffled
from jaxrnn.data.bucketing import Bucketed
from jaxrnn.data.epochs import Epochs
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.packed import pack, packed_rows
from jaxrnn.data.text import streams


def test_each_example_once_an_epoch_and_the_last_batch_is_filled():
    epochs = Epochs(10, batch=4, seed=3)
    assert epochs.per_epoch == 3
    seen = []
    for epoch in range(3):
        batches = [epochs.batch_of(3 * epoch + place) for place in range(3)]
        assert [real.sum() for _, real in batches] == [4, 4, 2]
        for examples, real in batches:
            assert examples.dtype == np.int64 and examples.shape == real.shape == (4,)
        # a real example of the same batch fills it
        assert set(batches[2][0][2:]) == {batches[2][0][0]}
        seen.append(np.concatenate([examples[real] for examples, real in batches]).tolist())
        assert sorted(seen[-1]) == list(range(10))
    assert seen[0] != seen[1] != seen[2] != seen[0]


def test_one_order_for_epochs_and_shuffled():
    epochs = Epochs(12, batch=4, seed=5)
    for number in range(7):
        np.testing.assert_array_equal(epochs.batch_of(number)[0], shuffled(number, 12, 4, seed=5))
    # the numbers of a fixed seed: another order would break runs that go on
    assert Epochs(5, 5).batch_of(0)[0].tolist() == [2, 4, 3, 0, 1]


def test_without_shuffling():
    epochs = Epochs(3, batch=2, shuffle=False)
    assert [epochs.batch_of(n)[0].tolist() for n in range(4)] == [[0, 1], [2, 2], [0, 1], [2, 2]]


def test_a_batch_larger_than_the_data():
    examples, real = Epochs(2, batch=5, shuffle=False).batch_of(7)
    assert examples.tolist() == [0, 1, 0, 0, 0] and real.tolist() == [True, True, *[False] * 3]


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"count": 0}, ValueError, "Epochs: count must be greater than zero"),
        ({"batch": 0}, ValueError, "Epochs: batch must be greater than zero"),
        ({"batch": 2.0}, TypeError, "Epochs: batch should be of type int"),
        ({"seed": -1}, ValueError, "Epochs: seed should be at least 0, got -1"),
        ({"shuffle": 1}, TypeError, "Epochs: shuffle should be of type bool"),
    ],
)
def test_bad_epochs(fields, error, message):
    with pytest.raises(error, match=message):
        Epochs(**{"count": 5, "batch": 2} | fields)


def test_bad_numbers():
    for batches in (Epochs(5, 2), Bucketed([1, 2], 1, [2])):
        with pytest.raises(ValueError, match="batch_of: number should be at least 0, got -1"):
            batches.batch_of(-1)
        with pytest.raises(TypeError, match="batch_of: number should be of type int"):
            batches.batch_of(1.0)


LENGTHS = [3, 9, 1, 4, 4, 7, 2, 9, 5, 1, 3]
SEQUENCES = [np.full(length, place) for place, length in enumerate(LENGTHS)]


def epochs_stream(**changes):
    return Epochs(**{"count": 11, "batch": 4, "seed": 1} | changes), "batch_of", 3


def bucketed_stream():
    return Bucketed(LENGTHS, 2, [4, 10], seed=1), "batch_of", 4 + 2


def lanes_stream():
    reading = streams(np.arange(23), batch=3, steps=2)
    return reading, "chunk", reading.chunks


@dataclasses.dataclass(frozen=True)
class PackedEpochs:
    """Rows of packed sequences: the parts put together as a trainer does."""

    epochs: Epochs

    def batch_of(self, number):
        packed = pack(SEQUENCES, steps=9)
        return tuple(packed_rows(packed, *self.epochs.batch_of(number)))


def packed_stream():
    rows = pack(SEQUENCES, steps=9).xs.shape[1]
    return PackedEpochs(Epochs(rows, 4, seed=2)), "batch_of", -(-rows // 4)


STREAMS = (epochs_stream, bucketed_stream, lanes_stream, packed_stream)


def digest(batch):
    parts = batch if isinstance(batch, tuple) else (batch,)
    return hashlib.sha256(b"".join(np.asarray(part).tobytes() for part in parts)).hexdigest()


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.__name__)
def test_f18_restored_at_every_step_the_rest_is_the_same(stream):
    made, name, per_epoch = stream()
    assert getattr(made, "per_epoch", per_epoch) == per_epoch
    total = 2 * per_epoch + per_epoch // 2 + 1  # over two ends of an epoch, into the third
    whole = []
    for number in range(total):
        batch = getattr(made, name)(number)
        whole.append(digest(batch))
        for part in batch:  # what a caller does to its batch is its own affair
            if isinstance(part, np.ndarray):
                part[...] = 0
    assert len(set(whole)) > per_epoch  # epochs differ, or the test would see nothing
    for number in range(total):
        again = stream()[0]
        rest = [digest(getattr(again, name)(n)) for n in range(number, total)]
        assert rest == whole[number:]
    kept = pickle.loads(pickle.dumps(made))
    assert [digest(getattr(kept, name)(n)) for n in reversed(range(total))] == whole[::-1]


@pytest.mark.parametrize("change", [{"count": 12}, {"batch": 3}, {"seed": 2}, {"shuffle": False}])
def test_f17_other_settings_have_another_fingerprint(change):
    assert fingerprint(epochs_stream()[0]) == fingerprint(epochs_stream()[0])
    assert fingerprint(epochs_stream()[0]) != fingerprint(epochs_stream(**change)[0])


@settings(max_examples=50, deadline=None)
@given(
    count=st.integers(1, 30), batch=st.integers(1, 12), seed=st.integers(0, 2**40),
    epoch=st.integers(0, 1000),
)  # fmt: skip
def test_any_epoch_holds_each_example_once(count, batch, seed, epoch):
    epochs = Epochs(count, batch, seed)
    numbers = range(epoch * epochs.per_epoch, (epoch + 1) * epochs.per_epoch)
    chosen = [epochs.batch_of(number) for number in numbers]
    assert all(real.any() and len(examples) == batch for examples, real in chosen)
    real = np.concatenate([examples[real] for examples, real in chosen])
    assert sorted(real.tolist()) == list(range(count))


PARTS = (
    None, True, 1, 1.0, "1", b"1", [], [1], [[1]], {}, {"a": 1}, {"a": {}}, ["a", "b"], ["ab"],
    ["ab", ""], np.array(1), np.array([1]), np.array([[1]]), np.array([1], np.int32),
    np.array([1.0]), np.array([], np.int32), np.array([1, 0]), np.array(["1"]), np.array([True]),
    float("nan"), "\ud800", [1, [2]], [[1], 2], Epochs(3, 2), {"count": 3, "batch": 2},
)  # fmt: skip


def test_f17_fingerprints_tell_parts_apart():
    prints = [fingerprint(part) for part in PARTS]
    assert len(set(prints)) == len(prints)
    assert fingerprint("a", "b") != fingerprint("ab") != fingerprint(["a", "b"])
    # never another: it stands in checkpoints
    assert fingerprint(np.arange(3, dtype=np.int32), {"b": [1, 0.5], "a": None}) == (
        "ac1e87bfda0bbc9030024087b5536b2167ac93367483ff8aa81792dd9c6cfbb3"
    )


def test_fingerprints_see_values_not_memory():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    same = [array.copy("F"), array.astype(">f4"), np.repeat(array, 2, axis=0)[::2]]
    assert {fingerprint(a) for a in same} == {fingerprint(array)}
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint((1, 2)) == fingerprint([1, 2])
    changed = array.copy()
    changed[2, 3] = np.nextafter(changed[2, 3], 100)
    assert fingerprint(changed) != fingerprint(array)


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ({1, 2}, r"parts\[1\] is of type set"),
        ([0, {"a": object()}], r"parts\[1\]\[1\]\.a is of type object"),
        ({1: 2}, r"parts\[1\] is a dict with keys that are no strings"),
        (np.array([None]), r"parts\[1\] is an array of Python objects"),
        (Epochs, r"parts\[1\] is of type type"),
    ],
)
def test_fingerprints_of_nothing_else(part, where):
    with pytest.raises(TypeError, match=where):
        fingerprint(0, part)
