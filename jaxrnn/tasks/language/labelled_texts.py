"""Which class is a text of? From any labelled texts to a task for a classifier of texts."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.data import (
    Bucketed,
    Characters,
    Normaliser,
    Subwords,
    Words,
    good_buckets,
    pad_to_bucket,
)
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.tokenisers import UNKNOWN
from jaxrnn.tasks.examination import Examination
from jaxrnn.tasks.frequency import by_frequency
from jaxrnn.tasks.kind import DataSettings
from jaxrnn.tasks.language.text_classifier import Texts
from jaxrnn.tasks.language.text_corpora import LabelledCorpus
from jaxrnn.tasks.language.token_codecs import LabelCodec, Tokens
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.task import Task

__all__ = [
    "LabelledIds", "TextSettings", "chunks", "fitted", "known_codec",
    "labelled_texts", "token_ids",
]  # fmt: skip

_TOKENS = ("words", "characters", "subwords")
_BUCKETS = 4  # lengths that are compiled, for training
_PART = 256  # texts of an evaluation chunk


@dataclasses.dataclass(frozen=True)
class TextSettings(DataSettings):
    """Of labelled texts: steps, the most tokens that are read of one.

    Fields: tokens, words, characters or subwords; size, how many different ones at most; least,
    how often a word has to come to be known; lower, whether case is ignored.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> TextSettings(tokens="characters").lower
        False
    """

    tokens: str = "words"
    size: int = 20_000
    least: int = 1
    lower: bool = False

    def __post_init__(self) -> None:
        one_of("data.tokens", self.tokens, _TOKENS)
        if not 300 <= self.size <= 10**6:
            raise ValueError(f"data.size: expected 300 to 1,000,000 tokens, got {self.size}.")
        if self.least < 1:
            raise ValueError(f"data.least: expected 1 or more, got {self.least}.")


def fitted(data: TextSettings, texts: Sequence[str]) -> Tokens:
    """Return a tokeniser fitted to the texts that are trained on.

    Shapes: none.

        >>> fitted(TextSettings(lower=True), ("The cat", "the dog")).symbols
        ('the', 'cat', 'dog')
    """
    normaliser = Normaliser(lower=data.lower)
    if data.tokens == "characters":
        return Characters.fit(texts, normaliser)
    if data.tokens == "subwords":
        return Subwords.fit(texts, normaliser, size=data.size)
    return Words.fit(texts, normaliser, min_count=data.least, max_size=data.size)


def token_ids(tokens: Tokens, texts: Sequence[str], steps: int | None = None) -> list[np.ndarray]:
    """Return the ids of each text, at most `steps` of them; one without any is one unknown token.

    Shapes: each int32 `[t_i]`, t_i at least 1.

        >>> [ids.tolist() for ids in token_ids(Characters.fit(["ab"]), ("abba", ""), 3)]
        [[2, 3, 3], [1]]
    """
    found = (tokens.encode(text)[:steps] for text in texts)
    return [ids if len(ids) else np.array([UNKNOWN], np.int32) for ids in found]


def known_codec(
    owner: str, found: LabelledCorpus, codec: LabelCodec | None, data: TextSettings
) -> LabelCodec:
    """Return the codec of a run that goes on, or one fitted to the texts that are trained on.

    Shapes: none.
    Raises: ValueError if the run was begun with other classes.

        >>> from jaxrnn.tasks.language.text_corpora import corpus
        >>> known_codec("n", corpus("made-names", None), None, TextSettings()).output_size
        3
    """
    if codec is None:
        return LabelCodec(fitted(data, found.parts.train.texts), found.names)
    if codec.names != found.names:
        raise ValueError(
            f"{owner}: {found.source} has the classes {', '.join(found.names)}, but the run was "
            f"begun with {', '.join(codec.names)}."
        )
    return codec


class LabelledIds(NamedTuple):
    """The ids of the texts of each part."""

    train: list[np.ndarray]
    dev: list[np.ndarray]
    test: list[np.ndarray]


def labelled_texts(
    found: LabelledCorpus, data: TextSettings, seed: int, codec: LabelCodec | None, *,
    name: str, title: str, examine: Callable[[Any, Any, LabelledIds], Examination],
) -> Task:  # fmt: skip
    """Return the task of telling the class of a text, in batches of texts of like lengths.

    The vocabulary is that of the training part; what else comes is the one unknown token. The loss
    is in nats per text.

    Shapes: a chunk is a `Texts`: ids int32 `[T, B]`, lengths and labels int32 and weights float32
    `[B]`.
    Args: seed, of the order of the texts; codec, fitted before, its vocabulary is kept. name and
        title, of the task. examine, `(model, params, ids) -> Examination`.
    Raises: ValueError for classes that the codec lacks.

        >>> from jaxrnn.tasks.language.text_corpora import corpus
        >>> task = labelled_texts(
        ...     corpus("made-names", None), TextSettings(batch=2, tokens="characters"), 0, None,
        ...     name="names", title="Which?", examine=lambda model, params, ids: Examination(()))
        >>> chunk = task.train(0)
        >>> chunk.ids.shape[1], chunk.weights.tolist()
        (2, [1.0, 1.0])
    """
    parts = found.parts
    codec = known_codec(name, found, codec, data)
    ids = LabelledIds(*(token_ids(codec.tokens, part.texts, data.steps) for part in parts))
    batch = 32 if data.batch is None else data.batch
    bucketed = _bucketed(ids.train, batch, seed)
    unknown = float((np.concatenate(ids.dev) == UNKNOWN).mean())
    return Task(
        name=name,
        title=title,
        source=f"{found.source}: {len(ids.train):,} texts to train on, {len(codec.names)} classes, "
        f"{len(codec.tokens):,} {data.tokens}, {unknown:.1%} of the held-out ones unknown",
        input_size=codec.input_size,
        output_size=codec.output_size,
        steps=max(map(len, ids.train)),
        batch=batch,
        metric="accuracy",
        higher_is_better=True,
        train=lambda place: _texts(ids.train, parts.train.labels, bucketed, place),
        evaluation=chunks(ids.dev, parts.dev.labels),
        baseline=by_frequency(parts.train.labels, parts.dev.labels, len(codec.names)),
        baseline_name="the frequency of the classes",
        content=fingerprint(*(list(part) for part in parts)),
        epoch=bucketed.per_epoch,
        codec=codec,
        examine=lambda model, params: examine(model, params, ids),
    )


def chunks(ids: list[np.ndarray], labels: np.ndarray) -> tuple[Texts, ...]:
    """Return held-out texts as chunks, each text once, those of like lengths together.

    Shapes: ids, N arrays int32 `[t_i]`; labels int32 `[N]`.

        >>> some = [np.array([2, 3, 4], np.int32), np.array([5], np.int32)]
        >>> sorted(chunk.lengths.tolist() for chunk in chunks(some, np.array([0, 1], np.int32)))
        [[1, 1], [3, 3]]
    """
    bucketed = _bucketed(ids, min(_PART, len(ids)), 0)
    return tuple(_texts(ids, labels, bucketed, place) for place in range(bucketed.per_epoch))


def _bucketed(ids: list[np.ndarray], batch: int, seed: int) -> Bucketed:
    lengths = [len(one) for one in ids]
    return Bucketed(tuple(lengths), batch, tuple(good_buckets(lengths, _BUCKETS)), seed)


def _texts(ids: list[np.ndarray], labels: np.ndarray, bucketed: Bucketed, place: int) -> Texts:
    steps, places, real = bucketed.batch_of(place)
    padded, lengths = pad_to_bucket([ids[i] for i in places], [steps])
    return Texts(padded, lengths, labels[places], real.astype(np.float32))
