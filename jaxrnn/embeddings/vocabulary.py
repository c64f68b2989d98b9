"""The words of a text by how often they come, and the rates that follow from that."""

import dataclasses
import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from jaxrnn.checks import as_positive, as_positive_int
from jaxrnn.spelling import did_you_mean

__all__ = ["WordVocabulary", "check_words", "keep_rates", "noise_rates", "sentences_of"]

Sentences = Iterable[Sequence[str]]


@dataclasses.dataclass(frozen=True)
class WordVocabulary:
    """Words with their counts, the most frequent first; a word's id is its place.

    Fields: words, each only once; counts, of each word in the text, falling.
    `WordVocabulary.of(sentences)` counts them.
    Shapes: none.
    Raises: ValueError if there is no word, one comes twice, or the counts do not fall.

        >>> vocabulary = WordVocabulary.of([["a", "b", "a"], ["a", "b", "c"]], min_count=2)
        >>> vocabulary.words, vocabulary.counts, vocabulary.id_of("b")
        (('a', 'b'), (3, 2), 1)
    """

    words: tuple[str, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        owner = "WordVocabulary"
        counts = tuple(as_positive_int(owner, "counts", count) for count in self.counts)
        object.__setattr__(self, "words", check_words(owner, self.words))
        object.__setattr__(self, "counts", counts)
        if len(self.words) != len(self.counts):
            raise ValueError(
                f"{owner}: expected a count for each of the {len(self.words)} words, got "
                f"{len(self.counts)} counts."
            )
        if any(a < b for a, b in itertools.pairwise(self.counts)):
            raise ValueError(f"{owner}: counts should fall, the most frequent word comes first.")

    @classmethod
    def of(cls, sentences: Sentences, min_count: int = 5) -> "WordVocabulary":
        """Count the words of a text, and leave out those that come less than `min_count` times.

        Words that come equally often stand in the order of the alphabet.
        """
        least = as_positive_int("WordVocabulary.of", "min_count", min_count)
        counts: Counter[str] = Counter()
        for sentence in sentences:
            _check_sentence("WordVocabulary.of", sentence)
            counts.update(sentence)
        chosen = sorted((-n, word) for word, n in counts.items() if n >= least)
        if not chosen:
            raise ValueError(
                f"WordVocabulary.of: none of the {len(counts)} words comes {least} times or more. "
                "Give more text or a smaller min_count."
            )
        return cls(tuple(word for _, word in chosen), tuple(-n for n, _ in chosen))

    def __len__(self) -> int:
        return len(self.words)

    @functools.cached_property
    def index(self) -> dict[str, int]:
        """The id of each word."""
        return {word: i for i, word in enumerate(self.words)}

    def id_of(self, word: str) -> int:
        """Return the id of a word; ValueError with the nearest known word if it is unknown."""
        if word not in self.index:
            near = did_you_mean(word, self.words)
            raise ValueError(
                f"id_of: {word!r} is none of the {len(self)} words of the vocabulary.{near}"
            )
        return self.index[word]

    def ids_of(self, sentence: Sequence[str]) -> list[int]:
        """Return the ids of the words of a sentence that are known; others are left out."""
        _check_sentence("ids_of", sentence)
        return [self.index[word] for word in sentence if word in self.index]


def check_words(owner: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return words as a tuple.

    Shapes: none.
    Args: owner, the function that asks, named in errors.
    Raises: ValueError if there is none, or if one comes twice; TypeError for what is no string.

        >>> check_words("WordVectors", ["a", "b"])
        ('a', 'b')
    """
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise TypeError(f"{owner}: words should be a tuple of strings, got {words!r:.60}.")
    if not words:
        raise ValueError(f"{owner}: expected at least one word, got none.")
    if len(set(words)) < len(words):
        twice = next(word for word, n in Counter(words).items() if n > 1)
        raise ValueError(f"{owner}: each word should come once, {twice!r} comes twice.")
    return tuple(words)


def sentences_of(text: str, longest: int = 1000) -> list[list[str]]:
    """Return the words of each line of a text, split at white space; long lines are cut.

    Contexts do not reach from one sentence into another. A text without lines, such as text8, is
    cut into sentences of `longest` words, as the authors' program does.

    Shapes: none.

        >>> sentences_of("a b c d e\\n\\nf g", longest=3)
        [['a', 'b', 'c'], ['d', 'e'], ['f', 'g']]
    """
    size = as_positive_int("sentences_of", "longest", longest)
    lines = (line.split() for line in text.splitlines())
    return [words[i : i + size] for words in lines for i in range(0, len(words), size)]


def keep_rates(counts: Sequence[int], sample: float = 1e-3) -> np.ndarray:
    """Return the probability that an occurrence of each word is kept when it is subsampled.

        f = counts / sum(counts)
        keep = min(1, sqrt(sample / f) + sample / f)

    Source: Mikolov et al. (2013), arXiv:1310.4546, section 2.3, as in the authors' program. The
    paper has sqrt(sample / f) alone.
    Shapes: counts `[V]`; float64 `[V]`.
    Args: sample, the frequency from which on words are thinned out; 1 keeps all.

        >>> keep_rates([900, 99, 1], sample=0.01).round(4)
        array([0.1165, 0.4188, 1.    ])
    """
    limit = as_positive("keep_rates", "sample", sample)
    share = limit / (np.asarray(counts, np.float64) / np.sum(counts, dtype=np.float64))
    return np.minimum(1.0, np.sqrt(share) + share)


def noise_rates(counts: Sequence[int], power: float = 0.75) -> np.ndarray:
    """Return the probability of each word to be drawn as a negative.

        noise = counts ** power / sum(counts ** power)

    Source: Mikolov et al. (2013), arXiv:1310.4546, section 2.2.
    Shapes: counts `[V]`; float64 `[V]`, of sum 1.

        >>> noise_rates([16, 1]).round(4)
        array([0.8889, 0.1111])
    """
    weights = np.asarray(counts, np.float64) ** power
    return weights / weights.sum()


def _check_sentence(owner: str, sentence: Sequence[str]) -> None:
    if isinstance(sentence, str):
        raise TypeError(
            f"{owner}: a sentence should be a list of words, got the text {sentence[:40]!r}. "
            "Split it, for example with sentences_of(text)."
        )
