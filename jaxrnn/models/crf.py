"""A linear chain over tags: what a sequence of labels is worth as a whole."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.drivers.ragged import valid_steps
from jaxrnn.numerics import state_dtype
from jaxrnn.randomness import typed_key
from jaxrnn.treemath import select_or_zero

__all__ = ["CRF", "CRFParams", "Decoded"]


class CRFParams(NamedTuple):
    """Weights of a `CRF`, all of them added to scores."""

    transitions: Array  # [K, K], from the row's tag to the column's
    start: Array  # [K], of the first tag
    end: Array  # [K], of the last tag


class Decoded(NamedTuple):
    """The best tags of `CRF.decode`."""

    tags: Array  # [T, *batch] int32, 0 in padding
    scores: Array  # [*batch], the score of these tags, without the normaliser


@dataclasses.dataclass(frozen=True)
class CRF:
    """Linear-chain conditional random field over K tags, on top of a network's emissions.

        score(tags) = start[tags[0]] + sum of emissions[t, tags[t]]
                      + sum of transitions[tags[t-1], tags[t]] + end[tags[-1]]
        log p(tags) = score(tags) - log(sum over all tags' of exp(score(tags')))

    Steps that are not real are left out: the chain goes from the last real step to the next, so a
    mask may have holes, such as all but the first piece of a word. A sequence without a real step
    has log p = 0 and score 0. To forbid a transition, set it to a large negative number such as
    -1e4, not to minus infinity.
    Source: Lafferty, McCallum and Pereira (2001); Lample et al. (2016), arXiv:1603.01360, section
    2.2; decoding: Viterbi (1967). All weights start at 0: tags that are independent.
    Fields: size K, how many tags there are.
    Shapes: emissions `[T, *batch, K]`; tags `[T, *batch]` integers; lengths `[*batch]`; mask
    `[T, *batch]`; log p and scores `[*batch]`.
    Raises: TypeError or ValueError if `size < 1`.

        >>> crf = CRF(2)
        >>> params = CRFParams(jnp.array([[0.0, -9.0], [-9.0, 0.0]]), jnp.zeros(2), jnp.zeros(2))
        >>> emissions = jnp.array([[3.0, 0.0], [0.0, 1.0], [2.0, 0.0]])  # T = 3, no batch
        >>> tags, score = crf.decode(params, emissions)
        >>> tags.tolist(), float(score)  # changing tags is dear
        ([0, 0, 0], 5.0)
        >>> round(float(crf.log_likelihood(params, emissions, tags)), 3)
        -0.018
    """

    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", as_positive_int("CRF", "size", self.size))

    def init(self, key: Array) -> CRFParams:
        """Return zero weights; the key is not used."""
        typed_key(key, "CRF.init: key")
        return CRFParams(*map(jnp.zeros, ((self.size, self.size), (self.size,), (self.size,))))

    def log_likelihood(
        self, params: CRFParams, emissions: Array, tags: Array, *,
        lengths: Any = None, mask: Any = None,
    ) -> Array:  # fmt: skip
        """Return log p(tags) `[*batch]`, in at least float32; its negative is the loss.

        A tag outside 0 .. K - 1 gives NaN; what tags and emissions hold in padding has no effect.
        Raises: ValueError for shapes that don't belong together; TypeError for dtypes.
        """
        owner = "CRF.log_likelihood"
        emissions, valid = self._door(owner, emissions, lengths, mask)
        tags = jnp.asarray(tags)
        if not jnp.issubdtype(tags.dtype, jnp.integer):
            raise TypeError(f"{owner}: tags should be integers [T, B], got {tags.dtype}.")
        if tags.shape != valid.shape:
            raise ValueError(
                f"{owner}: tags should be [T, B] = {list(valid.shape)}, the axes of the emissions, "
                f"got {list(tags.shape)}. Both are time-major."
            )
        return _log_likelihood(params, emissions, tags, valid)

    def decode(
        self, params: CRFParams, emissions: Array, *, lengths: Any = None, mask: Any = None
    ) -> Decoded:
        """Return the tags of the highest score; among equals those of the lowest last tags.

        Raises: ValueError for shapes that don't belong together; TypeError for dtypes.
        """
        emissions, valid = self._door("CRF.decode", emissions, lengths, mask)
        return _decode(params, emissions, valid)

    def _door(self, owner: str, emissions: Any, lengths: Any, mask: Any) -> tuple[Array, Array]:
        emissions = jnp.asarray(emissions)
        if not jnp.issubdtype(emissions.dtype, jnp.floating):
            raise TypeError(
                f"{owner}: emissions should be floating, got {emissions.dtype}. They are scores "
                "[T, B, K], such as an Output layer gives; tags come second."
            )
        if emissions.ndim < 2 or emissions.shape[-1] != self.size:
            raise ValueError(
                f"{owner}: emissions should be [T, *batch, K={self.size}], got "
                f"{list(emissions.shape)}. Make the layer below as wide as there are tags."
            )
        steps, batch = emissions.shape[0], emissions.shape[1:-1]
        valid = valid_steps(owner, lengths, mask, steps, batch)
        valid = jnp.ones((steps, *batch), bool) if valid is None else valid
        emissions = emissions.astype(state_dtype(emissions.dtype))
        return select_or_zero(valid, emissions), valid


def _wide(params: CRFParams, emissions: Array) -> CRFParams:
    return CRFParams(*(weights.astype(emissions.dtype) for weights in params))


class _Forward(NamedTuple):
    alpha: Array  # [*batch, K], log of the sum over all beginnings that end in this tag
    score: Array  # [*batch], of the tags given
    last: Array  # [*batch], the last real tag
    begun: Array  # [*batch] bool, whether there was a real step


@jax.jit
def _log_likelihood(params: CRFParams, emissions: Array, tags: Array, valid: Array) -> Array:
    transitions, start, end = _wide(params, emissions)
    known = (tags >= 0) & (tags < start.shape[0])
    # an index outside would be moved inside without a word
    safe = jnp.where(valid & known, tags, 0).astype(jnp.int32)

    def step(s: _Forward, at: tuple[Array, Array, Array]) -> tuple[_Forward, None]:
        emission, tag, valid = at
        further = jax.nn.logsumexp(s.alpha[..., :, None] + transitions, axis=-2)
        alpha = jnp.where(s.begun[..., None], further, start) + emission
        own = jnp.take_along_axis(emission, tag[..., None], axis=-1)[..., 0]
        own += jnp.where(s.begun, transitions[s.last, tag], start[tag])
        return _Forward(
            jnp.where(valid[..., None], alpha, s.alpha),
            s.score + jnp.where(valid, own, 0),
            jnp.where(valid, tag, s.last),
            s.begun | valid,
        ), None

    batch = valid.shape[1:]
    zeros = jnp.zeros(batch, emissions.dtype)
    first = _Forward(
        jnp.zeros_like(emissions, shape=(*batch, start.shape[0])), zeros,
        jnp.zeros(batch, jnp.int32), jnp.zeros(batch, bool),
    )  # fmt: skip
    s, _ = jax.lax.scan(step, first, (emissions, safe, valid))
    log_p = s.score + end[s.last] - jax.nn.logsumexp(s.alpha + end, axis=-1)
    right = (known | ~valid).all(0)
    return jnp.where(right, select_or_zero(s.begun, log_p), jnp.nan)


@jax.jit
def _decode(params: CRFParams, emissions: Array, valid: Array) -> Decoded:
    transitions, start, end = _wide(params, emissions)
    tags = jnp.arange(start.shape[0], dtype=jnp.int32)

    def step(carry: tuple[Array, Array], at: tuple[Array, Array]) -> Any:
        best, begun = carry  # the best score that ends in each tag
        emission, valid = at
        scores = best[..., :, None] + transitions
        further = jnp.where(begun[..., None], scores.max(-2), start) + emission
        before = jnp.argmax(scores, axis=-2).astype(jnp.int32)
        # over a hole the tag is held
        before = jnp.where((valid & begun)[..., None], before, tags)
        return (jnp.where(valid[..., None], further, best), begun | valid), before

    def back(tag: Array, before: Array) -> tuple[Array, Array]:
        return jnp.take_along_axis(before, tag[..., None], axis=-1)[..., 0], tag

    batch = valid.shape[1:]
    zeros = jnp.zeros((*batch, start.shape[0]), emissions.dtype)
    none = jnp.zeros(batch, bool)
    (best, begun), befores = jax.lax.scan(step, (zeros, none), (emissions, valid))
    final = best + end
    last = jnp.argmax(final, axis=-1).astype(jnp.int32)
    _, path = jax.lax.scan(back, last, befores, reverse=True)
    return Decoded(select_or_zero(valid, path), select_or_zero(begun, final.max(-1)))
