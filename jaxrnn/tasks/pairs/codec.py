"""Pairs of texts as ids: what is read, and what is written with an end."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data.tokenisers import PAD, UNKNOWN, Characters, Normaliser, Subwords, Words
from jaxrnn.tasks.language.token_codecs import Tokens

__all__ = ["PairCodec", "fit_pairs", "fit_tokens"]


def fit_tokens(kind: str, texts: Sequence[str], size: int) -> Tokens:
    """Return a tokeniser of some texts, its capitals kept.

    Shapes: none.
    Args: kind, subwords, words or characters; size, tokens at most, of subwords and words.

        >>> len(fit_tokens("characters", ["abba"], 300))
        4
    """
    if kind == "characters":
        return Characters.fit(texts)
    if kind == "words":
        return Words.fit(texts, max_size=size)
    return Subwords.fit(texts, Normaliser(), size=size)


@dataclasses.dataclass(frozen=True)
class PairCodec:
    """A source as ids to be read, a target as ids to be written, with an end behind.

    Where a target is cut there is no end: what follows is not known.

    Fields: source and target, tokenisers; most_read and most_written, tokens at most, the end
    included.
    Shapes: ids int32 `[t]`.
    Raises: TypeError or ValueError for lengths below 1.

        >>> tokens = Characters.fit(["ab"])
        >>> codec = PairCodec(tokens, tokens, most_read=3, most_written=3)
        >>> codec.read("abab").tolist(), codec.written("ab").tolist(), codec.end
        ([2, 3, 2], [2, 3, 4], 4)
        >>> codec.text([3, 2, 4, 3])
        'ba'
    """

    source: Tokens
    target: Tokens
    most_read: int
    most_written: int

    def __post_init__(self) -> None:
        for name in ("most_read", "most_written"):
            as_positive_int("PairCodec", name, getattr(self, name))

    @property
    def end(self) -> int:
        """The id behind the last token of a target, the last of `target_size`."""
        return len(self.target)

    @property
    def source_size(self) -> int:
        """How many ids a source may have."""
        return len(self.source)

    @property
    def target_size(self) -> int:
        """How many ids a target may have."""
        return len(self.target) + 1

    @property
    def never(self) -> tuple[int, ...]:
        """The ids that are never written: padding and unknown."""
        return PAD, UNKNOWN

    def read(self, text: str) -> np.ndarray:
        """Return the ids of a source, at least one."""
        ids = self.source.encode(text)[: self.most_read]
        return ids if len(ids) else np.array([UNKNOWN], np.int32)

    def written(self, text: str) -> np.ndarray:
        """Return the ids of a target."""
        ids = np.append(self.target.encode(text), np.int32(self.end))
        return ids[: self.most_written]

    def with_end(self, ids: Any) -> np.ndarray:
        """Return ids that were written up to the end, that included."""
        ids = np.asarray(ids)
        ends = np.flatnonzero(ids == self.end)
        return ids[: ends[0] + 1] if len(ends) else ids

    def text(self, ids: Any) -> str:
        """Return the text that ids stand for, up to the end."""
        ids = self.with_end(ids)
        return self.target.decode(ids[ids != self.end])


def fit_pairs(pairs: Sequence[tuple[str, str]], *, tokens: str, size: int, most: int) -> PairCodec:
    """Return the codec of a training part: each side has a vocabulary of its own.

    Shapes: none.
    Args: tokens and size, as `fit_tokens`; most, tokens that are read or written of a text.

        >>> fit_pairs([("go", "geh"), ("stay", "bleib")], tokens="words", size=300, most=9)
        PairCodec(source=Words(symbols=('go', 'stay'), ...most_read=1, most_written=2)
    """
    sources, targets = zip(*pairs, strict=True)
    codec = PairCodec(
        fit_tokens(tokens, sources, size), fit_tokens(tokens, targets, size), most, most
    )
    return dataclasses.replace(
        codec,
        most_read=max(len(codec.read(text)) for text in sources),
        most_written=max(len(codec.written(text)) for text in targets),
    )
