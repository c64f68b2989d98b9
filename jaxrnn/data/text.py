"""Text as characters: two corpora, a vocabulary, and streams to train on."""

import dataclasses
import os

import numpy as np

from jaxrnn.data.lines import decoded
from jaxrnn.data.source import DataFile, read

__all__ = [
    "TINY_SHAKESPEARE", "Streams", "Vocabulary", "load_tinyshakespeare", "python_documentation",
    "streams",
]  # fmt: skip

TINY_SHAKESPEARE = DataFile(
    "tinyshakespeare",
    "input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    (
        "https://raw.githubusercontent.com/karpathy/char-rnn/"
        "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
    ),
    licence="public domain",
)

# typographic characters of the documentation, as one would type them
_TYPED = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2026": "...", "\u2013": "-",
     "\u2014": "--"}
)  # fmt: skip


def load_tinyshakespeare(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> str:
    """Return Tiny Shakespeare: 40000 lines of plays, 1115394 characters, 65 of them distinct.

    Source: Karpathy (2015), char-rnn. Usually split 90 % for training, 10 % for validation.
    Shapes: none.
    Args: folder, the one that holds `input.txt`, plain or .gz; None looks in
        `$JAXRNN_DATA/tinyshakespeare` and the cache. download, whether 1 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the file; ValueError if it is damaged.

        >>> load_tinyshakespeare("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_tinyshakespeare: input.txt of the data set 'tinyshakespeare'...
    """
    content = read("load_tinyshakespeare", TINY_SHAKESPEARE, folder, download=download)
    return decoded("load_tinyshakespeare", content, TINY_SHAKESPEARE.name)


def python_documentation() -> str:
    """Return what Python says about itself: the topics of `help()`, joined in sorted order.

    About 0.5 million characters, a little different in each version of Python. Its alphabet never
    changes: newline and the 95 printable ASCII characters. Typographic quotes and dashes are
    written as one would type them, anything else outside is "?".

    Source: `pydoc_data.topics`, part of Python's standard library.
    Shapes: none.
    Raises: ModuleNotFoundError if this Python was installed without `pydoc_data`.

        >>> text = python_documentation()
        >>> text[:20], text.isascii()
        ('The "assert" stateme', True)
    """
    from pydoc_data.topics import topics

    text = "\n\n".join(topics[name] for name in sorted(topics)).translate(_TYPED)
    return "".join(c if c == "\n" or " " <= c <= "~" else "?" for c in text)


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The characters of a text, numbered in sorted order.

    Fields: characters, sorted and each only once; `Vocabulary.of(text)` collects them.
    Shapes: none.
    Raises: ValueError if they are not sorted, or one comes twice.

        >>> vocabulary = Vocabulary.of("hello")
        >>> vocabulary.characters, vocabulary.encode("hello").tolist()
        ('ehlo', [1, 0, 2, 2, 3])
        >>> vocabulary.decode([1, 0, 2, 2, 3])
        'hello'
    """

    characters: str

    def __post_init__(self) -> None:
        if list(self.characters) != sorted(set(self.characters)):
            raise ValueError(
                "Vocabulary: characters should be sorted and each only once, got "
                f"{self.characters[:40]!r}. Use Vocabulary.of(text)."
            )

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        """Return the vocabulary of the characters in `text`."""
        return cls("".join(sorted(set(text))))

    def __len__(self) -> int:
        """Return V, how many characters there are."""
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray:
        """Return the numbers of the characters of `text`, int32 `[len(text)]`.

        Raises: ValueError naming the first character that is not in the vocabulary, and its place.
        """
        codes = _codes(text)
        known = _codes(self.characters)
        ids = np.searchsorted(known, codes).astype(np.int32)
        wrong = np.flatnonzero(np.append(known, 0)[ids] != codes)
        if wrong.size:
            place = int(wrong[0])
            raise ValueError(
                f"Vocabulary.encode: text[{place}] is {text[place]!r}, which is not one of the "
                f"{len(self)} characters {self.characters[:100]!r}. Build the vocabulary from all "
                "of the text, or replace the character."
            )
        return ids

    def decode(self, ids: np.ndarray | list[int]) -> str:
        """Return the text of numbers `[N]`.

        Raises: ValueError for a number outside 0 .. V-1.
        """
        numbers = np.asarray(ids, np.int64).reshape(-1)
        wrong = numbers[(numbers < 0) | (numbers >= len(self))]
        if wrong.size:
            raise ValueError(
                f"Vocabulary.decode: expected numbers from 0 to {len(self) - 1}, got {wrong[0]}."
            )
        return "".join(self.characters[number] for number in numbers)


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


@dataclasses.dataclass(frozen=True, eq=False)
class Streams:
    """A text read by B readers side by side, made by `streams`.

    Fields: ids; batch B; steps T of a chunk.
    Shapes: ids int32 `[N]`; a chunk's inputs and targets int32 `[T, B]`.

        >>> streams(np.arange(12), batch=2, steps=3).chunks
        2
    """

    ids: np.ndarray  # int32 [N]
    batch: int
    steps: int

    @property
    def chunks(self) -> int:
        """Chunks in an epoch: after so many all of the text has been read once."""
        return -(-(len(self.ids) // self.batch) // self.steps)

    def chunk(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (ids, the ids that follow each), both int32 `[T, B]`."""
        starts = np.arange(self.batch) * (len(self.ids) // self.batch)
        times = number * self.steps + np.arange(self.steps + 1)
        part = self.ids[(starts + times[:, None]) % len(self.ids)]
        return part[:-1], part[1:]


def streams(ids: np.ndarray, batch: int, steps: int) -> Streams:
    """Cut a text into B contiguous parts of equal length, to be read in chunks of T steps.

        inputs[t, b] = ids[(b * (N // B) + number * T + t) % N],   targets one further on

    Chunk `number + 1` goes on where chunk `number` ended, so the state of a network may be carried
    for ever: at the end of its part a reader goes on into the next one, and at the end of the text
    to its beginning.

    Shapes: ids int `[N]`; a chunk's inputs and targets int32 `[T, B]`.
    Raises: ValueError if ids is no vector or B or T is below 1 or above N.

        >>> text = streams(np.arange(10), batch=2, steps=3)
        >>> inputs, targets = text.chunk(1)
        >>> inputs.T.tolist(), targets.T.tolist()
        ([[3, 4, 5], [8, 9, 0]], [[4, 5, 6], [9, 0, 1]])
    """
    ids = np.asarray(ids, np.int32)
    for name, number in (("batch", batch), ("steps", steps)):
        if ids.ndim != 1 or not 1 <= number <= len(ids):
            raise ValueError(
                f"streams: {name} should be between 1 and the length of ids, a vector [N], got "
                f"{name}={number} with ids of shape {ids.shape}."
            )
    return Streams(ids, batch, steps)
