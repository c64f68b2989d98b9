"""Which class is a text of? From any labelled texts to a task for a classifier of texts."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxrnn.data import Bucketed, Characters, Normaliser, Subwords, Words, good_buckets
from jaxrnn.data import pad_to_bucket
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.tokenisers import UNKNOWN
from jaxrnn.tasks.kind import DataSettings
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.task import Task
from jaxrnn.tasks.text_classifier import Texts
from jaxrnn.tasks.text_corpora import LabelledCorpus, corpus
from jaxrnn.tasks.token_codecs import LabelCodec, Tokens

__all__ = ["LabelledCorpus", "TextSettings", "by_frequency", "fitted", "labelled_texts", "number"]

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


def fitted(data: TextSettings, texts: tuple[str, ...]) -> Tokens:
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


def number(tokens: Tokens, texts: tuple[str, ...], steps: int | None) -> list[np.ndarray]:
    """Return the ids of each text, at most `steps` of them; one without any is one unknown token.

    Shapes: each int32 `[t_i]`, t_i at least 1.

        >>> number(Characters.fit(["ab"]), ("abba", ""), 3)
        [array([2, 3, 3], dtype=int32), array([1], dtype=int32)]
    """
    found = (tokens.encode(text)[:steps] for text in texts)
    return [ids if len(ids) else np.array([UNKNOWN], np.int32) for ids in found]


def by_frequency(trained: np.ndarray, judged: np.ndarray, classes: int) -> float:
    """Return the loss of who knows only how often each class comes, each counted once more.

    Shapes: labels int `[N]` and `[M]`.

        >>> round(by_frequency(np.array([0, 0]), np.array([0]), 2), 3)
        0.288
    """
    share = (np.bincount(trained, minlength=classes) + 1) / (len(trained) + classes)
    return float(-np.log(share[judged]).mean())


def labelled_texts(
    corpus: LabelledCorpus, data: TextSettings, seed: int, codec: LabelCodec | None, *,
    name: str, title: str, examine: Callable[..., Any],
) -> Task:  # fmt: skip
    """Return the task of telling the class of a text, in batches of texts of like lengths.

    The vocabulary is that of the training part; what else comes is the one unknown token. The loss
    is in nats per text.

    Shapes: a chunk is a `Texts`: ids int32 `[T, B]`, lengths and labels int32 and weights float32
    `[B]`.
    Args: seed, of the order of the texts; codec, fitted before, its vocabulary is kept. name and
        title, of the task. examine, `(model, params, corpus, ids by part) -> Examination`.
    Raises: ValueError for classes that the codec lacks.

        >>> some = Labelled(("good", "bad"), np.array([1, 0], np.int32))
        >>> corpus = LabelledCorpus(LabelledSplits(some, some, some), ("no", "yes"), "a test")
        >>> task = labelled_texts(
        ...     corpus, TextSettings(batch=2), 0, None, name="n", title="t", examine=print)
        >>> chunk = task.train(0)
        >>> chunk.lengths.tolist(), sorted(chunk.labels.tolist()), chunk.weights.tolist()
        ([1, 1], [0, 1], [1.0, 1.0])
    """
    parts = corpus.parts
    codec = codec or LabelCodec(fitted(data, parts.train.texts), corpus.names)
    if codec.names != corpus.names:
        raise ValueError(
            f"{name}: {corpus.source} has the classes {', '.join(corpus.names)}, but the run was "
            f"begun with {', '.join(codec.names)}."
        )
    ids = LabelledIds(*(number(codec.tokens, part.texts, data.steps) for part in parts))
    batch = 32 if data.batch is None else data.batch
    bucketed = _bucketed(ids.train, batch, seed)
    unknown = float((np.concatenate(ids.dev) == UNKNOWN).mean())
    return Task(
        name=name,
        title=title,
        source=f"{corpus.source}: {len(ids.train):,} texts, {len(codec.names)} classes, "
        f"{len(codec.tokens):,} different {data.tokens}, {unknown:.1%} of the held-out ones unknown",
        steps=max(map(len, ids.train)),
        batch=batch,
        metric="accuracy",
        higher_is_better=True,
        train=lambda place: _texts(ids.train, parts.train.labels, bucketed, place),
        evaluation=chunks(ids.dev, parts.dev.labels),
        baseline=by_frequency(parts.train.labels, parts.dev.labels, len(codec.names)),
        baseline_name="the frequency of the classes",
        content=fingerprint(*(part for split in parts for part in split)),
        epoch=bucketed.per_epoch,
        codec=codec,
        examine=lambda model, params: examine(model, params, corpus, ids),
    )


class LabelledIds(NamedTuple):
    """The ids of the texts of each part."""

    train: list[np.ndarray]
    dev: list[np.ndarray]
    test: list[np.ndarray]


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
