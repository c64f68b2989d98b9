"""From pairs of texts to a task: batches of pairs of like lengths, in few shapes."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data import Bucketed, good_buckets, pad_to_bucket
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.tasks.examination import Examination
from jaxrnn.tasks.frequency import by_frequency
from jaxrnn.tasks.kind import DataSettings
from jaxrnn.tasks.model import at_least_zero, one_of
from jaxrnn.tasks.pairs.codec import PairCodec, fit_pairs
from jaxrnn.tasks.pairs.corpora import PairCorpus
from jaxrnn.tasks.pairs.network import Pairs, Translator
from jaxrnn.tasks.task import Task

__all__ = ["PairBatches", "PairSettings", "pair_task"]

_TOKENS = ("subwords", "words", "characters")
_JUDGED = 128  # pairs of a held-out chunk
_HELD_OUT_BUCKETS = 2


@dataclasses.dataclass(frozen=True)
class PairSettings(DataSettings):
    """Of pairs of texts: steps, the most tokens that are read or written of one.

    Fields: tokens, subwords, words or characters; size, how many different ones at most on either
    side; buckets, pairs of lengths to compile; most, pairs to train on at most, 0 for all; own, the
    share of tokens that the decoder reads from itself, which rises evenly over own_updates updates
    (scheduled sampling).
    Shapes: none.
    Raises: ValueError or TypeError naming the field.

        >>> PairSettings(tokens="characters").own
        0.0
    """

    tokens: str = "subwords"
    size: int = 5000
    buckets: int = 4
    most: int = 0
    own: float = 0.0
    own_updates: int = 1000

    def __post_init__(self) -> None:
        one_of("data.tokens", self.tokens, _TOKENS)
        if not 300 <= self.size <= 10**6:
            raise ValueError(f"data.size: expected 300 to 1,000,000 tokens, got {self.size}.")
        for name in ("buckets", "own_updates"):
            as_positive_int("data", name, getattr(self, name))
        at_least_zero("data.most", self.most)
        if not 0 <= self.own <= 1:
            raise ValueError(f"data.own: expected a share from 0 to 1, got {self.own}.")


class _Numbered(NamedTuple):
    source: list[np.ndarray]
    target: list[np.ndarray]


@dataclasses.dataclass(frozen=True)
class PairBatches:
    """Each pair once an epoch, padded to one of few pairs of lengths (S, T).

    The lengths of either side have as many good buckets; a pair goes to the first place where both
    sides fit. A row that only fills a batch is all padding.

    Fields: source and target, N arrays of ids each; batch; buckets, how many at most; seed.
    Shapes: a batch is a `Pairs`, source int32 `[S, batch]`, target int32 `[T, batch]`.

        >>> ids = [np.ones(n, np.int32) for n in (1, 2, 5)]
        >>> batches = PairBatches(tuple(ids), tuple(ids[::-1]), batch=2, buckets=2)
        >>> sorted({(len(batches.at(n).source), len(batches.at(n).target)) for n in range(9)})
        [(2, 2), (5, 5)]
    """

    source: tuple[np.ndarray, ...]
    target: tuple[np.ndarray, ...]
    batch: int
    buckets: int
    seed: int = 0
    _ends: tuple[list[int], ...] = dataclasses.field(init=False, repr=False, compare=False)
    _plan: Bucketed = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sides = [np.array([len(ids) for ids in side]) for side in (self.source, self.target)]
        ends = [good_buckets(lengths, self.buckets) for lengths in sides]
        count = max(map(len, ends))
        ends = tuple([*side, *[side[-1]] * (count - len(side))] for side in ends)
        places = np.max(
            [np.searchsorted(e, lengths) for e, lengths in zip(ends, sides, strict=True)], axis=0
        )
        bucketed = Bucketed(
            tuple((places + 1).tolist()), self.batch, tuple(range(1, count + 1)), self.seed
        )
        object.__setattr__(self, "_ends", ends)
        object.__setattr__(self, "_plan", bucketed)

    @property
    def per_epoch(self) -> int:
        """Batches in an epoch."""
        return self._plan.per_epoch

    def at(self, number: int) -> Pairs:
        """Return batch `number`, a pure function of it."""
        place, examples, real = self._plan.batch_of(number)
        none = np.zeros(0, np.int32)
        sides = (
            pad_to_bucket(
                [side[i] if there else none for i, there in zip(examples, real, strict=True)],
                [ends[place - 1]],
            )[0]
            for side, ends in zip((self.source, self.target), self._ends, strict=True)
        )
        return Pairs(*sides)


def pair_task(
    corpus: PairCorpus, data: PairSettings, seed: int, codec: PairCodec | None, *,
    name: str, title: str,
    examine: Callable[[Translator, object, PairCorpus], Examination],
) -> Task:  # fmt: skip
    """Return the task of writing the target of each source.

    The vocabularies are those of the training part. The loss is in nats per token, the end of a
    target is one; the metric is how often the next token is right where those before it are given.

    Shapes: a chunk is a `Pairs`.
    Args: seed, of the order of the pairs; codec, fitted before, its vocabularies are kept; name and
        title, of the task; examine, `(model, params, corpus) -> Examination`.
    Raises: ValueError for a part without pairs.

        >>> pairs = [("one", "eins"), ("two", "zwei"), ("three", "drei")]
        >>> task = pair_task(
        ...     PairCorpus(pairs, pairs, pairs, "a test"), PairSettings(tokens="words", batch=2), 0,
        ...     None, name="n", title="t", examine=print)
        >>> task.train(0).target.shape, task.epoch
        ((2, 2), 2)
    """
    train = corpus.train[: data.most or None]
    for part, pairs in zip(("train", "dev", "test"), (train, corpus.dev, corpus.test), strict=True):
        if not pairs:
            raise ValueError(f"{name}: {corpus.source} has no pairs in its part {part}.")
    steps = 64 if data.steps is None else data.steps
    batch = 64 if data.batch is None else data.batch
    codec = codec or fit_pairs(train, tokens=data.tokens, size=data.size, most=steps)
    numbered, judged = _numbered(codec, train), _numbered(codec, corpus.dev)
    batches = PairBatches(tuple(numbered.source), tuple(numbered.target), batch, data.buckets, seed)
    held_out = PairBatches(
        tuple(judged.source), tuple(judged.target), min(_JUDGED, len(corpus.dev)),
        min(data.buckets, _HELD_OUT_BUCKETS),
    )  # fmt: skip
    return Task(
        name=name,
        title=title,
        source=f"{corpus.source}: {len(train):,} pairs, {codec.source_size:,} and "
        f"{codec.target_size:,} different {data.tokens}",
        input_size=codec.source_size,
        output_size=codec.target_size,
        steps=max(map(len, numbered.target)),
        batch=batch,
        metric="accuracy of the next token",
        higher_is_better=True,
        train=lambda number: _with_own(batches.at(number), data, number),
        evaluation=tuple(map(held_out.at, range(held_out.per_epoch))),
        baseline=by_frequency(
            np.concatenate(numbered.target), np.concatenate(judged.target), codec.target_size
        ),
        baseline_name="a unigram model, which knows how often each token comes",
        content=fingerprint(train, corpus.dev, corpus.test),
        epoch=batches.per_epoch,
        codec=codec,
        examine=lambda model, params: examine(model, params, corpus._replace(train=train)),
    )


def _numbered(codec: PairCodec, pairs: Sequence[tuple[str, str]]) -> _Numbered:
    return _Numbered(
        [codec.read(source) for source, _ in pairs], [codec.written(target) for _, target in pairs]
    )


def _with_own(chunk: Pairs, data: PairSettings, number: int) -> Pairs:
    """Return the chunk with how much the decoder reads from itself at this update."""
    if not data.own:
        return chunk
    share = data.own * min(1.0, number / data.own_updates)
    return chunk._replace(own=np.full(chunk.source.shape[1], share, np.float32))
