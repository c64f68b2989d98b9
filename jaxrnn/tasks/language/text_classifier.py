"""The class of a whole text: token by token both ways, then what all steps amount to."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.data import Bucketed, doubling, good_buckets, pad_to_bucket
from jaxrnn.data.tokenisers import UNKNOWN
from jaxrnn.models import Output, OutputParams, RNNParams
from jaxrnn.models.bidirectional_encoder import (
    BidirectionalEncoder,
    mean_of_steps,
    most_of_steps,
)
from jaxrnn.models.lookup import Lookup, LookupParams
from jaxrnn.randomness import dropout
from jaxrnn.tasks.language.token_codecs import LabelCodec
from jaxrnn.tasks.model import ModelSettings, make_cell, share
from jaxrnn.tasks.scores import correct

__all__ = ["ClassifierParams", "ClassifierSettings", "TextClassifier", "Texts"]

_BUCKETS = doubling()  # lengths that are compiled
_PART = 256  # texts that are answered together


class Texts(NamedTuple):
    """A batch of texts: a chunk."""

    ids: Any  # int32 [T, B], 0 in padding
    lengths: Any  # int32 [B]
    labels: Any  # int32 [B]
    weights: Any  # float32 [B], 0 for rows that only fill the batch


@dataclasses.dataclass(frozen=True)
class ClassifierSettings(ModelSettings):
    """Of a classifier of texts; hidden units are those of each direction.

    Fields: word_dropout, the share of tokens that are read as unknown while training. dropout acts
    on what each layer reads and says, and on what is kept of the steps.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> ClassifierSettings(word_dropout=0.1).hidden
        128
    """

    word_dropout: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        share("model.word_dropout", self.word_dropout)


class ClassifierParams(NamedTuple):
    """Params of a `TextClassifier`."""

    lookup: LookupParams
    encoder: RNNParams
    output: OutputParams


@dataclasses.dataclass(frozen=True)
class TextClassifier:
    """Embedded tokens, layers that read both ways, the mean and the maximum over the steps.

        ys = encoder(lookup(ids))
        logits = output(dropout([mean of ys over the real steps, maximum of ys over them]))

    Source: Conneau et al. (2017), arXiv:1705.02364, for the maximum; reading tokens as unknown,
    Iyyer et al. (2015), ACL, whose words are left out instead.
    Fields: settings; codec.
    Shapes: a chunk is a `Texts`; logits `[B, classes]`.
    Raises: ValueError without an embedding.

        >>> from jaxrnn.data import Characters
        >>> codec = LabelCodec(Characters.fit(["abc"]), ("no", "yes"))
        >>> model = TextClassifier(ClassifierSettings(hidden=4, embedding=3), codec)
        >>> params = model.init(jax.random.key(0))
        >>> model.logits(params, np.array([[2], [3]]), np.array([2]), None).shape
        (1, 2)
        >>> [line.split()[0] in ("no", "yes") for line in model.predict(params, "ab\\nc")]
        [True, True]
    """

    settings: ClassifierSettings
    codec: LabelCodec

    def __post_init__(self) -> None:
        if not self.settings.embedding:
            raise ValueError(
                "model.embedding: tokens need vectors: expected a number above 0, such as 64, got "
                "0."
            )

    @property
    def lookup(self) -> Lookup:
        """The vectors of the tokens."""
        return Lookup(self.codec.input_size, self.settings.embedding)

    @property
    def encoder(self) -> BidirectionalEncoder:
        """The layers, which drop outside their loops."""
        plain = dataclasses.replace(self.settings, dropout=0.0)
        return BidirectionalEncoder(make_cell(plain, 1), plain.layers, self.settings.dropout)

    @property
    def output(self) -> Output:
        """The layer of the classes."""
        return Output(self.codec.output_size)

    def init(self, key: Array) -> ClassifierParams:
        """Draw the params."""
        keys = jax.random.split(key, 3)
        lookup = self.lookup.init(keys[0])
        encoder = self.encoder.init(keys[1], self.settings.embedding)
        some = jnp.zeros((1, self.settings.embedding))
        width = jax.eval_shape(self.encoder.apply, encoder, some).shape[-1]
        return ClassifierParams(lookup, encoder, self.output.init(keys[2], 2 * width))

    def logits(
        self, params: ClassifierParams, ids: Array, lengths: Array, key: Array | None
    ) -> Array:
        """Return the logits of texts `[T, B]`; with a key tokens and units are dropped."""
        ids = jnp.asarray(ids)
        words, within, above = (None,) * 3 if key is None else jax.random.split(key, 3)
        mask = jnp.arange(len(ids))[:, None] < lengths
        if words is not None and self.settings.word_dropout:
            gone = jax.random.bernoulli(words, self.settings.word_dropout, ids.shape)
            ids = jnp.where(gone & mask, UNKNOWN, ids)
        xs = self.lookup.apply(params.lookup, ids)
        ys = self.encoder.apply(params.encoder, xs, lengths=lengths, key=within)
        kept = jnp.concatenate([mean_of_steps(ys, mask), most_of_steps(ys, mask)], axis=-1)
        return self.output.apply(params.output, dropout(kept, self.settings.dropout, above))

    def loss(
        self, params: ClassifierParams, chunk: Texts, key: Array | None
    ) -> tuple[Array, Array]:
        """Return (cross entropy in nats, summed over the texts; how many)."""
        logits = self.logits(params, chunk.ids, chunk.lengths, key)
        return (_cross_entropy(logits, chunk.labels) * chunk.weights).sum(), chunk.weights.sum()

    def score(self, params: ClassifierParams, chunk: Texts) -> tuple[Array, Array]:
        """Return (how many are right, of how many)."""
        logits = self.logits(params, chunk.ids, chunk.lengths, None)
        return (correct(logits, chunk.labels) * chunk.weights).sum(), chunk.weights.sum()

    def predict(self, params: ClassifierParams, text: str) -> Iterator[str]:
        """Answer each line that has tokens with its likeliest classes."""
        run = jax.jit(lambda ids, lengths: self.logits(params, ids, lengths, None))
        for xs in self.codec.inputs(text):
            ids, lengths = pad_to_bucket([xs[:, 0]], _BUCKETS)
            yield self.codec.answer(np.asarray(run(ids, lengths)))

    def answers(self, params: ClassifierParams, ids: Sequence[np.ndarray]) -> np.ndarray:
        """Return the logits `[N, classes]` of many texts of ids `[t_i]`."""
        run = jax.jit(lambda ids, lengths: self.logits(params, ids, lengths, None))
        lengths = [len(one) for one in ids]
        bucketed = Bucketed(tuple(lengths), min(_PART, len(ids)), tuple(good_buckets(lengths, 4)))
        found = np.zeros((len(ids), self.codec.output_size), np.float32)
        for place in range(bucketed.per_epoch):
            steps, places, _ = bucketed.batch_of(place)
            found[places] = run(*pad_to_bucket([ids[i] for i in places], [steps]))
        return found
