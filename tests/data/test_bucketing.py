"""Buckets by length: batches, the best buckets, and few compiled shapes."""

import itertools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxrnn.data.bucketing import Bucketed, good_buckets, padding_share
from jaxrnn.data.buckets import pad_to_bucket

LENGTHS = np.random.default_rng(0).integers(0, 40, 57)


def test_each_sequence_once_an_epoch_in_its_bucket():
    bucketed = Bucketed(LENGTHS, batch=4, buckets=[40, 10, 20, 99], seed=1)
    assert bucketed.shapes == ((10, 4), (20, 4), (40, 4))  # nothing needs 99
    orders = []
    for epoch in range(2):
        first = epoch * bucketed.per_epoch
        batches = [bucketed.batch_of(first + n) for n in range(bucketed.per_epoch)]
        for steps, examples, real in batches:
            fits = LENGTHS[examples]
            assert (fits <= steps).all() and (fits > {10: -1, 20: 10, 40: 20}[steps]).all()
            assert len(examples) == len(real) == 4 and real[0]
        order = np.concatenate([examples[real] for _, examples, real in batches]).tolist()
        assert sorted(order) == list(range(len(LENGTHS)))
        orders.append((order, [steps for steps, *_ in batches]))
    (order, steps), (other, other_steps) = orders
    assert order != other and steps != other_steps
    assert steps != sorted(steps)  # batches of all buckets are mixed
    partial = sum(not real.all() for _, _, real in map(bucketed.batch_of, range(first)))
    assert partial <= len(bucketed.shapes)


def test_e43_as_many_traces_as_shapes():
    random = np.random.default_rng(0)
    sequences = [random.normal(size=(length, 2)).astype(np.float32) for length in LENGTHS]
    bucketed = Bucketed(LENGTHS, 4, good_buckets(LENGTHS, 3))
    assert len(bucketed.shapes) == 3 < len(set(LENGTHS.tolist()))
    chex.clear_trace_counter()

    @jax.jit
    @chex.assert_max_traces(n=3)
    def total(xs, lengths, real):
        inside = (jnp.arange(len(xs), dtype=jnp.int32)[:, None] < lengths) & real
        return jnp.where(inside[..., None], xs, 0).sum()

    for epoch in range(2):
        sums = 0.0
        for place in range(bucketed.per_epoch):
            steps, examples, real = bucketed.batch_of(epoch * bucketed.per_epoch + place)
            xs, lengths = pad_to_bucket([sequences[i] for i in examples], [steps])
            sums += float(total(xs, lengths, real))
        np.testing.assert_allclose(sums, sum(s.sum() for s in sequences), rtol=1e-4)


def test_padding_is_told():
    bucketed = Bucketed([3, 9, 4, 2], 2, [4, 10])
    assert bucketed.padding == padding_share([3, 9, 4, 2], [4, 10]) == 1 - 18 / 22
    assert Bucketed([5, 5], 2, [5]).padding == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=9), st.integers(1, 4))
def test_no_buckets_waste_less(lengths, count):
    best = good_buckets(lengths, count)
    assert best == sorted(set(best)) and len(best) <= count
    assert best[-1] == max(1, *lengths, 0)
    choices = itertools.combinations(range(1, best[-1]), min(count, best[-1]) - 1)
    tried = [padding_share(lengths, [*choice, best[-1]]) for choice in choices]
    assert padding_share(lengths, best) <= min(tried, default=1.0) + 1e-12


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Bucketed([5], 1, [4]), ValueError, "5 steps is longer than the largest bucket, 4"),
        (lambda: Bucketed([5], 1, []), ValueError, "at least 1 step"),
        (lambda: Bucketed([5], 1, [0, 5]), ValueError, "a bucket must be greater than zero"),
        (lambda: Bucketed([5], 0, [5]), ValueError, "batch must be greater than zero"),
        (lambda: Bucketed([], 1, [5]), ValueError, "Bucketed: lengths .* not empty"),
        (lambda: Bucketed([-1], 1, [5]), ValueError, "lengths should be at least 0, got -1"),
        (lambda: Bucketed([1.5], 1, [5]), ValueError, "list of ints"),
        (lambda: good_buckets([1], 0), ValueError, "good_buckets: count must be greater"),
        (lambda: good_buckets([], 1), ValueError, "good_buckets: lengths .* not empty"),
    ],
)
def test_bad_bucketing(make, error, message):
    with pytest.raises(error, match=message):
        make()
