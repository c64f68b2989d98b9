"""Connectionist temporal classification: labels without a word on when they come."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.drivers.ragged import valid_steps
from jaxrnn.models.lookup import as_id
from jaxrnn.numerics import state_dtype
from jaxrnn.treemath import select_or_zero

__all__ = ["Hypothesis", "ctc_beam", "ctc_greedy", "ctc_loss"]


class Hypothesis(NamedTuple):
    """A labelling that `ctc_beam` found."""

    labels: np.ndarray  # [n] int32
    log_probability: float  # of the alignments that were followed


def ctc_loss(
    logits: Array, lengths: Any, labels: Array, label_lengths: Any, *, blank: int = 0
) -> Array:
    """Return -log p(labels), summed over all ways to place them among the steps.

    A way gives each step a label or the blank; repeats without a blank between are one label.
    Labels that cannot be placed, because there are fewer steps than labels (and blanks between
    equal ones), cost about 1e5 with finite gradients: leave such pairs out. A label that is the
    blank, or outside 0 .. K - 1, gives NaN. What padding holds has no effect and gradient 0.
    Source: Graves et al. (2006), ICML, section 4.1, as `optax.ctc_loss`.
    Shapes: logits `[T, B, K]`, blank included, finite; lengths `[B]`; labels `[B, L]` integers;
    label_lengths `[B]`; None for T or L; result `[B]`, in at least float32.
    Raises: ValueError for shapes and lengths that don't belong together; TypeError for dtypes.

        >>> logits = jnp.log(jnp.array([[[0.4, 0.6]], [[0.3, 0.7]]]))  # T = 2, B = 1, K = 2
        >>> loss = ctc_loss(logits, np.array([2]), jnp.array([[1]]), np.array([1]))
        >>> jnp.exp(-loss).round(2).tolist()  # 0.6 * 0.7 + 0.6 * 0.3 + 0.4 * 0.7
        [0.88]
    """
    logits = _as_logits("ctc_loss", jnp.asarray(logits), blank)
    steps, batch, _ = logits.shape
    labels = _as_labels(labels, batch)
    valid = _real("ctc_loss", lengths, steps, batch)
    real = _real("ctc_loss: label_lengths", label_lengths, labels.shape[1], batch).T
    return _loss(logits, valid, labels, real, blank)


@partial(jax.jit, static_argnames="blank")
def _loss(logits: Array, valid: Array, labels: Array, real: Array, blank: int) -> Array:
    import optax

    steps, batch, size = logits.shape
    wide = state_dtype(logits.dtype)
    logits = select_or_zero(valid, logits.astype(wide))
    right = ~real | ((labels >= 0) & (labels < size) & (labels != blank))
    # optax needs a step and a label; one that is padding changes nothing
    if not steps:
        logits, valid = jnp.zeros((1, batch, size), wide), jnp.zeros((1, batch), bool)
    if not labels.shape[1]:
        labels, real = jnp.zeros((batch, 1), labels.dtype), jnp.zeros((batch, 1), bool)
    # optax mixes float32 with the dtype of the logits, and reads labels by a matrix product
    with jax.numpy_dtype_promotion("standard"), jax.default_matmul_precision("highest"):
        loss = optax.ctc_loss(
            logits.swapaxes(0, 1), (~valid.T).astype(wide), labels, (~real).astype(wide),
            blank_id=blank,
        )  # fmt: skip
    return jnp.where(right.all(1), loss.astype(wide), jnp.nan)


def ctc_greedy(logits: Any, lengths: Any, *, blank: int = 0) -> list[np.ndarray]:
    """Return the labels of the likeliest way: the best of each step, repeats and blanks taken out.

    Not always the likeliest labels, of which there may be many ways: those are `ctc_beam`'s.
    Source: Graves et al. (2006), ICML, section 3.2, best path decoding.
    Shapes: logits `[T, B, K]`, or any scores in their order; lengths `[B]`, None for T; result B
    arrays `[n]` int32, on the host.
    Raises: ValueError for shapes and lengths that don't belong together; TypeError for dtypes.

        >>> best = np.array([1, 1, 0, 1, 2, 2])
        >>> ctc_greedy(np.eye(3)[best][:, None], np.array([5]))[0].tolist()
        [1, 1, 2]
    """
    logits = _as_logits("ctc_greedy", np.asarray(logits), blank)
    valid = np.asarray(_real("ctc_greedy", lengths, *logits.shape[:2]))
    best = logits.argmax(-1)
    kept = valid & (best != blank)
    kept[1:] &= best[1:] != best[:-1]
    return [best[kept[:, b], b].astype(np.int32) for b in range(best.shape[1])]


def ctc_beam(logits: Any, lengths: Any, width: int, *, blank: int = 0) -> list[list[Hypothesis]]:
    """Return the likeliest labels that a prefix beam search finds, best first.

    At each step the `width` likeliest prefixes stay, and a prefix is worth the sum of its ways: of
    those that end in the blank and, apart, of those that end in its last label. With a width of all
    prefixes the log probabilities are -`ctc_loss`; else they are at most that.
    Source: Graves and Jaitly (2014), ICML, algorithm 1; Hannun et al. (2014), arXiv:1408.2873,
    algorithm 1; without a language model.
    Shapes: logits `[T, B, K]`, or log probabilities; lengths `[B]`, None for T; result for each of
    B at most `width` hypotheses, on the host.
    Raises: ValueError for shapes and lengths that don't belong together, and for NaN; TypeError for
    dtypes.

        >>> logits = np.log([[[0.6, 0.4]], [[0.6, 0.4]]])  # T = 2, B = 1, K = 2
        >>> ctc_greedy(logits, np.array([2]))[0].tolist()  # 0.6 * 0.6 = 0.36 is the likeliest way
        []
        >>> best = ctc_beam(logits, np.array([2]), width=4)[0][0]
        >>> best.labels.tolist(), round(float(np.exp(best.log_probability)), 2)
        ([1], 0.64)
    """
    width = as_positive_int("ctc_beam", "width", width)
    logits = _as_logits("ctc_beam", np.asarray(logits), blank)
    ends = np.asarray(_real("ctc_beam", lengths, *logits.shape[:2])).sum(0)
    return [
        _prefix_search(_log_softmax(logits[:end, b], b), width, blank) for b, end in enumerate(ends)
    ]


def _prefix_search(log_probs: np.ndarray, width: int, blank: int) -> list[Hypothesis]:
    """Search for the labels of one sequence, log_probs `[T, K]`."""
    prefixes: list[tuple[int, ...]] = [()]
    # [W] each: the sum of the ways that end in the blank, and in the prefix's last label
    in_blank, in_label = np.array([0.0]), np.array([-np.inf])
    for frame in log_probs:
        total = np.logaddexp(in_blank, in_label)
        last = np.array([prefix[-1] if prefix else blank for prefix in prefixes])
        grown = total[:, None] + frame  # [W, K], of the prefix with one label more
        # after its last label the same label is another one only if a blank was between
        at = np.arange(len(prefixes))
        grown[at, last] = in_blank + frame[last]
        grown[:, blank] = -np.inf
        in_blank, in_label = total + frame[blank], in_label + frame[last]
        _merge(prefixes, grown, in_label)
        scores = np.concatenate([np.logaddexp(in_blank, in_label), grown.ravel()])
        best = np.argsort(-scores, kind="stable")[:width]
        best = best[scores[best] > -np.inf]
        stays, parent, label = _origin(best, *grown.shape)
        prefixes = [
            prefixes[p] if stay else (*prefixes[p], int(k))
            for stay, p, k in zip(stays, parent, label, strict=True)
        ]
        in_blank = np.where(stays, in_blank[parent], -np.inf)
        in_label = np.where(stays, in_label[parent], grown[parent, label])
    scores = np.logaddexp(in_blank, in_label)
    order = np.argsort(-scores, kind="stable")
    return [Hypothesis(np.array(prefixes[i], np.int32), float(scores[i])) for i in order]


def _merge(prefixes: list[tuple[int, ...]], grown: np.ndarray, in_label: np.ndarray) -> None:
    """Give a prefix the ways that come from its parent, if that is in the beam too."""
    place = {prefix: i for i, prefix in enumerate(prefixes)}
    for i, prefix in enumerate(prefixes):
        parent = place.get(prefix[:-1]) if prefix else None
        if parent is not None:
            in_label[i] = np.logaddexp(in_label[i], grown[parent, prefix[-1]])
            grown[parent, prefix[-1]] = -np.inf


def _origin(chosen: np.ndarray, width: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return whether each candidate is a prefix that stays, its prefix, and the label it adds."""
    stays = chosen < width
    parent, label = np.divmod(chosen - width, size)
    return stays, np.where(stays, chosen, parent), label


def _log_softmax(logits: np.ndarray, row: int) -> np.ndarray:
    """Return log probabilities `[T, K]` in float64; minus infinity is a label that never comes."""
    logits = logits.astype(np.float64)
    top = logits.max(-1, keepdims=True)
    if not np.isfinite(top).all():
        raise ValueError(
            f"ctc_beam: logits of row {row} hold NaN, plus infinity, or minus infinity for all "
            "labels of a step. Did training diverge?"
        )
    return logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))


def _as_logits(owner: str, logits: Any, blank: int) -> Any:
    if not jnp.issubdtype(logits.dtype, jnp.floating):
        raise TypeError(f"{owner}: logits should be floating, got {logits.dtype}.")
    if logits.ndim != 3 or not logits.shape[-1]:
        raise ValueError(
            f"{owner}: logits should be [T, B, K], time-major, got {list(logits.shape)}. One "
            "sequence is logits[:, None]."
        )
    as_id(owner, "blank", blank, logits.shape[-1])
    return logits


def _as_labels(labels: Any, batch: int) -> Array:
    labels = jnp.asarray(labels)
    if labels.ndim != 2 or labels.shape[0] != batch:
        raise ValueError(
            f"ctc_loss: labels should be [B={batch}, L], a row for each sequence of the logits, "
            f"got {list(labels.shape)}."
        )
    if not jnp.issubdtype(labels.dtype, jnp.integer):
        raise TypeError(f"ctc_loss: labels should be integers [B, L], got {labels.dtype}.")
    return labels


def _real(owner: str, lengths: Any, steps: int, batch: int) -> Array:
    """Return which steps are real `[T, B]`."""
    valid = valid_steps(owner, lengths, None, steps, (batch,))
    return jnp.ones((steps, batch), bool) if valid is None else valid
