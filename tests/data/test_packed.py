"""Packing: rows of many sequences give what each sequence gives alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxrnn import GRU, scan
from jaxrnn.data.packed import pack, packed_rows, unpack


def test_a_scan_over_packed_rows_is_the_scan_of_each_sequence():
    random = np.random.default_rng(0)
    sequences = [random.normal(size=(length, 3)) for length in (4, 7, 1, 2, 3, 7, 2)]
    packed = pack(sequences, steps=8)
    assert packed.xs.shape == (8, 4, 3)  # 26 steps
    cell = GRU(2)
    with jax.enable_x64(True):
        params = cell.init(jax.random.key(0), 3)
        alone = jax.jit(lambda xs: scan(cell, params, None, xs)[1])

        def loss(params):
            xs = jnp.array(packed.xs)
            ys = scan(cell, params, None, xs, mask=packed.mask, resets=packed.resets)[1]
            return (ys**2).sum(), ys

        grads, ys = jax.jit(jax.grad(loss, has_aux=True))(params)
        outputs = [alone(jnp.array(sequence)) for sequence in sequences]
        for got, want in zip(unpack(packed, ys), outputs, strict=True):
            np.testing.assert_allclose(got, want, atol=1e-14)

        def loss_alone(params):
            return sum((scan(cell, params, None, xs)[1] ** 2).sum() for xs in each)

        each = [jnp.array(sequence) for sequence in sequences]
        for got, want in zip(grads, jax.jit(jax.grad(loss_alone))(params), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-12)


def test_rows_of_a_batch():
    packed = pack([np.arange(1, n + 1) for n in (3, 3, 2, 2, 1)], steps=4)
    rows, real = np.array([2, 0, 0]), np.array([True, True, False])
    batch = packed_rows(packed, rows, real)
    assert batch.xs.shape == (4, 3)
    assert not batch.mask[:, 2].any() and not batch.resets[:, 2].any()
    np.testing.assert_array_equal(batch.xs[:, 0], packed.xs[:, 2])
    present = sorted(set(packed.source[:, [0, 2]].ravel().tolist()) - {-1})
    outputs = unpack(batch, batch.xs)
    assert [y.tolist() for y in outputs] == [
        list(range(1, 1 + (3, 3, 2, 2, 1)[source])) for source in present
    ]
    assert packed.mask.all(0).any()  # the whole is untouched
    assert unpack(packed_rows(packed, rows, np.zeros(3, bool)), batch.xs) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_any_packing_is_complete_and_tight(lengths):
    sequences = [np.arange(length) + 100 * place for place, length in enumerate(lengths)]
    packed = pack(sequences, steps=9)
    for got, want in zip(unpack(packed, packed.xs), sequences, strict=True):
        np.testing.assert_array_equal(got, want)
    assert packed.mask.sum() == sum(lengths) and packed.resets.sum() == len(lengths)
    assert (packed.xs[~packed.mask] == 0).all()
    np.testing.assert_array_equal(packed.mask, packed.source >= 0)
    fewest = -(-sum(lengths) // 9)
    assert fewest <= packed.xs.shape[1] <= 2 * fewest  # any two rows hold more than one
    for a, b in zip(packed, pack([s * 2 for s in sequences], steps=9), strict=True):
        assert a is packed.xs or np.array_equal(a, b)  # places depend on lengths only


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "sequences is empty"),
        ([np.ones(3), np.ones(9)], "index 1 has 9 steps, expected 1 to steps=8. Cut it"),
        ([np.ones(0)], "index 0 has 0 steps, expected 1 to steps=8. Leave it out"),
        ([np.ones((2, 1)), np.ones((2, 2))], r"float64\[2, 1\] at index 0 and .* at index 1"),
        ([np.ones(2), np.ones(2, int)], r"and int64\[2\] at index 1"),
        ([np.ones(())], r"float64\[\] at index 0"),
    ],
)
def test_bad_packing(sequences, message):
    with pytest.raises(ValueError, match=message):
        pack(sequences, steps=8)


def test_outputs_of_another_shape():
    packed = pack([np.ones(3)], steps=4)
    with pytest.raises(ValueError, match=r"\[T=4, R=1, ...\], got shape \(1, 4\)"):
        unpack(packed, np.ones((1, 4)))
