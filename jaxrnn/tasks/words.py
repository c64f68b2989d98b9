"""What codecs share: the lines that come in, the likeliest names that go out."""

from collections.abc import Mapping

import numpy as np

__all__ = ["likeliest", "lines_of"]


def lines_of(text: str) -> list[str]:
    r"""Return the lines; str.splitlines would break at characters that a text may hold.

    Shapes: none.

        >>> lines_of("one\r\ntwo")
        ['one', 'two']
    """
    return text.replace("\r\n", "\n").split("\n")


def likeliest(logits: np.ndarray, names: Mapping[int, str], count: int = 3) -> str:
    """Return the likeliest names with their probabilities.

    Shapes: logits `[V]`.
    Args: names, at least of the `count` largest.

        >>> likeliest(np.array([0.0, 3.0]), {0: "no", 1: "yes"})
        'yes 0.953  no 0.047'
    """
    from scipy.special import softmax

    share = softmax(logits)
    best = np.argsort(-share, kind="stable")[:count]
    return "  ".join(f"{names[int(i)]} {share[i]:.3f}" for i in best)
