"""From text to numbers and back: characters, words, or subwords; 0 is padding, 1 is unknown."""

from jaxrnn.data.tokenisers.ids import PAD, UNKNOWN, check_ids
from jaxrnn.data.tokenisers.normaliser import Normaliser
from jaxrnn.data.tokenisers.saved import Tokeniser, tokeniser_from_json
from jaxrnn.data.tokenisers.subwords import Subwords
from jaxrnn.data.tokenisers.symbols import Characters, Words

__all__ = [
    "PAD", "UNKNOWN", "Characters", "Normaliser", "Subwords", "Tokeniser", "Words", "check_ids",
    "tokeniser_from_json",
]  # fmt: skip
