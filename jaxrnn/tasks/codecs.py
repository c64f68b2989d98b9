"""Between what people write and what a network reads: saved with a run, so no data is needed later.

A codec is a frozen dataclass of plain values. `inputs` turns text into sequences, `answer` turns
the outputs of one sequence into words.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

import jax
import numpy as np

from jaxrnn.data import Vocabulary
from jaxrnn.data.tokenisers import Characters, Normaliser, Subwords, Words
from jaxrnn.embeddings.vocabulary import WordVocabulary
from jaxrnn.models.description import describe, rebuild
from jaxrnn.tasks.captions.codec import CaptionCodec
from jaxrnn.tasks.language.token_codecs import LabelCodec, TokenCodec
from jaxrnn.tasks.pairs.codec import PairCodec
from jaxrnn.tasks.series.forecast_codec import ForecastCodec
from jaxrnn.tasks.series.number_codecs import NumbersCodec, PixelCodec
from jaxrnn.tasks.series.row_codec import RowCodec
from jaxrnn.tasks.speech.codec import SpeechCodec
from jaxrnn.tasks.speech.voice import VoiceCodec
from jaxrnn.tasks.tagging.codec import TaggingCodec
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


# by name, for files; a new codec is one line
CODECS: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        CaptionCodec,
        CharacterCodec,
        ForecastCodec,
        LabelCodec,
        NumbersCodec,
        PairCodec,
        PixelCodec,
        RowCodec,
        SpeechCodec,
        TaggingCodec,
        TokenCodec,
        VoiceCodec,
        WordVocabulary,
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
