"""One spelling for what looks alike."""

import dataclasses
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal, get_args

from jaxrnn.checks import as_bool
from jaxrnn.spelling import did_you_mean

__all__ = ["NFC", "Normaliser"]

Form = Literal["NFC", "NFKC"]


@dataclasses.dataclass(frozen=True)
class Normaliser:
    """Unicode's normal form, lower-cased on request.

    NFC composes: e and an accent become one character. NFKC also replaces what only looks
    different: ligatures, full-width letters, circled digits.

    Source: Unicode Standard Annex 15; the tables are those of this Python.
    Fields: form, "NFC" or "NFKC"; lower.
    Shapes: none.
    Raises: ValueError for another form; TypeError if lower is no bool.

        >>> Normaliser("NFKC", lower=True)("\\ufb01ne Cafe\\u0301") == "fine caf\\u00e9"
        True
    """

    form: Form = "NFC"
    lower: bool = False

    def __post_init__(self) -> None:
        forms = get_args(Form)
        if self.form not in forms:
            raise ValueError(
                f"Normaliser: form should be one of {', '.join(forms)}, got {self.form!r}."
                f"{did_you_mean(str(self.form), forms)}"
            )
        as_bool("Normaliser", "lower", self.lower)

    def __call__(self, text: str) -> str:
        """Return the text normalised."""
        text = unicodedata.normalize(self.form, text)
        # a lower-case letter may be two characters that compose with what follows
        return unicodedata.normalize(self.form, text.lower()) if self.lower else text

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> "Normaliser":
        """Return what `to_json` described.

        Raises: ValueError or TypeError for anything else.
        """
        if not isinstance(data, Mapping) or set(data) != {"form", "lower"}:
            raise ValueError(
                f"Normaliser.from_json: expected a mapping with form and lower, got {data!r:.80}."
            )
        return cls(**data)


NFC = Normaliser()  # what a tokeniser does unless told otherwise
