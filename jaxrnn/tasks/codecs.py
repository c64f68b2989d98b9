"""Between what people write and what a network reads: saved with a run, so no data is needed later.

A codec is a frozen dataclass of plain values. `inputs` turns text into sequences, `answer` turns
the outputs of one sequence into words.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

import jax
import numpy as np

from jaxrnn.data import Scaler, Vocabulary
from jaxrnn.data.tokenisers import Characters, Normaliser, Subwords, Words
from jaxrnn.models.description import describe, rebuild
from jaxrnn.tasks.number_codecs import NumbersCodec, PixelCodec
from jaxrnn.tasks.pair_codec import PairCodec
from jaxrnn.tasks.speech_codec import SpeechCodec
from jaxrnn.tasks.tagging_codec import TaggingCodec
from jaxrnn.tasks.token_codecs import LabelCodec, TokenCodec
from jaxrnn.tasks.words import likeliest, lines_of

__all__ = [
    "CODECS", "CharacterCodec", "Codec", "LabelCodec", "RowCodec", "TokenCodec", "codec_from_json",
    "codec_to_json",
]  # fmt: skip


class Codec(Protocol):
    """What every codec can do.

    One that can also write on has `read(prompt)`, `next_input(ids)`, `ids_of(xs)`, `text(ids)`, and
    `never`, the ids that it never writes. One with `ids` gives inputs that need an embedding.
    Shapes: `inputs` gives sequences float32 `[T, D]`, or ids int32 `[T, 1]`; `answer` takes outputs
    `[T, O]`.

        >>> isinstance(CODECS["CharacterCodec"]("ab").input_size, int)
        True
    """

    @property
    def input_size(self) -> int:
        """D, how wide an input is."""
        ...

    @property
    def output_size(self) -> int:
        """O, how wide an output is."""
        ...

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return the sequences in a text."""
        ...

    def answer(self, outputs: np.ndarray) -> str:
        """Return, in one line, what the last output says."""
        ...


@dataclasses.dataclass(frozen=True)
class CharacterCodec:
    """Lines of text as one-hot characters; the answer is the next character.

    Fields: characters, sorted and each only once.
    Shapes: inputs `[T, V]`; outputs `[T, V]`.
    Raises: ValueError from `inputs` for a character that is not in the vocabulary, or without any.

        >>> codec = CharacterCodec("ab")
        >>> codec.inputs("ab")[0].tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        >>> codec.answer(np.array([[0.0, 5.0]]))
        "'b' 0.993  'a' 0.007"
    """

    characters: str

    @property
    def input_size(self) -> int:
        """V."""
        return len(self.characters)

    @property
    def output_size(self) -> int:
        """V."""
        return len(self.characters)

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters, numbered."""
        return Vocabulary(self.characters)

    def one_hot(self, ids: np.ndarray) -> np.ndarray:
        """Return float32 `[..., V]` for ids `[...]`."""
        return np.eye(len(self.characters), dtype=np.float32)[ids]

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each line that is not empty as a sequence."""
        lines = [line for line in lines_of(text) if line]
        if not lines:
            raise ValueError("expected lines of text, got none.")
        return [self.one_hot(self.vocabulary.encode(line)) for line in lines]

    def read(self, prompt: str) -> np.ndarray:
        """Return the input for a prompt."""
        return self.one_hot(self.vocabulary.encode(prompt))

    def next_input(self, ids: Any) -> Any:
        """Return the input for characters that were written `[...]`."""
        return jax.nn.one_hot(ids, len(self.characters), dtype=np.float32)

    @property
    def never(self) -> tuple[int, ...]:
        """The ids that are never written: none."""
        return ()

    def ids_of(self, xs: Any) -> Any:
        """Return the characters in inputs `[T, V]`."""
        return xs.argmax(-1)

    def text(self, ids: Any) -> str:
        """Return the text of ids that were written."""
        return self.vocabulary.decode(ids)

    def answer(self, outputs: np.ndarray) -> str:
        """Return the three likeliest next characters."""
        return likeliest(outputs[-1], {i: repr(c) for i, c in enumerate(self.characters)})


@dataclasses.dataclass(frozen=True)
class RowCodec:
    """Rows of numbers, one a step; an empty line ends a sequence.

        x = (row - mean) / scale,   answer = output * answer_scale + answer_mean, or a class

    Fields: columns, their names; mean and scale of each; answers, the names of the outputs: of
    classes if `classes`, else of numbers with `answer_mean` and `answer_scale`.
    Shapes: inputs `[T, columns]`; outputs `[T, answers]`.
    Raises: ValueError for scales that don't fit; from `inputs` naming line and column of what is
    no number.

        >>> codec = RowCodec(("y",), (1.0,), (2.0,), ("y",), (1.0,), (2.0,))
        >>> codec.inputs("3\\n5\\n\\n1")[0].tolist()
        [[1.0], [2.0]]
        >>> codec.answer(np.array([[1.5]]))
        'y 4'
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    answers: tuple[str, ...]
    answer_mean: tuple[float, ...] = ()
    answer_scale: tuple[float, ...] = ()
    classes: bool = False

    def __post_init__(self) -> None:
        Scaler(self.mean, self.scale)
        sizes = {"mean": self.mean, "scale": self.scale}
        if not self.classes:
            Scaler(self.answer_mean, self.answer_scale)
        for name, values in sizes.items():
            if len(values) != len(self.columns):
                raise ValueError(
                    f"RowCodec: {name} should have a number for each of the {len(self.columns)} "
                    f"columns, got {len(values)}."
                )
        if not self.classes and len(self.answer_mean) != len(self.answers):
            raise ValueError(
                f"RowCodec: answer_mean should have a number for each of the {len(self.answers)} "
                f"answers, got {len(self.answer_mean)}."
            )

    @property
    def input_size(self) -> int:
        """How many columns."""
        return len(self.columns)

    @property
    def output_size(self) -> int:
        """How many answers."""
        return len(self.answers)

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each block of rows as a sequence."""
        blocks: list[list[list[float]]] = [[]]
        for place, line in enumerate(lines_of(text), 1):
            words = line.replace(",", " ").replace(";", " ").split()
            if words and tuple(words) != self.columns:  # a header may be there
                blocks[-1].append(self._row(words, place))
            elif not words and blocks[-1]:
                blocks.append([])
        found = [np.array(block) for block in blocks if block]
        if not found:
            raise ValueError(
                f"expected rows of {len(self.columns)} numbers ({self._named()}), got none."
            )
        with np.errstate(over="ignore"):
            scaled = [((rows - self.mean) / self.scale).astype(np.float32) for rows in found]
        if not all(np.isfinite(rows).all() for rows in scaled):
            raise ValueError("a number is beyond what float32 can hold.")
        return scaled

    def _named(self) -> str:
        names = ", ".join(self.columns[:4])
        return names + (", ..." if len(self.columns) > 4 else "")

    def _row(self, words: list[str], place: int) -> list[float]:
        if len(words) != len(self.columns):
            raise ValueError(
                f"line {place} has {len(words)} numbers, expected "
                f"{len(self.columns)} ({self._named()})."
            )
        row = []
        for column, word in zip(self.columns, words, strict=True):
            try:
                row.append(float(word))
            except ValueError:
                raise ValueError(
                    f"line {place}, column {column}: expected a number, got {word[:40]!r}."
                ) from None
        if not np.isfinite(row).all():
            raise ValueError(f"line {place} has a number that is not finite.")
        return row

    def answer(self, outputs: np.ndarray) -> str:
        """Return the last output in the data's own units, or the likeliest classes."""
        if self.classes:
            return likeliest(outputs[-1], dict(enumerate(self.answers)))
        values = outputs[-1] * np.asarray(self.answer_scale) + np.asarray(self.answer_mean)
        return "  ".join(f"{n} {v:.6g}" for n, v in zip(self.answers, values, strict=True))


# by name, for files; a new codec is one line
CODECS: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        CharacterCodec, LabelCodec, NumbersCodec, PairCodec, PixelCodec, RowCodec, SpeechCodec,
        TaggingCodec, TokenCodec,
    )
}
_PARTS = {cls.__name__: cls for cls in (Characters, Normaliser, Subwords, Words)}


def codec_to_json(codec: Any) -> Any:
    """Return a codec as JSON data.

    Shapes: none.

        >>> codec_to_json(CharacterCodec("ab"))
        {'type': 'CharacterCodec', 'fields': {'characters': 'ab'}}
    """
    return describe("codec_to_json", codec, "codec")


def codec_from_json(value: Mapping[str, Any]) -> Any:
    """Undo `codec_to_json`; only the codecs of this file can be named.

    Shapes: none.
    Raises: ValueError naming the field that is wrong.

        >>> codec_from_json(codec_to_json(CharacterCodec("ab")))
        CharacterCodec(characters='ab')
    """
    return rebuild(value, {**CODECS, **_PARTS}, "codec")
