"""Tokens that can be listed: the characters of a text, or its words."""

import abc
import dataclasses
import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data.text import Vocabulary
from jaxrnn.data.tokenisers.ids import PAD, UNKNOWN, check_ids
from jaxrnn.data.tokenisers.normaliser import NFC, Normaliser

__all__ = ["Characters", "Words"]

RESERVED = 2  # PAD and UNKNOWN
REPLACEMENT = "\ufffd"  # Unicode's sign for a character that is not known


class _Listed(abc.ABC):
    """What both share: a list of symbols, numbered from 2 on."""

    symbols: tuple[str, ...]
    normaliser: Normaliser
    between = ""  # what stands between two symbols when a text is put together

    def _check(self) -> None:
        name = type(self).__name__
        if isinstance(self.symbols, str) or not all(isinstance(s, str) for s in self.symbols):
            raise TypeError(f"{name}: symbols should be a tuple of strings.")
        object.__setattr__(self, "symbols", tuple(self.symbols))
        twice = [symbol for symbol, times in Counter(self.symbols).items() if times > 1]
        if twice or "" in self.symbols:
            raise ValueError(
                f"{name}: symbols should be different and not empty, got {(twice or [''])[0]!r}"
                f"{' twice' if twice else ''}. Use {name}.fit(texts)."
            )

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols, RESERVED)}

    @abc.abstractmethod
    def _cut(self, text: str) -> Iterable[str]:
        """Return the tokens of a normalised text."""

    def __len__(self) -> int:
        """Return V, how many numbers there are, those for padding and unknown included."""
        return RESERVED + len(self.symbols)

    def encode(self, text: str) -> np.ndarray:
        """Return the numbers of the tokens of a text, int32 `[T]`; UNKNOWN for new ones."""
        numbers = self._numbers
        tokens = self._cut(self.normaliser(text))
        return np.fromiter((numbers.get(token, UNKNOWN) for token in tokens), np.int32)

    def decode(self, ids: Any) -> str:
        """Return the text of numbers `[T]`, padding left out; U+FFFD stands for UNKNOWN.

        Raises: ValueError or TypeError as `check_ids`.
        """
        numbers = check_ids(ids, len(self), f"{type(self).__name__}.decode").ravel().tolist()
        table = ("", REPLACEMENT, *self.symbols)
        return self.between.join(table[number] for number in numbers if number != PAD)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        symbols, normaliser = list(self.symbols), self.normaliser.to_json()
        return {"type": type(self).__name__, "symbols": symbols, "normaliser": normaliser}


@dataclasses.dataclass(frozen=True)
class Characters(_Listed):
    """Each character of a text is a token; numbers from 2 on, in the order of Unicode.

    Fields: symbols, the characters; `Characters.fit(texts)` collects them. normaliser.
    Shapes: `encode` int32 `[T]`, T characters of the normalised text.
    Raises: TypeError or ValueError unless symbols are different single characters.

        >>> tokens = Characters.fit(["hello", "help"])
        >>> len(tokens), tokens.encode("hex").tolist(), tokens.decode([4, 3, 0])
        (7, [3, 2, 1], 'lh')
    """

    symbols: tuple[str, ...]
    normaliser: Normaliser = NFC

    def __post_init__(self) -> None:
        self._check()
        long = [symbol for symbol in self.symbols if len(symbol) != 1]
        if long:
            raise ValueError(f"Characters: {long[0]!r:.40} is not one character.")

    @classmethod
    def fit(cls, texts: Iterable[str], normaliser: Normaliser = NFC) -> "Characters":
        """Return the tokeniser of all characters in some texts."""
        characters = set(itertools.chain.from_iterable(map(normaliser, _texts(cls, texts))))
        return cls(tuple(Vocabulary.of("".join(characters)).characters), normaliser)

    def _cut(self, text: str) -> Iterable[str]:
        return text


@dataclasses.dataclass(frozen=True)
class Words(_Listed):
    r"""Each match of a regular expression is a token; the most frequent has number 2.

    `decode` puts a space between all tokens, so what stood between them is lost.

    Fields: symbols, the words; `Words.fit(texts)` collects them. normaliser. pattern, by default
    runs of letters and digits, and each other sign but spaces.
    Shapes: `encode` int32 `[T]`, T words of the text.
    Raises: TypeError or ValueError unless symbols are different strings and the pattern is a
        regular expression.

        >>> tokens = Words.fit(["the cat, the dog"], Normaliser(lower=True))
        >>> tokens.symbols, tokens.encode("The bird, the cat").tolist()
        (('the', ',', 'cat', 'dog'), [2, 1, 3, 2, 4])
        >>> tokens.decode([2, 4, 3])
        'the cat ,'
    """

    symbols: tuple[str, ...]
    normaliser: Normaliser = NFC
    pattern: str = r"\w+|[^\w\s]"
    between = " "

    def __post_init__(self) -> None:
        self._check()
        _compiled(self.pattern)

    @classmethod
    def fit(
        cls, texts: Iterable[str], normaliser: Normaliser = NFC, *,
        pattern: str | None = None, min_count: int = 1, max_size: int | None = None,
    ) -> "Words":  # fmt: skip
        """Return the tokeniser of the words in some texts, the rare ones left out.

        Args: min_count, how often a word has to come. max_size, how many numbers there may be,
            padding and unknown included; the most frequent words stay, of equal ones the first in
            the order of Unicode.
        """
        as_positive_int("Words.fit", "min_count", min_count)
        if max_size is not None and as_positive_int("Words.fit", "max_size", max_size) <= RESERVED:
            raise ValueError(
                f"Words.fit: max_size should be above {RESERVED}, the numbers of padding and "
                f"unknown, got {max_size}."
            )
        words = cls((), normaliser, cls.pattern if pattern is None else pattern)
        counts = Counter(
            token for text in _texts(cls, texts) for token in words._cut(normaliser(text))
        )
        kept = sorted((-times, word) for word, times in counts.items() if times >= min_count)
        room = None if max_size is None else max_size - RESERVED
        return dataclasses.replace(words, symbols=tuple(word for _, word in kept[:room]))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {**super().to_json(), "pattern": self.pattern}

    def _cut(self, text: str) -> Iterable[str]:
        return (match[0] for match in _compiled(self.pattern).finditer(text) if match[0])


def _compiled(pattern: Any) -> re.Pattern[str]:
    if not isinstance(pattern, str):
        raise TypeError(f"Words: pattern should be a string, got: {type(pattern).__name__}")
    try:
        return re.compile(pattern)  # which keeps the last ones
    except re.error as error:
        raise ValueError(
            f"Words: pattern {pattern!r:.80} is no regular expression: {error}."
        ) from None


def _texts(cls: type, texts: Iterable[str]) -> Iterable[str]:
    """Return the texts; one alone would be read as many texts of one character."""
    if isinstance(texts, str | Mapping):
        raise TypeError(f"{cls.__name__}.fit: texts should be a list of strings: pass [text].")
    return texts
