"""The four losses against their formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from jaxrnn.embeddings import (
    Hidden,
    HierarchicalSoftmax,
    NegativeSampling,
    cbow,
    cbow_undivided,
    huffman,
    logistic_loss,
    skip_gram,
)

RNG = np.random.default_rng(0)
COUNTS = [40, 17, 9, 9, 4, 2, 1]
VALID = np.array([[True, True, False, True], [False] * 4, [False, False, True, False]])


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def one(h):
    return Hidden(jnp.asarray(h)[None, None], jnp.ones((1, 1), bool))


def test_negative_sampling_is_its_formula():
    h, v = RNG.normal(size=5), RNG.normal(size=(7, 5))
    objective = NegativeSampling(negatives=3)
    targets = objective.targets(objective.tables(COUNTS), jnp.array([4]), jax.random.key(0))
    noise = np.asarray(targets.rows)[0, 1:]
    assert 4 not in noise
    loss = logistic_loss(one(h), jnp.asarray(v)[targets.rows], targets.labels, targets.asked)
    expected = np.log1p(np.exp(-v[4] @ h)) + np.log1p(np.exp(v[noise] @ h)).sum()
    assert float(loss) == pytest.approx(expected, rel=1e-12)


def test_noise_that_is_the_word_itself_is_not_asked():
    objective = NegativeSampling(negatives=40)
    targets = objective.targets(objective.tables([5, 1]), jnp.array([0, 1]), jax.random.key(0))
    rows = np.asarray(targets.rows)
    assert (rows[:, 0] == [0, 1]).all() and targets.asked[:, 0].all() and targets.labels[:, 0].all()
    assert not targets.labels[:, 1:].any()
    np.testing.assert_array_equal(targets.asked[:, 1:], rows[:, 1:] != rows[:, :1])
    assert (rows[0, 1:] == 0).any()


def test_probabilities_of_the_hierarchical_softmax_have_the_sum_one():
    words = len(COUNTS)
    objective = HierarchicalSoftmax()
    v = jnp.asarray(RNG.normal(size=(objective.rows(words), 5)))
    everyone = jnp.arange(words, dtype=jnp.int32)
    targets = objective.targets(objective.tables(COUNTS), everyone, jax.random.key(0))
    h = RNG.normal(size=5)
    minus_log = [
        float(logistic_loss(one(h), v[rows][None], labels[None], asked[None]))
        for rows, labels, asked in zip(*targets, strict=True)
    ]
    assert np.exp(-np.array(minus_log)).sum() == pytest.approx(1, rel=1e-12)
    paths = huffman(COUNTS)  # and each is the product along its path
    for word in range(words):
        n = paths.lengths[word]
        signs = np.where(paths.codes[word, :n], -1, 1)
        scores = signs * (np.asarray(v)[paths.points[word, :n]] @ h)
        assert minus_log[word] == pytest.approx(np.log1p(np.exp(-scores)).sum(), rel=1e-12)


def test_skip_gram_predicts_with_each_context():
    rows = jnp.asarray(RNG.normal(size=(3, 4, 2)))
    h, valid = skip_gram(rows, jnp.asarray(VALID))
    assert (h == rows).all() and (valid == VALID).all()


@pytest.mark.parametrize("function", [cbow, cbow_undivided])
def test_cbow_predicts_with_the_mean_and_not_at_all_without_contexts(function):
    rows = RNG.normal(size=(3, 4, 2))
    h, valid = function(jnp.asarray(rows), jnp.asarray(VALID))
    np.testing.assert_allclose(h[0, 0], rows[0, VALID[0]].mean(0), rtol=1e-12)
    np.testing.assert_allclose(h[2, 0], rows[2, 2], rtol=1e-12)
    assert valid.tolist() == [[True], [False], [True]]
    assert not h[1].any()


def test_gradients_of_both_cbows():
    rows, slope = jnp.asarray(RNG.normal(size=(3, 4, 2))), RNG.normal(size=(3, 1, 2))
    grads = [
        jax.grad(lambda r, f=f: (f(r, jnp.asarray(VALID)).h * slope).sum())(rows)
        for f in (cbow, cbow_undivided)
    ]
    whole = np.where(VALID[..., None], slope, 0)
    np.testing.assert_allclose(grads[0], whole / np.maximum(VALID.sum(1), 1)[:, None, None])
    np.testing.assert_allclose(grads[1], whole)


def test_the_derivative_is_that_of_the_loss():
    hidden = Hidden(jnp.asarray(RNG.normal(size=(2, 3, 4))), jnp.ones((2, 3), bool))
    rows = jnp.asarray(RNG.normal(size=(2, 5, 4)))
    labels, asked = (jnp.asarray(RNG.random((2, 5)) < 0.6) for _ in range(2))

    def loss(h, rows):
        return logistic_loss(hidden._replace(h=h), rows, labels, asked)

    check_grads(loss, (hidden.h, rows), order=1)


def test_e31_huge_scores_have_finite_losses_and_gradients():
    rows, yes = jnp.array([[[1e30], [-1e30]]], jnp.float32), jnp.ones((1, 2), bool)
    hidden = Hidden(jnp.ones((1, 1, 1), jnp.float32), jnp.ones((1, 1), bool))
    loss, slope = jax.value_and_grad(logistic_loss, argnums=1)(hidden, rows, yes, yes)
    assert float(loss) == pytest.approx(1e30) and slope.tolist() == [[[0.0], [-1.0]]]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"negatives": 0}, ValueError), ({"negatives": 2.5}, TypeError), ({"power": "1"}, TypeError)],
)
def test_wrong_settings_are_named(wrong, error):
    with pytest.raises(error, match=f"NegativeSampling: {next(iter(wrong))}"):
        NegativeSampling(**wrong)
