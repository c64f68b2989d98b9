"""Which part of speech is each word? Treebanks by name, or your own."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data import bucket_for, pad_to_bucket
from jaxrnn.data.bucketing import Bucketed, good_buckets
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.tagging.codec import Numbered, TaggingCodec, fit_tagging
from jaxrnn.tasks.tagging.data import MADE, TREEBANKS, Tagged, TaggedParts, read_tagged
from jaxrnn.tasks.tagging.report import as_list, confusion_picture, most_frequent_tags
from jaxrnn.tasks.tagging.tagger import TaggedChunk, Tagger, TaggerSettings
from jaxrnn.tasks.task import Task

__all__ = ["POS", "PosSettings", "pos"]

_GOALS = {"ewt": 0.935, "ko_gsd": 0.93}
_BASELINE = "the most frequent tag of each word"
_JUDGED = 64  # sentences of a held-out chunk


@dataclasses.dataclass(frozen=True)
class PosSettings(DataSettings):
    """Of tagging: steps, the words that are read of a training sentence at most.

    Fields: treebank, ewt, ko_gsd, made, or a folder with three CoNLL-U files of yours; letters,
    that are read of a word; buckets, the lengths that are compiled.
    Shapes: none.
    Raises: ValueError or TypeError naming the field.

        >>> PosSettings().treebank
        'ewt'
    """

    treebank: str = "ewt"
    letters: int = 20
    buckets: int = 5

    def __post_init__(self) -> None:
        for name in ("letters", "buckets"):
            as_positive_int("data", name, getattr(self, name))
        if self.treebank not in TREEBANKS and Path(self.treebank).exists():
            # a run may be resumed from another folder
            object.__setattr__(self, "treebank", str(Path(self.treebank).absolute()))


def pos(data: PosSettings, seed: int = 0, codec: TaggingCodec | None = None) -> Task:
    """Return the task of telling the tag of each word of a sentence, from all its words.

        words, letters = a sentence, padded with 0;   tags = one for each word

    Parts are the treebank's own: its test part examines. Batches hold sentences of like lengths.
    Counted are all words, on the treebank's own tokens.

    Source: Universal Dependencies; models such as Ma and Hovy (2016), arXiv:1603.01354.
    Shapes: chunks, `TaggedChunk`s.
    Args: seed, of the order of the sentences. codec, fitted before; it is kept.
    Raises: as `read_tagged`.

        >>> task = pos(PosSettings(batch=4, treebank="made", buckets=1))
        >>> chunk = task.train(0)
        >>> chunk.words.shape == chunk.tags.shape, chunk.letters.shape[2]
        (True, 20)
    """
    parts = read_tagged(data.treebank)
    codec = codec or fit_tagging(parts.train, data.letters)
    # what is learned from is cut to its first words; what judges never is
    trained = [_first(codec.numbered(*sentence), data.steps) for sentence in parts.train]
    lengths = [len(sentence.words) for sentence in trained]
    batch = 32 if data.batch is None else data.batch
    buckets = tuple(good_buckets(lengths, data.buckets))
    bucketed = Bucketed(tuple(lengths), batch, buckets, seed)

    def train(number: int) -> TaggedChunk:
        length, places, real = bucketed.batch_of(number)
        return _chunk([trained[i] for i in places.tolist()], length, real)

    held_out = [codec.numbered(*sentence) for sentence in parts.dev]
    return Task(
        name="pos",
        title="Which part of speech is each word?",
        source=_described(parts, codec),
        input_size=len(codec.words),
        output_size=len(codec.tags),
        steps=max(buckets),
        batch=batch,
        metric="accuracy",
        higher_is_better=True,
        train=train,
        evaluation=tuple(chunk for chunk, _ in _in_order(held_out, buckets)),
        content=fingerprint([list(part) for part in parts[:3]]),
        epoch=bucketed.per_epoch,
        codec=codec,
        examine=lambda model, params: _examine(
            model, params, parts, buckets, _GOALS.get(data.treebank)
        ),
    )


def _first(sentence: Numbered, steps: int | None) -> Numbered:
    return Numbered(*(part[:steps] for part in sentence))


def _described(parts: TaggedParts, codec: TaggingCodec) -> str:
    words = sum(len(sentence.words) for sentence in parts.train)
    return (
        f"{parts.source}: {len(parts.train):,} sentences of {words:,} words, {len(codec.tags)} "
        f"tags, {len(parts.dev):,} sentences judge"
    )


def _chunk(sentences: Sequence[Numbered], length: int, real: np.ndarray) -> TaggedChunk:
    columns = [list(column) for column in zip(*sentences, strict=True)]
    words, letters, tags = (pad_to_bucket(column, [length])[0] for column in columns)
    return TaggedChunk(np.where(real, words, 0), letters, tags)


class _Placed(NamedTuple):
    """Held-out sentences side by side, and where they stood."""

    chunk: TaggedChunk
    places: np.ndarray


def _in_order(sentences: Sequence[Numbered], buckets: Sequence[int]) -> Iterator[_Placed]:
    """Yield all sentences once, those of like lengths together; the longest may need a bucket."""
    lengths = [len(sentence.words) for sentence in sentences]
    buckets = sorted({*buckets, max(max(lengths), *buckets)})
    of = np.array([bucket_for(length, buckets) for length in lengths])
    for bucket in buckets:
        members = np.flatnonzero(of == bucket)
        for start in range(0, len(members), _JUDGED):
            places = members[start : start + _JUDGED]
            filled = np.resize(places, _JUDGED)  # one shape
            real = np.arange(_JUDGED) < len(places)
            yield _Placed(_chunk([sentences[i] for i in filled.tolist()], bucket, real), places)


def _examine(
    model: Tagger, params: Any, parts: TaggedParts, buckets: Sequence[int], goal: float | None
) -> Examination:
    found = _found(model, params, parts.test, buckets)
    trivial = most_frequent_tags(parts.train, parts.test)
    seen = {word for sentence in parts.train for word in sentence.words}
    new = [np.array([word not in seen for word in s.words]) for s in parts.test]
    every = [np.ones(len(s.words), bool) for s in parts.test]
    findings = [
        Finding(
            "test accuracy", _accuracy(parts.test, found, every), True,
            {_BASELINE: _accuracy(parts.test, trivial, every)}, goal,
        )
    ]  # fmt: skip
    if np.concatenate(new).any():
        share = np.concatenate(new).mean()
        findings.append(
            Finding(
                f"test accuracy on the {share:.1%} of words that are new",
                _accuracy(parts.test, found, new), True,
                {"the commonest tag": _accuracy(parts.test, trivial, new)},
            )
        )  # fmt: skip
    files = {
        "predictions.txt": as_list(parts.test, found),
        "picture.svg": confusion_picture(parts.test, found),
    }
    return Examination(tuple(findings), files)


def _found(
    model: Tagger, params: Any, sentences: Sequence[Tagged], buckets: Sequence[int]
) -> list[list[str]]:
    """Return the tags that a model finds, in the order of the sentences."""
    numbered = [model.codec.numbered(*sentence) for sentence in sentences]
    tags = jax.jit(model.tags)
    found: list[list[str]] = [[] for _ in sentences]
    for chunk, places in _in_order(numbered, buckets):
        best = np.asarray(tags(params, chunk))
        for column, place in enumerate(places.tolist()):
            ids = best[: len(sentences[place].words), column].tolist()
            found[place] = [model.codec.tags[i] for i in ids]
    return found


def _accuracy(
    sentences: Sequence[Tagged], found: Sequence[Sequence[str]], counted: Sequence[np.ndarray]
) -> float:
    right = np.concatenate(
        [np.array(s.tags) == np.array(tags) for s, tags in zip(sentences, found, strict=True)]
    )
    return float(right[np.concatenate(counted)].mean())


POS = Kind(
    topology="many-to-many, synchronous",
    summary="the part of speech of each word, or any tag, from treebanks or files of yours",
    settings=PosSettings,
    build=pos,
    first=lambda: {
        "model": {"cell": "lstm", "hidden": 128, "embedding": 100, "dropout": 0.5},
        "optimizer": {"learning_rate": 0.004, "schedule": "one_cycle"},
        "training": {"updates": 1400, "evaluate_every": 350, "checkpoint_every": 350},
    },
    model=TaggerSettings,
    network=Tagger,
    presets={
        "quick": {
            "data": {"treebank": MADE, "batch": 16, "letters": 12, "buckets": 1},
            "model": {"hidden": 16, "embedding": 16, "letter_embedding": 8, "letter_features": 16},
            "optimizer": {"learning_rate": 0.02, "schedule": "constant"},
            "training": {"updates": 60, "evaluate_every": 30, "checkpoint_every": 60},
        },
        "full": {"training": {"updates": 3200, "evaluate_every": 400, "checkpoint_every": 400}},
    },
)
