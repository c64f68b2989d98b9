"""Words with the words around them, in chunks that are functions of their number alone."""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data.epochs import as_number_from_zero
from jaxrnn.embeddings.vocabulary import WordVocabulary

__all__ = ["Chunk", "Chunks", "Corpus", "corpus_of"]


class Corpus(NamedTuple):
    """A text as ids of words; words that the vocabulary lacks are left out."""

    ids: np.ndarray  # int32 [N]
    starts: np.ndarray  # int64 [S], where each sentence begins; rising, the first is 0


class Chunk(NamedTuple):
    """Windows, C = 2 * window; those that are not real come last and are empty."""

    centres: np.ndarray  # int32 [n]
    contexts: np.ndarray  # int32 [n, C], 0 where there is none
    valid: np.ndarray  # bool [n, C]
    real: np.ndarray  # int32 [], how many


def corpus_of(vocabulary: WordVocabulary, sentences: Iterable[Sequence[str]]) -> Corpus:
    """Return a text as ids; sentences without a known word leave no trace.

    Shapes: see `Corpus`.
    Raises: ValueError if no word is known.

        >>> vocabulary = WordVocabulary(("a", "b"), (2, 1))
        >>> corpus_of(vocabulary, [["b", "x", "a"], ["x"], ["a"]])
        Corpus(ids=array([1, 0, 0], dtype=int32), starts=array([0, 2]))
    """
    found = [ids for ids in map(vocabulary.ids_of, sentences) if ids]
    if not found:
        raise ValueError(
            f"corpus_of: no sentence has one of the {len(vocabulary)} words. Was a generator of "
            "sentences read twice? Make it a list."
        )
    lengths = [len(ids) for ids in found]
    starts = np.cumsum([0, *lengths[:-1]], dtype=np.int64)
    return Corpus(np.concatenate([np.array(ids, np.int32) for ids in found]), starts)


@dataclasses.dataclass(frozen=True, eq=False)
class Chunks:
    """The windows of a text, epoch after epoch, a chunk of whole sentences at a time.

    Of each occurrence of a word, kept with probability `keep[word]`, the words up to `reach` places
    before and after it are the contexts, where `reach` is drawn from 1 to `window` for each. What
    subsampling takes out is taken out before, so windows reach over it. Nothing has to be saved
    to go on but the number of the next chunk.

    Source: Mikolov et al. (2013), arXiv:1301.3781, section 3.2, for the drawn reach;
    arXiv:1310.4546, section 2.3, for subsampling.
    Fields: corpus; keep, float64 `[V]`, see `keep_rates`; window; words, of the text in a chunk, at
    most: a sentence that is longer is cut; seed.
    Shapes: see `chunk_of`.
    Raises: TypeError or ValueError for sizes below 1 or a seed below 0; ValueError for an id that
    `keep` has no rate for.

        >>> chunks = Chunks(Corpus(np.int32([0, 1, 2]), np.array([0])), np.ones(3), window=1)
        >>> chunk = chunks.chunk_of(0)
        >>> chunk.contexts[:3].tolist(), chunk.valid[:3].tolist()
        ([[0, 1], [0, 2], [1, 0]], [[False, True], [True, True], [True, False]])
    """

    corpus: Corpus
    keep: np.ndarray
    window: int = 5
    words: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("window", "words"):
            object.__setattr__(self, name, as_positive_int("Chunks", name, getattr(self, name)))
        object.__setattr__(self, "seed", as_number_from_zero("Chunks", "seed", self.seed))
        ids, starts = self.corpus
        if not len(ids) or ids.min() < 0 or ids.max() >= len(self.keep):
            got = f"{ids.min()} to {ids.max()}" if len(ids) else "none"
            raise ValueError(
                f"Chunks: corpus.ids should be from 0 to {len(self.keep) - 1}, as keep has "
                f"{len(self.keep)} rates, got {got}. Make both with one vocabulary."
            )
        if starts[0] != 0 or (np.diff(starts) <= 0).any() or starts[-1] >= len(ids):
            raise ValueError("Chunks: corpus.starts should rise from 0 and stay inside the text.")

    @functools.cached_property
    def bounds(self) -> np.ndarray:
        """Where each chunk of an epoch begins, and the end of the text."""
        ends = np.append(self.corpus.starts, len(self.corpus.ids))
        bounds = [0]
        while bounds[-1] < len(self.corpus.ids):
            limit = bounds[-1] + self.words
            last = int(ends[np.searchsorted(ends, limit, "right") - 1])
            bounds.append(last if last > bounds[-1] else limit)
        return np.array(bounds)

    @property
    def per_epoch(self) -> int:
        """Chunks in an epoch."""
        return len(self.bounds) - 1

    def chunk_of(self, number: int) -> Chunk:
        """Return chunk `number`, from 0 on: `[words]` windows, filled up with empty ones."""
        number = as_number_from_zero("Chunks.chunk_of", "number", number)
        epoch, place = divmod(number, self.per_epoch)
        begin, end = self.bounds[place : place + 2]
        rng = np.random.default_rng((self.seed, epoch, place))
        ids = self.corpus.ids[begin:end]
        kept = np.flatnonzero(rng.random(len(ids)) < self.keep[ids])
        sentence = np.searchsorted(self.corpus.starts, begin + kept, "right")
        reach = rng.integers(1, self.window + 1, len(kept))
        return _filled(*_windows(ids[kept], sentence, reach, self.window), self.words)


def _windows(
    ids: np.ndarray, sentence: np.ndarray, reach: np.ndarray, window: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (centres, contexts, valid) of words that all stay."""
    offsets = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
    places = np.arange(len(ids))[:, None] + offsets
    inside = (places >= 0) & (places < len(ids))
    places = np.where(inside, places, 0)
    same = sentence[places] == sentence[:, None] if len(ids) else inside
    valid = inside & same & (np.abs(offsets) <= reach[:, None])
    contexts = np.where(valid, ids[places], 0) if len(ids) else places
    return ids, contexts.astype(np.int32), valid


def _filled(centres: np.ndarray, contexts: np.ndarray, valid: np.ndarray, size: int) -> Chunk:
    rest = size - len(centres)
    return Chunk(
        np.pad(centres, (0, rest)),
        np.pad(contexts, ((0, rest), (0, 0))),
        np.pad(valid, ((0, rest), (0, 0))),
        np.array(len(centres), np.int32),
    )
