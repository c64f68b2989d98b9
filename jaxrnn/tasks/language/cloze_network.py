"""The word in a gap, from what stands before it, and from what stands on both sides of it."""

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.cell import Cell
from jaxrnn.cells import output_width
from jaxrnn.checks import as_positive_int
from jaxrnn.data import doubling, pad_to_bucket
from jaxrnn.data.tokenisers import PAD, UNKNOWN
from jaxrnn.drivers import scan
from jaxrnn.models import Output, OutputParams
from jaxrnn.models.lookup import Lookup, LookupParams
from jaxrnn.randomness import dropout, with_key
from jaxrnn.tasks.language.token_codecs import TokenCodec
from jaxrnn.tasks.model import ModelSettings, make_cell
from jaxrnn.tasks.words import likeliest, lines_of
from jaxrnn.treemath import select_or_zero

__all__ = ["GAP", "ClozeChunk", "ClozeNetwork", "ClozeParams", "ReaderParams"]

GAP = "___"
_BUCKETS = doubling()  # lengths that are compiled for people's sentences
_RESERVED = (PAD, UNKNOWN)  # never an answer


class ClozeChunk(NamedTuple):
    """Rows of words; each that is known is a gap in its turn. Where words are 0 there is none."""

    words: Any  # [T, B] int32


class ReaderParams(NamedTuple):
    """Weights of one way to read; backward is None for who reads forwards alone."""

    words: LookupParams
    forward: Any
    backward: Any
    head: OutputParams


class ClozeParams(NamedTuple):
    """Two readers that share nothing, trained side by side."""

    both: ReaderParams
    forwards: ReaderParams


@dataclasses.dataclass(frozen=True)
class ClozeNetwork:
    """What stands in the gap at t, from states that have not read it.

        both:      logits[t] = concatenate(forward h[t-1], backward h[t+1]) @ w_hy + b_y
        forwards:  logits[t] = forward h[t-1] @ w_hy + b_y

    A forward and a backward pass fill every gap of a row at once: neither has read the word itself.
    The reader that goes forwards alone is the same model without the backward half, with weights
    of its own; the loss is the sum of both, so each is trained as if alone (but for the clipping of
    their common gradient).
    Source: Schuster and Paliwal (1997), IEEE Transactions on Signal Processing 45, section II-B.
    Fields: settings; codec.
    Shapes: chunk, a `ClozeChunk`; logits `[T, B, V]`.
    Raises: ValueError without an embedding of words.

        >>> from jaxrnn.data import Words
        >>> codec = TokenCodec(Words.fit(["the cat sat on the mat"]))
        >>> network = ClozeNetwork(ModelSettings("gru", 4, embedding=3), codec)
        >>> params = network.init(jax.random.key(0))
        >>> next(network.predict(params, "the ___ sat")).split()[0]
        'both'
    """

    settings: ModelSettings
    codec: TokenCodec

    def __post_init__(self) -> None:
        as_positive_int("model", "embedding", self.settings.embedding)

    @property
    def _words(self) -> Lookup:
        return Lookup(len(self.codec.tokens), self.settings.embedding)

    @property
    def _cell(self) -> Cell:
        return make_cell(self.settings)

    @property
    def _head(self) -> Output:
        return Output(len(self.codec.tokens))

    def init(self, key: Array) -> ClozeParams:
        """Draw the params."""
        both, forwards = jax.random.split(key)
        return ClozeParams(self._reader(both, True), self._reader(forwards, False))

    def _reader(self, key: Array, backwards: bool) -> ReaderParams:
        words, forward, backward, head = jax.random.split(key, 4)
        width = self.settings.embedding
        first = self._cell.init(forward, width)
        out = output_width(self._cell, first, width)
        return ReaderParams(
            self._words.init(words),
            first,
            self._cell.init(backward, width) if backwards else None,
            self._head.init(head, 2 * out if backwards else out),
        )

    def loss(self, params: ClozeParams, chunk: Any, key: Array | None) -> tuple[Array, Array]:
        """Return (the losses of both readers together, how many gaps count)."""
        counted, targets = _gaps(chunk)
        keys = (None, None) if key is None else jax.random.split(key)
        losses = [
            _cross_entropy(self.logits(reader, chunk, own), targets)
            for reader, own in zip(params, keys, strict=True)
        ]
        return select_or_zero(counted, losses[0] + losses[1]).sum(), counted.sum()

    def score(self, params: ClozeParams, chunk: Any) -> tuple[Array, Array]:
        """Return (how many gaps who reads both ways fills with the very word, how many count)."""
        counted, targets = _gaps(chunk)
        right = (self.best(params.both, chunk) == targets) & counted
        return right.sum().astype(jnp.zeros(()).dtype), counted.sum()

    def best(self, reader: ReaderParams, chunk: Any) -> Array:
        """Return the likeliest word of each gap `[T, B]`, in padding something."""
        logits = self.logits(reader, chunk, None)
        return logits.at[..., list(_RESERVED)].set(-jnp.inf).argmax(-1)

    def logits(self, reader: ReaderParams, chunk: Any, key: Array | None) -> Array:
        """Return what each word is worth in each gap; with a key as in training."""
        words = jnp.asarray(chunk.words)
        keys = (None,) * 3 if key is None else jax.random.split(key, 3)
        xs = self._words.apply(reader.words, words)
        xs = dropout(xs, self.settings.dropout, keys[0])
        before = self._states(reader.forward, xs, words, keys[1], reverse=False)
        none = jnp.zeros_like(before[:1])
        seen = jnp.concatenate([none, before[:-1]])
        if reader.backward is not None:
            after = self._states(reader.backward, xs, words, keys[2], reverse=True)
            seen = jnp.concatenate([seen, jnp.concatenate([after[1:], none])], axis=-1)
        return self._head.apply(reader.head, seen)

    def _states(self, params: Any, xs: Array, words: Array, key: Any, *, reverse: bool) -> Array:
        state = self._cell.init_state(params, words.shape[1:])
        state = state if key is None else with_key(state, key)
        lengths = (words != PAD).sum(0)
        return scan(self._cell, params, state, xs, lengths=lengths, reverse=reverse)[1]

    def predict(self, params: ClozeParams, text: str) -> Iterator[str]:
        """Answer each line that is not empty: the three likeliest words, of both readers.

        Raises: ValueError if a line does not have one `___`.
        """
        lines = [line for line in lines_of(text) if line.strip()]
        if not lines:
            raise ValueError(f"expected lines with one gap, {GAP}, got none.")
        for place, line in enumerate(lines, 1):
            if line.count(GAP) != 1:
                raise ValueError(
                    f"line {place}: expected one gap, {GAP}, got {line.count(GAP)}: {line[:60]!r}."
                )
        logits = jax.jit(self.logits)
        for line in lines:
            left, right = map(self.codec.tokens.encode, line.split(GAP))
            row = np.concatenate([left, np.array([UNKNOWN], np.int32), right])
            chunk = ClozeChunk(pad_to_bucket([row], _BUCKETS)[0])
            answers = [
                self._likeliest(np.array(logits(reader, chunk, None)[len(left), 0]))
                for reader in params
            ]
            yield f"both ways: {answers[0]}   forwards: {answers[1]}"

    def _likeliest(self, logits: np.ndarray) -> str:
        logits[list(_RESERVED)] = -np.inf
        order = np.argsort(-logits, kind="stable")
        names = {int(i): self.codec.tokens.decode([i]) for i in order[:3]}
        return likeliest(logits, names)


def _gaps(chunk: Any) -> tuple[Array, Array]:
    """Return (which words are known, and so count, bool `[T, B]`; the words)."""
    words = jnp.asarray(chunk.words)
    return words > UNKNOWN, words
