"""Labels without alignment against the enumeration of all K^T ways."""

import functools
import itertools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.models.ctc import ctc_beam, ctc_greedy, ctc_loss

T, B, K, L = 5, 6, 3, 3
LENGTHS = np.array([5, 4, 5, 2, 0, 1])
LABELS = np.array([[1, 2, 1], [1, 1, 0], [2, 2, 1], [2, 0, 0], [0, 0, 0], [0, 0, 0]])
LABEL_LENGTHS = np.array([3, 2, 3, 1, 0, 0])


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def data(seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=(T, B, K)) * 1.5)


def collapse(path, blank):
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


@functools.cache
def ways(steps, blank):
    """Return, for all labellings of so many steps, the ways that give them."""
    found = {}
    for path in itertools.product(range(K), repeat=steps):
        found.setdefault(collapse(path, blank), []).append(path)
    return {labels: np.array(paths, int) for labels, paths in found.items()}


def log_softmax(logits):
    logits = np.asarray(logits, np.float64)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def by_enumeration(logits, length, blank=0):
    """Return the log probabilities of all labellings of logits [T, K]."""
    log_p, steps = log_softmax(logits), np.arange(length)
    return {
        labels: np.log(np.exp(log_p[steps, paths].sum(-1)).sum())
        for labels, paths in ways(int(length), blank).items()
    }


def slope(logits, length, labels, blank):
    """Return d loss / d logits [T, K]: what was expected less what the ways have on average."""
    log_p, steps = log_softmax(logits), np.arange(length)
    paths = ways(int(length), blank)[labels]
    weights = np.exp(log_p[steps, paths].sum(-1))
    share = np.einsum("n,ntk->tk", weights / weights.sum(), np.eye(K)[paths])
    result = np.zeros((T, K))
    result[:length] = np.exp(log_p[:length]) - share
    return result


def shifted(labels, blank):
    """Give labels other numbers: what was 0 in LABELS, the blank, becomes `blank`."""
    return (labels + blank) % K


@pytest.mark.parametrize("blank", [0, 2])
def test_the_loss_and_its_gradient_are_those_of_all_ways(blank):
    labels, mix = shifted(LABELS, blank), jnp.arange(1.0, B + 1)

    def ours(logits):
        losses = ctc_loss(logits, LENGTHS, labels, LABEL_LENGTHS, blank=blank)
        return (mix * losses).sum(), losses

    (_, losses), grads = jax.value_and_grad(ours, has_aux=True)(data())
    for b, (length, n) in enumerate(zip(LENGTHS, LABEL_LENGTHS, strict=True)):
        own, chosen = np.asarray(data())[:, b], tuple(labels[b, :n].tolist())
        np.testing.assert_allclose(
            losses[b], -by_enumeration(own, length, blank)[chosen], atol=1e-12
        )
        wanted = (b + 1) * slope(own, length, chosen, blank)
        np.testing.assert_allclose(grads[:, b], wanted, atol=1e-12)
    assert float(losses[4]) == 0  # no step and no label: certain
    assert not np.asarray(grads)[np.arange(T)[:, None] >= LENGTHS].any()


@pytest.mark.parametrize("filler", [np.nan, np.inf, -1e38])
def test_e29_what_padding_holds_changes_nothing(filler):
    hidden = jnp.asarray(np.arange(T)[:, None] >= LENGTHS)[..., None]
    junk = np.where(np.arange(L) < LABEL_LENGTHS[:, None], LABELS, -5)

    def run(logits, labels):
        losses = ctc_loss(logits, LENGTHS, labels, LABEL_LENGTHS)
        return losses.sum()

    grad = jax.value_and_grad(run)
    chex.assert_trees_all_equal(grad(jnp.where(hidden, filler, data()), junk), grad(data(), LABELS))


def test_what_does_not_fit_is_dear_and_finite():
    labels = np.array([[1, 2, 1], [1, 1, 0], [1, 1, 1], [1, 0, 0]])
    lengths, n = np.array([2, 2, 4, 0]), np.array([3, 2, 3, 1])

    def run(logits):
        losses = ctc_loss(logits, lengths, labels, n)
        return losses.sum(), losses

    (_, losses), grads = jax.value_and_grad(run, has_aux=True)(data()[:, :4])
    assert (np.asarray(losses) > 9e4).all() and np.isfinite(losses).all()
    assert np.isfinite(grads).all()
    fits = ctc_loss(data()[:, :4], lengths + 1, labels, n)
    assert (np.asarray(fits) < 100).all()


@pytest.mark.parametrize("wrong", [-1, K, 0])
def test_a_label_that_does_not_exist_or_is_blank_gives_nan_in_its_own_row(wrong):
    labels = LABELS.copy()
    labels[1, 1] = wrong
    losses = ctc_loss(data(), LENGTHS, labels, LABEL_LENGTHS)
    assert np.isnan(losses).tolist() == [b == 1 for b in range(B)]


def test_no_steps_no_labels_and_float32():
    empty = ctc_loss(data()[:0], np.zeros(B, int), LABELS[:, :0], np.zeros(B, int))
    assert empty.tolist() == [0] * B
    blanks = ctc_loss(data(), None, LABELS[:, :0], None)
    wanted = -jax.nn.log_softmax(data())[..., 0].sum(0)
    np.testing.assert_allclose(blanks, wanted, rtol=1e-12)
    wide = ctc_loss(data(), LENGTHS, LABELS, LABEL_LENGTHS)
    for small, rtol in ((jnp.float32, 1e-5), (jnp.bfloat16, 0.05)):
        narrow = ctc_loss(data().astype(small), LENGTHS, LABELS, LABEL_LENGTHS)
        assert narrow.dtype == jnp.float32
        np.testing.assert_allclose(narrow, wide, rtol=rtol)


@pytest.mark.parametrize("blank", [0, 1])
def test_greedy_collapses_the_best_of_each_step(blank):
    for seed in range(5):
        logits = data(seed)
        got = ctc_greedy(logits, LENGTHS, blank=blank)
        for b, length in enumerate(LENGTHS):
            path = np.asarray(logits[:length, b]).argmax(-1).tolist()
            assert tuple(got[b].tolist()) == collapse(path, blank)
            assert got[b].dtype == np.int32


@pytest.mark.parametrize("blank", [0, 2])
def test_a_beam_of_all_prefixes_is_the_exhaustive_search(blank):
    got = ctc_beam(data(), LENGTHS, width=1000, blank=blank)
    for b, length in enumerate(LENGTHS):
        wanted = by_enumeration(data()[:, b], length, blank)
        found = {tuple(h.labels.tolist()): h.log_probability for h in got[b]}
        assert set(found) == set(wanted)
        for labels, log_p in wanted.items():
            np.testing.assert_allclose(found[labels], log_p, atol=1e-12)
        scores = [h.log_probability for h in got[b]]
        assert scores == sorted(scores, reverse=True)


def test_a_narrow_beam_never_finds_more_than_there_is():
    for seed in range(4):
        for width in (1, 2, 4):
            rows = ctc_beam(data(seed), LENGTHS, width)
            for b, row in enumerate(rows):
                exact = by_enumeration(data(seed)[:, b], LENGTHS[b])
                assert 1 <= len(row) <= width
                assert len({tuple(h.labels.tolist()) for h in row}) == len(row)
                for h in row:
                    assert h.log_probability <= float(exact[tuple(h.labels.tolist())]) + 1e-12


def test_the_beam_and_the_loss_agree():
    best = [row[0] for row in ctc_beam(data(), LENGTHS, width=1000)]
    labels = np.zeros((B, T), int)
    for b, h in enumerate(best):
        labels[b, : len(h.labels)] = h.labels
    losses = ctc_loss(data(), LENGTHS, labels, np.array([len(h.labels) for h in best]))
    np.testing.assert_allclose([h.log_probability for h in best], -losses, atol=1e-12)


def test_a_label_of_minus_infinity_is_never_found():
    logits = np.asarray(data()).copy()
    logits[:, :, 2] = -np.inf
    for row in ctc_beam(logits, LENGTHS, width=50):
        assert not any(2 in h.labels for h in row)


def test_errors_say_what_was_expected():
    logits = data()
    with pytest.raises(ValueError, match=r"logits should be \[T, B, K\], time-major, got \[5, 3\]"):
        ctc_greedy(logits[:, 0], None)
    with pytest.raises(TypeError, match="ctc_loss: logits should be floating, got int"):
        ctc_loss(jnp.ones((T, B, K), int), LENGTHS, LABELS, LABEL_LENGTHS)
    with pytest.raises(ValueError, match=r"labels should be \[B=6, L\].* got \[3, 6\]"):
        ctc_loss(logits, LENGTHS, LABELS.T, LABEL_LENGTHS)
    with pytest.raises(
        ValueError, match=r"label_lengths: lengths must .* <= T=3, got 4 at index 0"
    ):
        ctc_loss(logits, LENGTHS, LABELS, LABEL_LENGTHS + 1)
    with pytest.raises(ValueError, match="ctc_beam: blank should be from 0 to 2, .* got 3"):
        ctc_beam(logits, LENGTHS, 2, blank=3)
    with pytest.raises(ValueError, match="ctc_beam: width must be greater than zero, got 0"):
        ctc_beam(logits, LENGTHS, 0)
    with pytest.raises(ValueError, match="logits of row 1 hold NaN"):
        ctc_beam(logits.at[2, 1, 0].set(jnp.nan), LENGTHS, 2)
