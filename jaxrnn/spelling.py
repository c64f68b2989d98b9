"""The nearest word, for whoever mistyped one."""

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of an error message, with the known word that is nearest; "" if none is near.

    Shapes: none.

        >>> did_you_mean("lstmm", ["elman", "lstm", "gru"]), did_you_mean("x", ["lstm"])
        (" Did you mean 'lstm'?", '')
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
