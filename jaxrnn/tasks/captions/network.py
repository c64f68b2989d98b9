"""What does a picture show? A describer that sees it, and one that does not."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.data.tokenisers import UNKNOWN
from jaxrnn.randomness import dropout
from jaxrnn.tasks.captions.codec import CaptionCodec, Captions
from jaxrnn.tasks.captions.parts import (
    CaptionModelSettings,
    Viewer,
    ViewerParams,
    Writer,
    WriterParams,
)
from jaxrnn.treemath import select_or_zero

__all__ = ["CaptionNetwork", "CaptionParams", "counted_losses", "in_parts"]

_ROWS = 100  # described at a time


def counted_losses(logits: Array, words: Any, smoothing: float = 0.0) -> tuple[Array, Array]:
    """Return (losses in nats, which of them count): ends do, unknown words don't.

        loss = (1 - smoothing) * cross entropy of the word + smoothing * the mean of that of all

    Source: Szegedy et al. (2016), arXiv:1512.00567.

    Shapes: logits `[T, B, V]`; words int `[T, B]`; both results `[T, B]`, losses 0 where they don't
    count.

        >>> losses, counted = counted_losses(jnp.zeros((3, 1, 4)), jnp.array([[3], [1], [0]]))
        >>> losses.round(2).ravel().tolist(), counted.ravel().tolist()
        ([1.3899999856948853, 0.0, 0.0], [True, False, False])
    """
    words = jnp.asarray(words)
    counted, losses = words > UNKNOWN, _cross_entropy(logits, words)
    if smoothing:
        even = jax.nn.logsumexp(logits, -1) - logits.mean(-1)
        losses = losses + smoothing * (even - losses)
    return select_or_zero(counted, losses), counted


def in_parts(seen: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Return rows of what is seen in parts of one shape, and how many of each are real.

    Shapes: seen `[F, N, ...]`; parts `[F, min(N, 100), ...]`.

        >>> [(part.shape, real) for part, real in in_parts(np.zeros((1, 150, 2)))]
        [((1, 100, 2), 100), ((1, 100, 2), 50)]
    """
    rows = min(_ROWS, seen.shape[1])
    for start in range(0, seen.shape[1], rows):
        part = seen[:, start : start + rows]
        missing = np.zeros((len(seen), rows - part.shape[1], *seen.shape[2:]), seen.dtype)
        yield np.concatenate([part, missing], axis=1), part.shape[1]


class CaptionParams(NamedTuple):
    """Two describers that share nothing, trained side by side."""

    viewer: ViewerParams
    seeing: WriterParams
    blind: WriterParams


@dataclasses.dataclass(frozen=True)
class CaptionNetwork:
    """A picture in words: convolutions, and a writer that has their vector before it.

    The blind writer is the same with a vector of 0 and weights of its own; the loss is the sum of
    both, so each is trained as if alone (but for the clipping of their common gradient).

    Source: Vinyals et al. (2015), arXiv:1411.4555.
    Fields: settings; codec.
    Shapes: a chunk is a `Captions` of one frame.
    Raises: ValueError without an embedding of words.

        >>> from jaxrnn.tasks.captions.codec import fit_captions
        >>> codec = fit_captions(["a cat", "a dog"], (1, 8, 8, 3))
        >>> network = CaptionNetwork(CaptionModelSettings("gru", 4, embedding=3), codec)
        >>> params = network.init(jax.random.key(0))
        >>> len(network.described(params, np.zeros((1, 2, 8, 8, 3), np.uint8)))
        2
    """

    settings: CaptionModelSettings
    codec: CaptionCodec

    def __post_init__(self) -> None:
        _ = self.writer  # which checks

    @property
    def viewer(self) -> Viewer:
        """Who sees."""
        return Viewer(self.settings, self.codec.shape[1:], paper=255)

    @property
    def writer(self) -> Writer:
        """Who writes, either of the two."""
        return Writer(self.settings, self.codec, self.settings.vector)

    def init(self, key: Array) -> CaptionParams:
        """Draw the params."""
        viewer, seeing, blind = jax.random.split(key, 3)
        return CaptionParams(
            self.viewer.init(viewer), self.writer.init(seeing), self.writer.init(blind)
        )

    def logits(
        self, params: CaptionParams, chunk: Captions, key: Array | None
    ) -> tuple[Array, Array]:
        """Return what each word is worth to who sees, and to who does not, `[T, B, V]` each."""
        keys = (None,) * 3 if key is None else jax.random.split(key, 3)
        vector = self.context(params, chunk.seen)
        vector = dropout(vector, self.settings.dropout, keys[0])
        return (
            self.writer.logits(params.seeing, vector, chunk.words, keys[1]),
            self.writer.logits(params.blind, jnp.zeros_like(vector), chunk.words, keys[2]),
        )

    def context(self, params: CaptionParams, seen: Any) -> Array:
        """Return what a picture `[1, B, H, W, C]` is summed up in, `[B, K]`."""
        return self.viewer.apply(params.viewer, seen)[0]

    def loss(
        self, params: CaptionParams, chunk: Captions, key: Array | None
    ) -> tuple[Array, Array]:
        """Return (the losses of both writers together in nats, how many words count).

        Without a key nothing is dropped or smoothed.
        """
        smoothing = 0.0 if key is None else self.settings.smoothing
        seeing, blind = (
            counted_losses(one, chunk.words, smoothing) for one in self.logits(params, chunk, key)
        )
        return (seeing[0] + blind[0]).sum(), seeing[1].sum()

    def score(self, params: CaptionParams, chunk: Captions) -> tuple[Array, Array]:
        """Return (the loss of who sees, in nats, how many words count)."""
        losses, counted = counted_losses(self.logits(params, chunk, None)[0], chunk.words)
        return losses.sum(), counted.sum()

    def described(
        self, params: CaptionParams, seen: np.ndarray, width: int | None = None
    ) -> list[str]:
        """Return the likeliest caption of each picture.

        Shapes: seen `[1, N, H, W, C]`.
        Args: width, of the beam; None is that of the settings.
        """
        width = self.settings.beam if width is None else width

        @jax.jit
        def write(params: CaptionParams, part: Any) -> Array:
            context = self.context(params, part)
            return self.writer.write(params.seeing, context, width).tokens[:, 0]

        return [
            self.codec.text(ids)
            for part, real in in_parts(seen)
            for ids in np.asarray(write(params, part))[:real]
        ]

    def unseen(self, params: CaptionParams) -> str:
        """Return the likeliest caption of who sees nothing: it is the same for all pictures."""
        none = jnp.zeros((1, self.settings.vector))
        return self.codec.text(
            self.writer.write(params.blind, none, self.settings.beam).tokens[0, 0]
        )

    def predict(self, params: CaptionParams, text: str) -> Iterator[str]:
        """Describe the picture in each file that is named in a line of its own."""
        pictures: Sequence[np.ndarray] = self.codec.inputs(text)
        yield from self.described(params, np.stack(pictures, 1))
