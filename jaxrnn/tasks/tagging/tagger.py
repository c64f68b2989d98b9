"""A tag for each word, from the word, its letters and all the words around it."""

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.checks import as_positive_int
from jaxrnn.data import doubling, pad_to_bucket
from jaxrnn.data.tokenisers import PAD, UNKNOWN
from jaxrnn.initializers import Glorot
from jaxrnn.models import Output, OutputParams, RNNParams
from jaxrnn.models.bidirectional_encoder import BidirectionalEncoder
from jaxrnn.models.crf import CRF, CRFParams
from jaxrnn.models.lookup import Lookup, LookupParams
from jaxrnn.numerics import matmul
from jaxrnn.randomness import dropout
from jaxrnn.tasks.model import ModelSettings, make_cell, share
from jaxrnn.tasks.tagging.codec import TaggingCodec
from jaxrnn.treemath import select_or_zero

__all__ = ["TaggedChunk", "Tagger", "TaggerParams", "TaggerSettings"]

_BUCKETS = doubling()  # lengths that are compiled for people's sentences


@dataclasses.dataclass(frozen=True)
class TaggerSettings(ModelSettings):
    """Of a tagger: hidden units are those of each direction.

    Fields: letter_embedding, features of a letter; letter_reach, how many in a row are looked
    at together; letter_features, of all letters of a word; word_dropout, the share of words that
    are read as unknown while training; crf, whether tags are weighed together, by a `CRF`, not each
    alone.
    Shapes: none.
    Raises: ValueError or TypeError naming the field.

        >>> TaggerSettings("lstm", 64).letter_features
        160
    """

    letter_embedding: int = 32
    letter_reach: int = 7
    letter_features: int = 160
    word_dropout: float = 0.1
    crf: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("letter_embedding", "letter_reach", "letter_features"):
            as_positive_int("model", name, getattr(self, name))
        share("model.word_dropout", self.word_dropout)


class TaggedChunk(NamedTuple):
    """Sentences side by side; where words are 0 there is none, where tags are -1 none is known."""

    words: Any  # [T, B] int32
    letters: Any  # [T, B, L] int32
    tags: Any  # [T, B] int32


class TaggerParams(NamedTuple):
    """Weights of a `Tagger`."""

    words: LookupParams
    letters: LookupParams
    w_letters: Array  # [R*E, F], of R letters in a row
    b_letters: Array  # [F]
    encoder: RNNParams
    head: OutputParams
    crf: CRFParams | None


@dataclasses.dataclass(frozen=True)
class Tagger:
    """Words and letters, read both ways, a tag at each word.

        f = max over i of relu(concatenate(letters i - R/2 .. i + R/2) @ w_letters + b_letters)
        ys = encoder(concatenate(word, f))
        logits = ys @ w_hy + b_y        of each word alone, or the emissions of a CRF

    Source: Ma and Hovy (2016), arXiv:1603.01354: letters by convolution, a BiLSTM, a CRF.
    Fields: settings; codec.
    Shapes: chunk, a `TaggedChunk`; logits `[T, B, K]`.
    Raises: ValueError without an embedding of words.

        >>> from jaxrnn.tasks.tagging.codec import fit_tagging
        >>> from jaxrnn.tasks.tagging.data import made_sentences
        >>> settings = TaggerSettings("lstm", 4, embedding=3)
        >>> tagger = Tagger(settings, fit_tagging(made_sentences(0, 9)))
        >>> params = tagger.init(jax.random.key(0))
        >>> [line.count("/") for line in tagger.predict(params, "they sail the boat\\nwe walk")]
        [4, 2]
    """

    settings: TaggerSettings
    codec: TaggingCodec

    def __post_init__(self) -> None:
        as_positive_int("model", "embedding", self.settings.embedding)

    @property
    def _words(self) -> Lookup:
        return Lookup(len(self.codec.words), self.settings.embedding)

    @property
    def _letters(self) -> Lookup:
        return Lookup(self.codec.letter_count, self.settings.letter_embedding)

    @property
    def _encoder(self) -> BidirectionalEncoder:
        bare = make_cell(dataclasses.replace(self.settings, dropout=0.0), 1)
        return BidirectionalEncoder(bare, self.settings.layers, self.settings.dropout)

    @property
    def _head(self) -> Output:
        return Output(len(self.codec.tags))

    @property
    def _crf(self) -> CRF:
        return CRF(len(self.codec.tags))

    def init(self, key: Array) -> TaggerParams:
        """Draw the params."""
        chosen = self.settings
        words, letters, kernel, encoder, head, crf = jax.random.split(key, 6)
        reach = chosen.letter_reach * chosen.letter_embedding
        first = chosen.embedding + chosen.letter_features
        lower = self._encoder.init(encoder, first)
        return TaggerParams(
            self._words.init(words),
            self._letters.init(letters),
            Glorot()(kernel, (reach, chosen.letter_features), jnp.zeros(()).dtype),
            jnp.zeros(chosen.letter_features),
            lower,
            self._head.init(head, 2 * chosen.hidden),
            self._crf.init(crf) if chosen.crf else None,
        )

    def loss(self, params: TaggerParams, chunk: Any, key: Array | None) -> tuple[Array, Array]:
        """Return (minus the log likelihood of the tags, how many there are)."""
        tags = jnp.asarray(chunk.tags)
        known = (jnp.asarray(chunk.words) != PAD) & (tags >= 0)
        logits = self.logits(params, chunk, key)
        safe = jnp.where(known, tags, 0)
        if params.crf is None:
            total = select_or_zero(known, _cross_entropy(logits, safe)).sum()
        else:
            total = -self._crf.log_likelihood(params.crf, logits, safe, mask=known).sum()
        return total, known.sum()

    def score(self, params: TaggerParams, chunk: Any) -> tuple[Array, Array]:
        """Return (how many tags are right, how many words there are)."""
        real = jnp.asarray(chunk.words) != PAD
        right = (self.tags(params, chunk) == jnp.asarray(chunk.tags)) & real
        return right.sum().astype(jnp.zeros(()).dtype), real.sum()

    def tags(self, params: TaggerParams, chunk: Any) -> Array:
        """Return the best tag of each word `[T, B]`; in padding it means nothing."""
        logits = self.logits(params, chunk, None)
        if params.crf is None:
            return logits.argmax(-1)
        return self._crf.decode(params.crf, logits, mask=jnp.asarray(chunk.words) != PAD).tags

    def logits(self, params: TaggerParams, chunk: Any, key: Array | None) -> Array:
        """Return what each tag is worth at each word `[T, B, K]`; with a key as in training."""
        words, letters = jnp.asarray(chunk.words), jnp.asarray(chunk.letters)
        lengths = (words != PAD).sum(0)
        hidden, spelled, within = (None,) * 3 if key is None else jax.random.split(key, 3)
        if hidden is not None:
            unseen = jax.random.bernoulli(hidden, self.settings.word_dropout, words.shape)
            words = jnp.where(unseen & (words != PAD), UNKNOWN, words)
        vectors = dropout(
            self._letters.apply(params.letters, letters), self.settings.dropout / 2, spelled
        )
        xs = jnp.concatenate(
            [self._words.apply(params.words, words), _spelling(params, vectors, letters != PAD)], -1
        )
        ys = self._encoder.apply(params.encoder, xs, key=within, lengths=lengths)
        return self._head.apply(params.head, ys)

    def predict(self, params: TaggerParams, text: str) -> Iterator[str]:
        """Answer each line that has words: `word/TAG word/TAG ...`."""
        tags = jax.jit(self.tags)
        for words in self.codec.sentences(text):
            numbered = self.codec.numbered(words)
            chunk = TaggedChunk(*(pad_to_bucket([part], _BUCKETS)[0] for part in numbered))
            found = np.asarray(tags(params, chunk))[: len(words), 0]
            yield " ".join(
                f"{word}/{self.codec.tags[tag]}" for word, tag in zip(words, found, strict=True)
            )


def _spelling(params: TaggerParams, vectors: Array, real: Array) -> Array:
    """Return features `[T, B, F]` of letters `[T, B, L, E]`."""
    length, width = vectors.shape[-2:]
    reach = params.w_letters.shape[0] // width
    around = jnp.pad(vectors, ((0, 0), (0, 0), (reach // 2, (reach - 1) // 2), (0, 0)))
    rows = jnp.concatenate([around[..., i : i + length, :] for i in range(reach)], axis=-1)
    features = jax.nn.relu(matmul(rows, params.w_letters) + params.b_letters)
    return select_or_zero(real, features).max(-2)
