"""A chain of tags against the enumeration of all K^T paths."""

import itertools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.models.crf import CRF, CRFParams

T, B, K = 4, 5, 3
LENGTHS = np.array([4, 2, 0, 1, 3])
MASK = np.array([[1, 0, 0, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [1, 1, 0, 0, 1]], bool)
FULL = np.ones((T, B), bool)
MASKS = {"full": FULL, "lengths": np.arange(T)[:, None] < LENGTHS, "holes": MASK}
masks = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def data():
    rng = np.random.default_rng(0)
    shapes = ((K, K), (K,), (K,), (T, B, K))
    *params, emissions = (jnp.asarray(rng.normal(size=shape)) for shape in shapes)
    return CRFParams(*params), emissions, jnp.asarray(rng.integers(0, K, (T, B)))


def score(params, emissions, tags):
    """The scores of paths [..., T] for emissions [T, K], term by term."""
    if not tags.shape[-1]:
        return np.zeros(tags.shape[:-1])
    total = params.start[tags[..., 0]] + params.end[tags[..., -1]]
    total += emissions[np.arange(len(emissions)), tags].sum(-1)
    return total + params.transitions[tags[..., :-1], tags[..., 1:]].sum(-1)


def paths(steps):
    return np.array(list(itertools.product(range(K), repeat=steps)), int)


def counts(tags):
    """What the score of paths [N, T] is made of, as its derivatives: [N, ...] each."""
    one_hot = np.eye(K)[tags]
    transitions = np.einsum("nti,ntj->nij", one_hot[:, :-1], one_hot[:, 1:])
    return transitions, one_hot[:, 0], one_hot[:, -1], one_hot


@masks
def test_log_likelihood_and_gradients_are_those_of_all_paths(mask):
    params, emissions, tags = data()

    def ours(params, emissions):
        log_p = CRF(K).log_likelihood(params, emissions, tags, mask=mask)
        return (jnp.arange(1.0, B + 1) * log_p).sum(), log_p

    (_, log_p), grads = jax.value_and_grad(ours, (0, 1), has_aux=True)(params, emissions)
    plain = jax.tree.map(np.asarray, (params, emissions))
    wanted = jax.tree.map(np.zeros_like, plain)
    for b in range(B):
        kept = np.flatnonzero(mask[:, b])
        own, chosen, every = plain[1][kept, b], np.asarray(tags)[kept, b], paths(len(kept))
        chances = np.exp(score(plain[0], own, every))
        mine = np.log(np.exp(score(plain[0], own, chosen)) / chances.sum())
        np.testing.assert_allclose(log_p[b], mine, atol=1e-12)
        if len(kept):
            expected = [np.tensordot(chances / chances.sum(), c, 1) for c in counts(every)]
            slopes = [
                (b + 1) * (c[0] - e) for c, e in zip(counts(chosen[None]), expected, strict=True)
            ]
            for total, part in zip(wanted[0], slopes[:3], strict=True):
                total += part
            wanted[1][kept, b] += slopes[3]
    chex.assert_trees_all_close(grads, wanted, atol=1e-12)


@masks
def test_decoding_finds_the_best_of_all_paths(mask):
    params, emissions, _ = jax.tree.map(np.asarray, data())
    tags, scores = CRF(K).decode(params, emissions, mask=mask)
    for b in range(B):
        kept = np.flatnonzero(mask[:, b])
        own = np.asarray(emissions)[kept, b]
        every = score(params, own, paths(len(kept)))
        best = paths(len(kept))[every.argmax()]
        assert np.asarray(tags)[kept, b].tolist() == best.tolist()
        np.testing.assert_allclose(scores[b], every.max(), atol=1e-12)
    assert not np.asarray(tags)[~mask].any()
    assert tags.dtype == jnp.int32


def test_lengths_are_the_mask_they_stand_for():
    params, emissions, tags = data()
    mask = MASKS["lengths"]
    chex.assert_trees_all_equal(
        CRF(K).log_likelihood(params, emissions, tags, lengths=LENGTHS),
        CRF(K).log_likelihood(params, emissions, tags, mask=mask),
    )
    chex.assert_trees_all_equal(
        CRF(K).decode(params, emissions, lengths=LENGTHS),
        CRF(K).decode(params, emissions, mask=mask),
    )


def test_probabilities_of_all_tags_sum_to_1():
    params, emissions, _ = data()
    every = jnp.asarray(paths(T)).T  # [T, K^T]
    one = jnp.tile(emissions[:, :1], (1, K**T, 1))
    log_p = CRF(K).log_likelihood(params, one, every)
    np.testing.assert_allclose(jnp.exp(log_p).sum(), 1, rtol=1e-12)


def test_zero_weights_are_independent_softmaxes():
    _, emissions, tags = data()
    params = CRF(K).init(jax.random.key(0))
    log_p = jax.nn.log_softmax(emissions)
    wanted = jnp.take_along_axis(log_p, tags[..., None], axis=-1)[..., 0].sum(0)
    got = CRF(K).log_likelihood(params, emissions, tags)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    np.testing.assert_array_equal(CRF(K).decode(params, emissions).tags, emissions.argmax(-1))


@pytest.mark.parametrize("filler", [np.nan, np.inf, 1e38])
def test_e29_what_padding_holds_changes_nothing(filler):
    params, emissions, tags = data()
    hidden = jnp.asarray(~MASK)

    def loss(params, emissions, tags):
        return CRF(K).log_likelihood(params, emissions, tags, mask=MASK).sum()

    run = jax.value_and_grad(loss, (0, 1))
    filled = jnp.where(hidden[..., None], filler, emissions)
    value, grads = run(params, filled, jnp.where(hidden, -7, tags))
    chex.assert_trees_all_equal((value, grads), run(params, emissions, tags))
    chex.assert_tree_all_finite((value, grads))
    assert float(abs(jnp.where(hidden[..., None], grads[1], 0)).max()) == 0
    decoded = CRF(K).decode(params, filled, mask=MASK)
    chex.assert_trees_all_equal(decoded, CRF(K).decode(params, emissions, mask=MASK))


def test_no_step_no_batch_and_one_step():
    params, emissions, tags = data()
    crf = CRF(K)
    assert crf.log_likelihood(params, emissions[:0], tags[:0]).tolist() == [0] * B
    decoded = crf.decode(params, emissions[:0])
    assert decoded.tags.shape == (0, B) and decoded.scores.tolist() == [0] * B
    whole = crf.log_likelihood(params, emissions, tags)
    one = crf.log_likelihood(params, emissions[:, 1], tags[:, 1])
    np.testing.assert_allclose(one, whole[1], rtol=1e-12)
    first = params.start + emissions[0, 0] + params.end
    single = crf.log_likelihood(params, emissions[:1, 0], tags[:1, 0])
    np.testing.assert_allclose(single, jax.nn.log_softmax(first)[tags[0, 0]], rtol=1e-12)


def test_a_forbidden_transition_is_never_decoded_and_leaves_gradients_finite():
    params, emissions, _ = data()
    params = params._replace(transitions=params.transitions.at[0, 1].set(-1e4).at[2].set(-1e4))
    tags = np.asarray(CRF(K).decode(params, emissions).tags)
    steps = list(zip(tags[:-1].ravel(), tags[1:].ravel(), strict=True))
    assert (0, 1) not in steps and not any(a == 2 for a, _ in steps)

    def loss(params):
        return CRF(K).log_likelihood(params, emissions, jnp.asarray(tags)).sum()

    chex.assert_tree_all_finite(jax.grad(loss)(params))


@pytest.mark.parametrize("wrong", [-1, K])
def test_a_tag_that_does_not_exist_gives_nan_in_its_own_row(wrong):
    params, emissions, tags = data()
    log_p = CRF(K).log_likelihood(params, emissions, tags.at[1, 2].set(wrong))
    assert np.isnan(log_p).tolist() == [b == 2 for b in range(B)]


def test_small_dtypes_are_summed_in_float32():
    params, emissions, tags = data()
    small = emissions.astype(jnp.bfloat16)
    assert CRF(K).log_likelihood(params, small, tags).dtype == jnp.float32
    assert CRF(K).decode(params, small).scores.dtype == jnp.float32


def test_errors_say_what_was_expected():
    params, emissions, tags = data()
    crf = CRF(K)
    with pytest.raises(ValueError, match="CRF: size must be greater than zero, got 0"):
        CRF(0)
    with pytest.raises(ValueError, match=r"should be \[T, \*batch, K=4\], got \[4, 5, 3\]"):
        CRF(4).decode(params, emissions)
    with pytest.raises(TypeError, match="emissions should be floating, got int64"):
        crf.log_likelihood(params, tags, emissions)
    with pytest.raises(TypeError, match="tags should be integers"):
        crf.log_likelihood(params, emissions, emissions[..., 0])
    with pytest.raises(ValueError, match=r"tags should be \[T, B\] = \[4, 5\].* got \[5, 4\]"):
        crf.log_likelihood(params, emissions, tags.T)
    with pytest.raises(ValueError, match="lengths must be >= 0 and <= T=4, got 9 at index 1"):
        crf.decode(params, emissions, lengths=np.array([1, 9, 1, 1, 1]))
