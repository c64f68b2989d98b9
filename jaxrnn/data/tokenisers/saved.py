"""What every tokeniser can do, and tokenisers as plain data, to be saved with a model."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from jaxrnn.data.tokenisers.normaliser import Normaliser
from jaxrnn.data.tokenisers.subwords import Subwords
from jaxrnn.data.tokenisers.symbols import Characters, Words
from jaxrnn.spelling import did_you_mean

__all__ = ["Tokeniser", "tokeniser_from_json"]


@runtime_checkable
class Tokeniser(Protocol):
    """Text to numbers and back; `PAD` is 0, `UNKNOWN` is 1, the last number is V - 1.

    Tokenisers are frozen values: equal if they do the same. Each class has a `fit(texts,
    normaliser)` that makes one, with options of its own.

    Shapes: `encode` int32 `[T]`.

        >>> isinstance(Characters.fit(["hello"]), Tokeniser)
        True
    """

    def __len__(self) -> int:
        """Return V."""
        ...

    def encode(self, text: str) -> np.ndarray:
        """Return the numbers of a text, int32 `[T]`; a text is normalised first."""
        ...

    def decode(self, ids: Any) -> str:
        """Return the text of numbers, padding left out; a number outside is a ValueError."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data, for `tokeniser_from_json`."""
        ...


_CLASSES: dict[str, type] = {c.__name__: c for c in (Characters, Subwords, Words)}


def tokeniser_from_json(data: Any) -> Tokeniser:
    """Return the tokeniser that `to_json` described.

    Shapes: none.
    Raises: ValueError naming what is missing, unknown or of the wrong type.

        >>> words = Words.fit(["so it goes"])
        >>> tokeniser_from_json(words.to_json()) == words
        True
    """
    kind = data.get("type") if isinstance(data, Mapping) else data
    if not isinstance(data, Mapping) or not isinstance(kind, str) or kind not in _CLASSES:
        raise ValueError(
            f"tokeniser_from_json: expected a mapping with a type of {', '.join(_CLASSES)}, got "
            f"{kind!r:.80}.{did_you_mean(str(kind)[:80], _CLASSES)}"
        )
    cls = _CLASSES[kind]
    names = {"type", *(field.name for field in dataclasses.fields(cls))}
    if set(data) != names:
        raise ValueError(
            f"tokeniser_from_json: {cls.__name__}: missing {sorted(names - set(data))}, unknown "
            f"{sorted(map(str, set(data) - names))}."
        )
    fields = {name: data[name] for name in names - {"type"}}
    try:
        return cls(**fields | {"normaliser": Normaliser.from_json(data["normaliser"])})
    except TypeError as error:
        raise ValueError(f"tokeniser_from_json: {error}") from None
