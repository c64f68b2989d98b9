"""Text as ids of tokens: what comes next, or which class a line is of."""

import dataclasses
import re
from typing import Any

import numpy as np

from jaxrnn.data.tokenisers import PAD, UNKNOWN, Characters, Subwords, Words
from jaxrnn.tasks.words import likeliest, lines_of

__all__ = ["LabelCodec", "TokenCodec"]

_RESERVED = (PAD, UNKNOWN)

Tokens = Characters | Words | Subwords


@dataclasses.dataclass(frozen=True)
class TokenCodec:
    """Lines of text as ids of tokens; the answer is the next token.

    Fields: tokens, the tokeniser with its vocabulary, PAD 0 and UNKNOWN 1 included.
    Shapes: inputs int32 `[T, 1]`; outputs `[T, V]`.
    Raises: ValueError from `inputs` without a line that has tokens.

        >>> codec = TokenCodec(Words.fit(["the cat sat"]))
        >>> codec.inputs("the cat")[0][:, 0].tolist(), codec.output_size
        ([4, 2], 5)
        >>> codec.answer(np.eye(5)[[3]] * 9)
        "'sat' 1.000  'cat' 0.000  'the' 0.000"
    """

    tokens: Tokens

    ids = True  # the model needs an embedding

    @property
    def input_size(self) -> int:
        """V."""
        return len(self.tokens)

    @property
    def output_size(self) -> int:
        """V."""
        return len(self.tokens)

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each line that has tokens as a sequence."""
        found = [self.read(line) for line in lines_of(text)]
        found = [ids for ids in found if len(ids)]
        if not found:
            raise ValueError("expected lines of text, got none.")
        return found

    def answer(self, outputs: np.ndarray) -> str:
        """Return the three likeliest next tokens."""
        logits = np.array(outputs[-1])
        logits[list(_RESERVED)] = -np.inf
        order = np.argsort(-logits, kind="stable")[:3]
        names = {int(i): repr(self.tokens.decode([i])) for i in order}
        return likeliest(logits, names)

    def read(self, prompt: str) -> np.ndarray:
        """Return the input for a prompt."""
        return self.tokens.encode(prompt)[:, None]

    def next_input(self, ids: Any) -> Any:
        """Return the input for ids that were written `[...]`."""
        return ids[..., None]

    @property
    def never(self) -> tuple[int, ...]:
        """The ids that are never written: padding and unknown."""
        return _RESERVED

    def ids_of(self, xs: Any) -> Any:
        """Return the ids in inputs `[T, 1]`."""
        return xs[..., 0]

    def text(self, ids: Any) -> str:
        """Return the text of ids that were written, to stand behind the prompt."""
        text = getattr(self.tokens, "between", "") + self.tokens.decode(ids)
        return re.sub(" *\n *", "\n", text)


@dataclasses.dataclass(frozen=True)
class LabelCodec:
    """Lines of text as ids of tokens; the answer is the class of a line.

    Fields: tokens, the tokeniser with its vocabulary; names, of the classes.
    Shapes: inputs int32 `[T, 1]`; outputs `[T, classes]`.
    Raises: ValueError from `inputs` without a line that has tokens.

        >>> codec = LabelCodec(Characters.fit(["abc"]), ("no", "yes"))
        >>> codec.inputs("ab")[0][:, 0].tolist(), codec.answer(np.array([[0.0, 3.0]]))
        ([2, 3], 'yes 0.953  no 0.047')
    """

    tokens: Tokens
    names: tuple[str, ...]

    ids = True  # the model needs an embedding

    @property
    def input_size(self) -> int:
        """V."""
        return len(self.tokens)

    @property
    def output_size(self) -> int:
        """How many classes."""
        return len(self.names)

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each line that has tokens as a sequence."""
        return TokenCodec(self.tokens).inputs(text)

    def answer(self, outputs: np.ndarray) -> str:
        """Return the three likeliest classes."""
        return likeliest(outputs[-1], dict(enumerate(self.names)))
