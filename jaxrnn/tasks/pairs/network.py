"""One text from another: an encoder-decoder with attention between two vocabularies."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.checks import as_number, as_positive_int
from jaxrnn.data import bucket_for, doubling, pad_to_bucket
from jaxrnn.models import Additive, BidirectionalEncoder, Lookup, Multiplicative
from jaxrnn.models.encoder_decoder import (
    AttendFirst,
    AttendLater,
    Decoder,
    EncoderDecoder,
    EncoderDecoderParams,
)
from jaxrnn.tasks.model import ModelSettings, make_cell, one_of, share
from jaxrnn.tasks.pairs.codec import PairCodec
from jaxrnn.tasks.words import lines_of
from jaxrnn.treemath import select_or_zero

__all__ = ["Pairs", "Translator", "TranslatorSettings"]

_BUCKETS = doubling()  # lengths that are compiled to answer
_ROWS = 100  # answered at a time


def _bahdanau(settings: ModelSettings) -> Decoder:
    return AttendFirst(make_cell(settings), Additive(settings.hidden), settings.embedding)


def _luong(settings: ModelSettings) -> Decoder:
    return AttendLater(make_cell(settings), Multiplicative(), settings.embedding)


_DECODERS = {"bahdanau": _bahdanau, "luong": _luong}  # a new one is one line


class Pairs(NamedTuple):
    """Sources and targets side by side, a chunk: 0 is padding, all of a row that is none.

    Fields: source int32 `[S, B]`; target int32 `[T, B]`; own float32 `[B]`, the share of tokens
    that the decoder reads from itself while training, None for none.
    """

    source: Any
    target: Any
    own: Any = None


@dataclasses.dataclass(frozen=True)
class TranslatorSettings(ModelSettings):
    """Of an encoder-decoder; hidden units are those of each direction, and of the decoder.

    Fields: embedding, features of a token and of the readout; attention, bahdanau or luong;
    dropout acts on what is read and said on both sides; smoothing, the share of a target that is
    spread over all tokens while training; beam, the sequences that a search keeps;
    length_penalty, of `beam_search`.
    Shapes: none.
    Raises: TypeError or ValueError naming the field.

        >>> TranslatorSettings(attention="bahdanau").beam
        5
    """

    attention: str = "luong"
    smoothing: float = 0.0
    beam: int = 5
    length_penalty: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("model.attention", self.attention, _DECODERS)
        as_positive_int("model", "beam", self.beam)
        share("model.smoothing", self.smoothing)
        if as_number("model", "length_penalty", self.length_penalty) < 0:
            raise ValueError(
                f"model.length_penalty: expected 0 or more, got {self.length_penalty}."
            )


@dataclasses.dataclass(frozen=True)
class Translator:
    """An `EncoderDecoder` between the two vocabularies of a codec.

        loss = (1 - s) * cross entropy of the next token + s * the mean of that of all tokens

    Without a key nothing is dropped or smoothed, s = 0.

    Source: Luong, Pham and Manning (2015), arXiv:1508.04025; smoothing: Szegedy et al. (2016),
    arXiv:1512.00567.
    Fields: settings; codec.
    Shapes: a chunk is a `Pairs`.
    Raises: ValueError without an embedding.

        >>> from jaxrnn.tasks.pairs.codec import fit_pairs
        >>> codec = fit_pairs([("one", "eins"), ("two", "zwei")], tokens="words", size=300, most=9)
        >>> translator = Translator(TranslatorSettings("gru", 4, embedding=3), codec)
        >>> params = translator.init(jax.random.key(0))
        >>> len(list(translator.predict(params, "one two\\ntwo")))
        2
    """

    settings: TranslatorSettings
    codec: PairCodec

    def __post_init__(self) -> None:
        as_positive_int("model", "embedding", self.settings.embedding)

    @property
    def model(self) -> EncoderDecoder:
        """The network."""
        chosen = self.settings
        plain = dataclasses.replace(chosen, dropout=0.0)  # dropped outside the loops
        return EncoderDecoder(
            Lookup(self.codec.source_size, chosen.embedding),
            Lookup(self.codec.target_size, chosen.embedding),
            BidirectionalEncoder(make_cell(plain, 1), chosen.layers, chosen.dropout),
            _DECODERS[chosen.attention](plain),
            chosen.dropout,
        )

    def init(self, key: Array) -> EncoderDecoderParams:
        """Draw the params."""
        return self.model.init(key)

    def loss(
        self, params: EncoderDecoderParams, chunk: Pairs, key: Array | None
    ) -> tuple[Array, Array]:
        """Return (cross entropy in nats, summed over the tokens, ends included; how many)."""
        logits, targets, real = self._logits(params, chunk, key)
        losses = _cross_entropy(logits, targets)
        if key is not None and self.settings.smoothing:
            even = jax.nn.logsumexp(logits, -1) - logits.mean(-1)
            losses = losses + self.settings.smoothing * (even - losses)
        return select_or_zero(real, losses).sum(), real.sum()

    def score(self, params: EncoderDecoderParams, chunk: Pairs) -> tuple[Array, Array]:
        """Return (how many next tokens are right, of how many)."""
        logits, targets, real = self._logits(params, chunk, None)
        right = (logits.argmax(-1) == targets) & real
        return right.sum().astype(logits.dtype), real.sum()

    def _logits(
        self, params: EncoderDecoderParams, chunk: Pairs, key: Array | None
    ) -> tuple[Array, Array, Array]:
        """Return (logits `[T, B, V]`, targets and which of them are real `[T, B]`)."""
        model, targets = self.model, jnp.asarray(chunk.target)
        reading, writing, mixing = (None,) * 3 if key is None else jax.random.split(key, 3)
        encoded = model.encode(params, chunk.source, reading)
        given = jnp.concatenate([jnp.zeros_like(targets[:1]), targets[:-1]])
        if chunk.own is not None and mixing is not None:
            own = jax.random.bernoulli(mixing, jnp.asarray(chunk.own), given.shape)
            given = model.mixed(params, encoded, given, own)
        return model.decode(params, encoded, given, writing).logits, targets, targets != 0

    def answers(
        self, params: EncoderDecoderParams, texts: Sequence[str], width: int | None = None
    ) -> list[np.ndarray]:
        """Return the likeliest ids for each text, those of like lengths found together.

        Shapes: each int32 `[L]`.
        Args: width, of the beam; None is that of the settings.
        """
        width = self.settings.beam if width is None else width
        read = [self.codec.read(text) for text in texts]
        places = np.argsort([len(ids) for ids in read], kind="stable")
        rows = min(_ROWS, len(read))
        write = jax.jit(lambda params, source: self._write(params, source, width))
        found: list[np.ndarray] = [np.zeros(0, np.int32)] * len(read)
        for begin in range(0, len(read), rows):
            part = places[begin : begin + rows]
            bucket = bucket_for(max(len(read[place]) for place in part), _BUCKETS)
            missing = [np.zeros(0, np.int32)] * (rows - len(part))
            source, _ = pad_to_bucket([*(read[place] for place in part), *missing], [bucket])
            best = np.asarray(write(params, source))
            for row, place in enumerate(part):
                found[place] = best[row]
        return found

    def _write(self, params: EncoderDecoderParams, source: Array, width: int) -> Array:
        model = self.model
        return model.write(
            params, model.encode(params, source), end=self.codec.end, width=width,
            length=self.codec.most_written, never=self.codec.never,
            length_penalty=self.settings.length_penalty,
        ).tokens[:, 0]  # fmt: skip

    def attended(self, params: EncoderDecoderParams, text: str, ids: np.ndarray) -> np.ndarray:
        """Return where the decoder looks at each step of writing ids, `[t, s]`."""
        given = np.concatenate([[0], ids[:-1]]).astype(np.int32)

        @jax.jit
        def look(params: EncoderDecoderParams, source: Array, given: Array) -> Array:
            return self.model.decode(params, self.model.encode(params, source), given).weights

        return np.asarray(look(params, self.codec.read(text)[:, None], given[:, None]))[:, :, 0]

    def predict(self, params: EncoderDecoderParams, text: str) -> Iterator[str]:
        """Answer each line that is not empty with the best text the beam finds.

        Raises: ValueError without any.
        """
        lines = [line for line in lines_of(text) if line.strip()]
        if not lines:
            raise ValueError("expected lines of text, got none.")
        for ids in self.answers(params, lines):
            yield self.codec.text(ids)
