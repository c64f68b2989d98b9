"""What happens in a clip? Frames as vectors, a cell that reads them, and one that writes."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.cells import output_width
from jaxrnn.drivers import scan
from jaxrnn.randomness import dropout
from jaxrnn.tasks.captions.codec import CaptionCodec, Captions
from jaxrnn.tasks.captions.network import counted_losses, in_parts
from jaxrnn.tasks.captions.parts import (
    CaptionModelSettings,
    Viewer,
    ViewerParams,
    Writer,
    WriterParams,
)

__all__ = ["ClipNetwork", "ClipParams"]


class ClipParams(NamedTuple):
    """Weights of who sees a frame, of the cell that reads frames, of who writes."""

    viewer: ViewerParams
    watcher: Any
    writer: WriterParams


@dataclasses.dataclass(frozen=True)
class ClipNetwork:
    """A clip in words.

        v[t] = convolutions of frame t;   h = cell(v), after the last frame
        writer of h, at every step

    Source: Venugopalan et al. (2015), arXiv:1412.4729 and arXiv:1505.00487.
    Fields: settings, whose cell watches and, with weights of its own, writes; codec.
    Shapes: a chunk is a `Captions`.
    Raises: ValueError without an embedding of words.

        >>> from jaxrnn.tasks.captions.codec import fit_captions
        >>> codec = fit_captions(["it moves", "it stops"], (3, 8, 8, 1))
        >>> network = ClipNetwork(CaptionModelSettings("gru", 4, embedding=3), codec)
        >>> params = network.init(jax.random.key(0))
        >>> len(network.described(params, np.zeros((3, 2, 8, 8, 1), np.uint8)))
        2
    """

    settings: CaptionModelSettings
    codec: CaptionCodec

    def __post_init__(self) -> None:
        _ = self._writer  # which checks

    @property
    def _viewer(self) -> Viewer:
        return Viewer(self.settings, self.codec.shape[1:])

    @property
    def _writer(self) -> Writer:
        return Writer(self.settings, self.codec, self.settings.hidden)

    def init(self, key: Array) -> ClipParams:
        """Draw the params."""
        viewer, watcher, writer = jax.random.split(key, 3)
        cell = self.settings.cells.init(watcher, self.settings.vector)
        width = output_width(self.settings.cells, cell, self.settings.vector)
        own = dataclasses.replace(self._writer, width=width)
        return ClipParams(self._viewer.init(viewer), cell, own.init(writer))

    def context(self, params: ClipParams, seen: Any, key: Array | None = None) -> Array:
        """Return what clips `[F, B, H, W, C]` are summed up in, `[B, K]`; with a key as trained."""
        before, after = (None, None) if key is None else jax.random.split(key)
        vectors = dropout(self._viewer.apply(params.viewer, seen), self.settings.dropout, before)
        ys = scan(self.settings.cells, params.watcher, None, vectors)[1]
        return dropout(ys[-1], self.settings.dropout, after)

    def logits(self, params: ClipParams, chunk: Captions, key: Array | None) -> Array:
        """Return what each word is worth, those before it given, `[T, B, V]`."""
        seeing, writing = (None, None) if key is None else jax.random.split(key)
        context = self.context(params, chunk.seen, seeing)
        return self._writer.logits(params.writer, context, chunk.words, writing)

    def loss(self, params: ClipParams, chunk: Captions, key: Array | None) -> tuple[Array, Array]:
        """Return (the losses in nats, how many words count)."""
        smoothing = 0.0 if key is None else self.settings.smoothing
        losses, counted = counted_losses(self.logits(params, chunk, key), chunk.words, smoothing)
        return losses.sum(), counted.sum()

    def score(self, params: ClipParams, chunk: Captions) -> tuple[Array, Array]:
        """Return (sentences of which every next word is right, how many there are).

        Where it is right at every step, it is what a greedy writer says, word for word.
        """
        words = jnp.asarray(chunk.words)
        right = (self.logits(params, chunk, None).argmax(-1) == words) | (words == 0)
        there = words[0] != 0
        return (right.all(0) & there).sum().astype(jnp.zeros(()).dtype), there.sum()

    def described(
        self, params: ClipParams, seen: np.ndarray, width: int | None = None
    ) -> list[str]:
        """Return the likeliest sentence for each clip.

        Shapes: seen `[F, N, H, W, C]`.
        Args: width, of the beam; None is that of the settings.
        """
        width = self.settings.beam if width is None else width

        @jax.jit
        def write(params: ClipParams, part: Any) -> Array:
            context = self.context(params, part)
            return self._writer.write(params.writer, context, width).tokens[:, 0]

        return [
            self.codec.text(ids)
            for part, real in in_parts(seen)
            for ids in np.asarray(write(params, part))[:real]
        ]

    def predict(self, params: ClipParams, text: str) -> Iterator[str]:
        """Describe the clip in each file that is named in a line of its own."""
        clips: Sequence[np.ndarray] = self.codec.inputs(text)
        yield from self.described(params, np.stack(clips, 1))
