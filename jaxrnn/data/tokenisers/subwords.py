"""Pieces of words, learned from a text by the `tokenizers` library."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from jaxrnn.checks import as_positive_int
from jaxrnn.data.tokenisers.ids import PAD, UNKNOWN, check_ids
from jaxrnn.data.tokenisers.normaliser import NFC, Normaliser
from jaxrnn.spelling import did_you_mean

__all__ = ["Subwords"]

_MODELS = ("bpe", "unigram")
_SPECIAL = ["<pad>", "<unk>"]  # numbers 0 and 1
_BYTES = 256


@dataclasses.dataclass(frozen=True)
class Subwords:
    """Frequent pieces of words are tokens; what is new is spelled in smaller pieces, or bytes.

    Every text can be encoded, so UNKNOWN never comes up, and decoding gives the text back. Train
    once and keep `to_json()` with the model: training the unigram model again on the same text
    gives other pieces (tokenizers 0.23), and a new version of the library may do so for both.

    Source: BPE, Sennrich, Haddow and Birch (2016), arXiv:1508.07909; unigram, Kudo (2018),
    arXiv:1804.10959; on bytes, Radford et al. (2019), GPT-2.
    Fields: content, the library's own JSON text; normaliser, applied before. `Subwords.fit(texts)`
    trains.
    Shapes: `encode` int32 `[T]`, T pieces.
    Raises: ModuleNotFoundError without the library; ValueError if the content is not what `fit`
    makes.

        >>> tokens = Subwords.fit(["low lower lowest newest widest"] * 9, size=270)
        >>> len(tokens), tokens.decode(tokens.encode("lowest \\u2603")) == "lowest \\u2603"
        (270, True)
    """

    content: str
    normaliser: Normaliser = NFC

    def __post_init__(self) -> None:
        if not isinstance(self.content, str):
            raise TypeError("Subwords: content should be the JSON text of the tokenizers library.")
        numbers = [self._library.token_to_id(token) for token in _SPECIAL]
        if numbers != [PAD, UNKNOWN]:
            raise ValueError(
                f"Subwords: content should give {_SPECIAL[0]} the number 0 and {_SPECIAL[1]} the "
                f"number 1, got {numbers}. Use Subwords.fit(texts)."
            )

    @classmethod
    def fit(
        cls, texts: Iterable[str], normaliser: Normaliser = NFC, *,
        size: int = 1000, model: str = "bpe",
    ) -> "Subwords":  # fmt: skip
        """Return a tokeniser of at most `size` tokens trained on some texts.

        Args: size V, above 258: padding, unknown and all bytes are in it. model, "bpe" (merges the
            most frequent pair again and again) or "unigram" (the likeliest pieces).
        """
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

        smallest = len(_SPECIAL) + _BYTES
        if as_positive_int("Subwords.fit", "size", size) <= smallest:
            raise ValueError(
                f"Subwords.fit: size should be above {smallest} (padding, unknown and {_BYTES} "
                f"bytes), got {size}. For so few tokens use Characters."
            )
        if model not in _MODELS:
            raise ValueError(
                f"Subwords.fit: model should be one of {', '.join(_MODELS)}, got {model!r}."
                f"{did_you_mean(str(model), _MODELS)}"
            )
        if isinstance(texts, str):
            raise TypeError("Subwords.fit: texts should be a list of strings: pass [text].")
        shared: dict[str, Any] = {
            "vocab_size": size, "special_tokens": _SPECIAL, "show_progress": False,
            "initial_alphabet": sorted(pre_tokenizers.ByteLevel.alphabet()),
        }  # fmt: skip
        if model == "bpe":
            library, trainer = Tokenizer(models.BPE()), trainers.BpeTrainer(**shared)
        else:
            library = Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(unk_token=_SPECIAL[1], **shared)
        # the settable attributes are missing from the library's stubs
        pieces: Any = library
        pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        pieces.decoder = decoders.ByteLevel()
        pieces.train_from_iterator((normaliser(text) for text in texts), trainer)
        return cls(pieces.to_str(), normaliser)

    @functools.cached_property
    def _library(self) -> Any:
        from tokenizers import Tokenizer

        try:
            library: Any = Tokenizer.from_str(self.content)
        except Exception as error:  # the library raises no other class
            raise ValueError(
                f"Subwords: content is not what the tokenizers library writes: {error}."
            ) from None
        library.encode_special_tokens = True  # "<pad>" in a text is text
        return library

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields: the library's object is made anew from them."""
        return {"content": self.content, "normaliser": self.normaliser}

    def __len__(self) -> int:
        """Return V, how many tokens there are, padding and unknown included."""
        return self._library.get_vocab_size()

    def encode(self, text: str) -> np.ndarray:
        """Return the numbers of the pieces of a text, int32 `[T]`.

        Raises: ValueError for half a surrogate pair, which has no bytes.
        """
        text = self.normaliser(text)
        if not text.isascii():
            _check_surrogates(text)
        encoded = self._library.encode(text, add_special_tokens=False)
        return np.array(encoded.ids, np.int32)

    def decode(self, ids: Any) -> str:
        """Return the text of numbers `[T]`, padding and unknown left out.

        Raises: ValueError or TypeError as `check_ids`.
        """
        return self._library.decode(check_ids(ids, len(self), "Subwords.decode").ravel().tolist())

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {
            "type": "Subwords", "content": self.content, "normaliser": self.normaliser.to_json(),
        }  # fmt: skip


def _check_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"Subwords.encode: text[{error.start}] is {text[error.start]!r}, half a surrogate "
            "pair, which stands for no character. Read the file as UTF-8."
        ) from None
