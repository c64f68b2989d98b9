"""Attention against loops over rows and steps, and masks against sequences that are cut."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.models.attention import Additive, Multiplicative, ScaledDot

S, B, Q, K, V, A = 5, 4, 3, 3, 2, 6  # Q = K: ScaledDot needs it
LENGTHS = np.array([3, 5, 1, 0])
KINDS = (Additive(A), Multiplicative(), ScaledDot())
kinds = pytest.mark.parametrize("attention", KINDS, ids=lambda a: type(a).__name__)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def data(attention):
    rng = np.random.default_rng(0)
    params = attention.init(jax.random.key(0), Q, K)
    params = jax.tree.map(lambda a: jnp.asarray(rng.normal(size=a.shape)), params)
    shapes = ((B, Q), (S, B, K), (S, B, V))
    return params, *(jnp.asarray(rng.normal(size=shape)) for shape in shapes)


def score(params, query, key):
    """The score of one query and one key, written out."""
    names = getattr(params, "_fields", ())
    if "v" in names:
        return float(np.tanh(query @ params.w_q + key @ params.w_k) @ params.v)
    if "w" in names:
        return float(query @ params.w @ key)
    return float(query @ key) / np.sqrt(len(key))


def by_hand(params, query, keys, values, length):
    scores = np.array([score(params, query, key) for key in keys[:length]])
    weights = np.zeros(S)
    weights[:length] = np.exp(scores) / np.exp(scores).sum() if length else 0
    return sum((w * v for w, v in zip(weights, values, strict=True)), np.zeros(V)), weights


@kinds
def test_it_is_the_loop_over_rows_and_steps(attention):
    params, query, keys, values = data(attention)
    for lengths in (np.full(B, S), LENGTHS):
        given = None if lengths.min() == S else lengths
        memory = attention.prepare(params, keys, values, lengths=given)
        context, weights = attention.apply(params, query, memory)
        for b in range(B):
            wanted = by_hand(
                jax.tree.map(np.asarray, params), *map(np.asarray, (query[b], keys[:, b])),
                np.asarray(values[:, b]), lengths[b],
            )  # fmt: skip
            np.testing.assert_allclose(context[b], wanted[0], rtol=1e-12)
            np.testing.assert_allclose(weights[:, b], wanted[1], rtol=1e-12)


@kinds
@pytest.mark.parametrize("filler", [1e30, np.nan, np.inf])
def test_e29_padding_has_weight_and_gradient_exactly_0(attention, filler):
    params, query, keys, values = data(attention)
    mask = np.arange(S)[:, None] < LENGTHS
    mask[1, 1] = False  # a hole
    hidden = jnp.asarray(~mask[..., None])

    @jax.jit
    @jax.value_and_grad
    def run(given, filler):
        params, query, keys, values = given
        keys, values = (jnp.where(hidden, filler, a) for a in (keys, values))
        memory = attention.prepare(params, keys, values, mask=mask)
        context, weights = attention.apply(params, query, memory)
        return (jnp.sin(context) * jnp.arange(1.0, V + 1)).sum() + (weights**2).sum()

    @jax.jit
    @jax.grad
    def padding(given):
        memory = attention.prepare(params, *given, mask=mask)
        return jnp.sin(attention.apply(params, query, memory).context).sum()

    given = (params, query, keys, values)
    chex.assert_trees_all_equal(run(given, filler), run(given, 0.0))
    chex.assert_tree_all_finite(run(given, filler))
    filled = tuple(jnp.where(hidden, filler, a) for a in (keys, values))
    for grads in padding(filled):
        chex.assert_tree_all_finite(grads)
        assert float(abs(jnp.where(hidden, grads, 0)).max()) == 0
        assert float(abs(grads).max()) > 0
    weights = attention.apply(params, query, attention.prepare(params, *filled, mask=mask)).weights
    assert np.asarray(weights == 0).tolist() == (~mask).tolist()


@kinds
def test_without_a_real_step_the_context_is_0_and_debugging_finds_no_nan(attention):
    params, query, keys, values = data(attention)

    def loss(given, lengths):
        params, query, keys, values = given
        memory = attention.prepare(params, keys, values, lengths=lengths)
        return (attention.apply(params, query, memory).context ** 2).sum()

    with jax.debug_nans(True):
        value, grads = jax.value_and_grad(loss)(
            (params, query, keys, values), np.zeros(B, np.int32)
        )
    assert float(value) == 0
    assert all(float(abs(g).max()) == 0 for g in jax.tree.leaves(grads))
    none = attention.prepare(params, keys[:0], values[:0])
    context, weights = attention.apply(params, query, none)
    assert weights.shape == (0, B) and float(abs(context).max()) == 0


@kinds
def test_any_batch_axes_and_all_queries_at_once(attention):
    params, query, keys, _ = data(attention)
    memory = attention.prepare(params, keys)
    whole = attention.apply(params, query, memory)
    chex.assert_trees_all_equal(memory.values, keys)
    two = attention.prepare(params, keys.reshape(S, 2, 2, K))
    split = attention.apply(params, query.reshape(2, 2, Q), two)
    np.testing.assert_allclose(split.context.reshape(B, K), whole.context, rtol=1e-12)
    one = attention.apply(params, query[1], attention.prepare(params, keys[:, 1]))
    np.testing.assert_allclose(one.context, whole.context[1], rtol=1e-12)
    many = jax.vmap(attention.apply, (None, 0, None))(params, jnp.stack([query, -query]), memory)
    chex.assert_trees_all_close(jax.tree.map(lambda a: a[0], many), whole, rtol=1e-12)


@kinds
def test_small_dtypes_are_summed_in_float32(attention):
    with jax.enable_x64(False):
        given = jax.tree.map(lambda a: jnp.asarray(a, jnp.bfloat16), data(attention))
        params, query, keys, values = given
        memory = attention.prepare(params, keys, values, lengths=LENGTHS)
        context, weights = attention.apply(params, query, memory)
    assert (context.dtype, weights.dtype) == (jnp.bfloat16, jnp.float32)
    np.testing.assert_allclose(weights.sum(0), LENGTHS > 0, atol=1e-6)


def test_errors_say_what_was_expected():
    attention = Additive(A)
    params, query, keys, values = data(attention)
    memory = attention.prepare(params, keys, values)
    with pytest.raises(ValueError, match="Additive: size must be greater than zero, got 0"):
        Additive(0)
    with pytest.raises(ValueError, match="query_size and key_size should be equal, got 3 and 4"):
        ScaledDot().init(jax.random.key(0), 3, 4)
    with pytest.raises(ValueError, match=r"keys should be 3 wide .* got \[5, 4, 2\]"):
        attention.prepare(params, values)
    with pytest.raises(ValueError, match=r"same steps, got \[5, 4, 3\] and \[4, 4, 2\]"):
        attention.prepare(params, keys, values[1:])
    with pytest.raises(ValueError, match=r"batch of the memory, \[4\], got \[2, 3\]"):
        attention.apply(params, query[:2], memory)
    with pytest.raises(TypeError, match="query should be floating, got int"):
        attention.apply(params, jnp.ones((B, Q), int), memory)
    with pytest.raises(ValueError, match="mask should have shape"):
        attention.prepare(params, keys, mask=np.ones((S, 1), bool))
