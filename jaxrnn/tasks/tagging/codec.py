"""Words and their letters as numbers, tags as words again."""

import dataclasses
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data.tokenisers import UNKNOWN, Normaliser, Words
from jaxrnn.tasks.tagging.data import Tagged
from jaxrnn.tasks.words import lines_of

__all__ = ["Numbered", "TaggingCodec", "fit_tagging"]

_WHOLE = r"(?s:.+)"  # a word is one token, whatever is in it
_WORD = re.compile(r"\w+(?:[^\w\s]\w+)*|[^\w\s]")  # 3.5 and don't are one
_RESERVED = 2  # padding and unknown, of letters as of words


class Numbered(NamedTuple):
    """A sentence as numbers: words int32 `[t]`, letters int32 `[t, L]`, tags int32 `[t]`."""

    words: np.ndarray
    letters: np.ndarray
    tags: np.ndarray


def _spelled(word: str) -> str:
    """Return a word in as small parts as Unicode knows: accents, the jamo of a Korean syllable."""
    return unicodedata.normalize("NFD", word)


@dataclasses.dataclass(frozen=True)
class TaggingCodec:
    """Words as their number and those of their letters; the answer is a tag for each.

    Words that are not known are UNKNOWN, letters too. Letters are those of Unicode's form NFD, in
    which an accent, or the consonants and the vowel of a Korean syllable, stand alone.

    Fields: words, the vocabulary; letters, all that are known; tags, their names; longest L, the
    letters that are read of a word: of longer ones half of them from each end.
    Shapes: see `Numbered`; L is `longest`.
    Raises: TypeError or ValueError for a length below 1.

        >>> codec = fit_tagging([Tagged(("Go", "go"), ("VERB", "VERB"))], longest=3)
        >>> numbered = codec.numbered(("go", "on"), ("VERB", "ADP"))
        >>> [part.tolist() for part in numbered]
        [[2, 1], [[1, 2, 0], [2, 1, 0]], [0, -1]]
        >>> codec.sentences("Go!")
        [['Go', '!']]
    """

    words: Words
    letters: str
    tags: tuple[str, ...]
    longest: int = 20

    def __post_init__(self) -> None:
        longest = as_positive_int("TaggingCodec", "longest", self.longest)
        object.__setattr__(self, "longest", longest)

    @property
    def letter_count(self) -> int:
        """C, how many numbers letters have, those for padding and unknown included."""
        return _RESERVED + len(self.letters)

    @functools.cached_property
    def _letter_numbers(self) -> dict[str, int]:
        return {letter: number for number, letter in enumerate(self.letters, _RESERVED)}

    @functools.cached_property
    def _tag_numbers(self) -> dict[str, int]:
        return {tag: number for number, tag in enumerate(self.tags)}

    @functools.cached_property
    def _seen(self) -> dict[str, tuple[int, list[int]]]:
        return {}  # the same words come again and again

    def _number(self, word: str) -> tuple[int, list[int]]:
        if word not in self._seen:
            ids = self.words.encode(word)
            spelled, half = _spelled(word), self.longest // 2
            if len(spelled) > self.longest:
                spelled = spelled[: self.longest - half] + spelled[len(spelled) - half :]
            letters = [self._letter_numbers.get(letter, UNKNOWN) for letter in spelled]
            padding = [0] * (self.longest - len(letters))
            self._seen[word] = (int(ids[0]) if len(ids) else UNKNOWN, letters + padding)
        return self._seen[word]

    def numbered(self, words: Sequence[str], tags: Sequence[str] = ()) -> Numbered:
        """Return a sentence as numbers; a tag that is not known, or not given, is -1."""
        found = [self._number(word) for word in words]
        known = [self._tag_numbers.get(tag, -1) for tag in tags] or [-1] * len(words)
        return Numbered(
            np.array([number for number, _ in found], np.int32),
            np.array([letters for _, letters in found], np.int32).reshape(-1, self.longest),
            np.array(known, np.int32),
        )

    def sentences(self, text: str) -> list[list[str]]:
        """Return the words of each line that has some; a sign between words is one of its own.

        Raises: ValueError if no line has words.
        """
        found = [words for line in lines_of(text) if (words := _WORD.findall(line))]
        if not found:
            raise ValueError("expected a sentence in each line, got no words.")
        return found


def fit_tagging(sentences: Iterable[Tagged], longest: int = 20) -> TaggingCodec:
    """Return the codec of a training part; what comes only once stays unknown.

    So the unknown word is learned from the rare ones, the unknown letter from those of one word
    alone. Case makes another letter, no other word.

    Shapes: none.

        >>> fit_tagging([Tagged(("a", "A", "b"), ("X", "Y", "X"))]).tags
        ('X', 'Y')
    """
    sentences = list(sentences)
    words = [word for sentence in sentences for word in sentence.words]
    normaliser = Normaliser(lower=True)
    vocabulary = Words.fit(words, normaliser, pattern=_WHOLE, min_count=2)
    spread = Counter(letter for word in set(words) for letter in set(_spelled(word)))
    letters = "".join(sorted(letter for letter, count in spread.items() if count > 1))
    tags = tuple(sorted({tag for sentence in sentences for tag in sentence.tags}))
    return TaggingCodec(vocabulary, letters, tags, longest)
