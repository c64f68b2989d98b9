"""Draws from logits against distributions that are counted out by hand."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.models.sampling import keep_nucleus, keep_top_k, sample

V = 5
ROWS = np.random.default_rng(0).normal(size=(3, 4, V)).astype(np.float32)
TIES = np.array([[1, 2, 2, 0, 2], [3, 3, 3, 3, 3], [0, 5, 1, 5, 1]], np.float32)
SEEN = [*ROWS.reshape(-1, V), *TIES]


def softmax(row):
    powers = np.exp(row.astype(np.float64) - row.max())
    return powers / powers.sum()


def by_chance(row):
    """The ids from the likeliest on, equals by their number."""
    return sorted(range(len(row)), key=lambda i: (-row[i], i))


def top_k(row, k):
    return set(by_chance(row)[:k])


def nucleus(row, p):
    """The shortest beginning of the order whose sum reaches p, found by trying all lengths."""
    chances, order = softmax(row), by_chance(row)
    lengths = (n for n in range(1, len(row)) if chances[order[:n]].sum() >= p)
    return set(order[: next(lengths, len(row))])


def renormalised(row, kept):
    chances = softmax(row) * [i in kept for i in range(len(row))]
    return chances / chances.sum()


@pytest.mark.parametrize("k", range(1, V + 1))
def test_top_k_is_the_renormalised_distribution_of_the_k_likeliest(k):
    for row in SEEN:
        got = jax.nn.softmax(keep_top_k(row, k))
        np.testing.assert_allclose(got, renormalised(row, top_k(row, k)), rtol=1e-5)
        assert int((got > 0).sum()) == k


@pytest.mark.parametrize("p", [1e-6, 0.15, 0.33, 0.55, 0.77, 0.93, 0.999999])
def test_the_nucleus_is_the_renormalised_distribution_of_the_fewest_that_reach_p(p):
    for row in SEEN:
        got = jax.nn.softmax(keep_nucleus(row, p))
        np.testing.assert_allclose(got, renormalised(row, nucleus(row, p)), rtol=1e-5)


def test_the_filters_agree_with_every_subset():
    """Of all subsets of ids the filter leaves the smallest, likeliest one that is enough."""
    for row in ROWS.reshape(-1, V):
        chances = softmax(row)
        subsets = [s for n in range(1, V + 1) for s in itertools.combinations(range(V), n)]
        for k in (1, 3):
            best = max((s for s in subsets if len(s) == k), key=lambda s: chances[list(s)].sum())
            kept = np.flatnonzero(np.isfinite(keep_top_k(row, k)))
            assert tuple(kept) == best
        enough = [s for s in subsets if chances[list(s)].sum() >= 0.6]
        best = min(enough, key=lambda s: (len(s), -chances[list(s)].sum()))
        assert tuple(np.flatnonzero(np.isfinite(keep_nucleus(row, 0.6)))) == best


def test_what_keeps_all_changes_nothing():
    many = np.linspace(0, -80, 4000, dtype=np.float32)  # their chances are rounded to a sum of 1
    for rows in (ROWS, TIES, many):
        np.testing.assert_array_equal(keep_top_k(rows, rows.shape[-1]), rows)
        np.testing.assert_array_equal(keep_nucleus(rows, 1), rows)


def test_one_likeliest_is_greedy():
    key = jax.random.key(0)
    for rows in (ROWS, TIES):
        greedy = sample(key, rows, temperature=0)
        np.testing.assert_array_equal(greedy, rows.argmax(-1))
        np.testing.assert_array_equal(sample(key, rows, top_k=1), greedy)
        np.testing.assert_array_equal(sample(key, rows, nucleus=1e-9), greedy)
        tiny = sample(key, rows + 1e-3 * np.arange(V, 0, -1), temperature=1e-50)
        np.testing.assert_array_equal(tiny, (rows + 1e-3 * np.arange(V, 0, -1)).argmax(-1))
    signs = jnp.array([-0.0, 0.0])  # equal, so the first
    assert np.isfinite(keep_top_k(signs, 1)).tolist() == [True, False]
    assert int(sample(key, signs, temperature=0)) == 0


def test_frequencies_are_those_of_the_filtered_and_tempered_logits():
    row, draws = ROWS[0, 0], 20_000
    rows = jnp.broadcast_to(row, (draws, V))
    ids = np.asarray(sample(jax.random.key(1), rows, temperature=0.7, top_k=4, nucleus=0.9))
    # in this order: the nucleus is counted among the four that top_k leaves
    four = top_k(row, 4)
    cooled = np.where([i in four for i in range(V)], row / 0.7, -np.inf).astype(np.float32)
    want = renormalised(cooled, nucleus(cooled, 0.9))
    assert (want == 0).any() and (want > 0).sum() > 1
    got = np.bincount(ids, minlength=V) / draws
    np.testing.assert_allclose(got, want, atol=4 * 0.5 / np.sqrt(draws))
    assert (got[want == 0] == 0).all()


def test_ids_keep_the_leading_axes_and_depend_on_the_key_alone():
    key = jax.random.key(2)
    options = {"temperature": 0.8, "top_k": 3, "nucleus": 0.95}
    ids = sample(key, ROWS, **options)
    assert ids.shape == (3, 4) and ids.dtype == jnp.int32
    jitted = jax.jit(lambda key, rows: sample(key, rows, **options))
    np.testing.assert_array_equal(jitted(key, ROWS), ids)
    np.testing.assert_array_equal(sample(key, ROWS, **options), ids)
    keys = jax.random.split(key, 3)
    each = jax.vmap(lambda key, rows: sample(key, rows, **options))(keys, ROWS)
    for i in range(3):
        np.testing.assert_array_equal(each[i], sample(keys[i], ROWS[i], **options))
    for filtered in (lambda r: keep_top_k(r, 2), lambda r: keep_nucleus(r, 0.5)):
        one_by_one = np.stack([filtered(r) for r in ROWS.reshape(-1, V)]).reshape(ROWS.shape)
        np.testing.assert_array_equal(filtered(ROWS), one_by_one)
        np.testing.assert_array_equal(jax.vmap(filtered)(ROWS), one_by_one)
    assert sample(key, ROWS[0, 0]).shape == ()


def test_what_is_excluded_is_never_drawn():
    masked = jnp.where(jnp.arange(V) == 1, -jnp.inf, jnp.zeros((2000, V)))
    assert 1 not in sample(jax.random.key(3), masked, temperature=100.0)
    assert np.isinf(keep_top_k(masked[0], V)).tolist() == [i == 1 for i in range(V)]
    assert np.isinf(keep_nucleus(masked[0], 0.99)).tolist() == [i == 1 for i in range(V)]


def test_small_dtypes_are_drawn_from_in_float32():
    rows = jnp.asarray(ROWS, jnp.bfloat16)
    want = sample(jax.random.key(4), rows.astype(jnp.float32), nucleus=0.9)
    np.testing.assert_array_equal(sample(jax.random.key(4), rows, nucleus=0.9), want)
    assert keep_top_k(rows, 2).dtype == keep_nucleus(rows, 0.5).dtype == jnp.bfloat16


def test_wrong_numbers():
    row, key = ROWS[0, 0], jax.random.key(0)
    for k in (0, -1):
        with pytest.raises(ValueError, match=f"keep_top_k: k must be greater than zero, got {k}"):
            keep_top_k(row, k)
    with pytest.raises(ValueError, match=r"k should be at most V = 5, .*\[5\], got 6.*leave"):
        keep_top_k(row, 6)
    for bad in (2.0, True, "2"):
        with pytest.raises(TypeError, match="keep_top_k: k should be of type int"):
            sample(key, row, top_k=bad)
    with pytest.raises(ValueError, match="greater than zero, got -3"):
        sample(key, row, top_k=-3, temperature=0)
    for p in (0.0, -0.1, 1.1):
        with pytest.raises(ValueError, match="keep_nucleus: p should be above 0 and at most 1"):
            sample(key, row, nucleus=p, temperature=0)
    with pytest.raises(ValueError, match="p should be finite, got nan"):
        keep_nucleus(row, float("nan"))
    with pytest.raises(ValueError, match="temperature must be at least 0, got -1.*0 takes"):
        sample(key, row, temperature=-1.0)
    with pytest.raises(ValueError, match="temperature should be finite, got inf"):
        sample(key, row, temperature=float("inf"))
    with pytest.raises(TypeError, match="temperature should be a number, got: str"):
        sample(key, row, temperature="hot")


def test_wrong_arrays():
    with pytest.raises(ValueError, match=r"sample: logits should be scores \[..., V\].*got \[\]"):
        sample(jax.random.key(0), jnp.float32(1))
    with pytest.raises(ValueError, match=r"of at least one id, got \[2, 0\]"):
        keep_top_k(jnp.ones((2, 0)), 1)
    with pytest.raises(TypeError, match="keep_nucleus: logits should have a floating dtype.*int32"):
        keep_nucleus(jnp.arange(4, dtype=jnp.int32), 0.5)
    with pytest.raises(TypeError, match="sample: key: expected one key made by jax.random.key"):
        sample(3, ROWS)
