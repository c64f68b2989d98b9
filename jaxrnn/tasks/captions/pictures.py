"""Pictures with names, in three parts that share no family: EmojiOne, or shapes that are drawn."""

import itertools
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data import load_emojione
from jaxrnn.data.hash_split import HashSplit, hash_split

__all__ = ["PICTURES", "Pictures", "emoji_family", "joined_by_picture"]

# what one person does, be it a man or a woman, and two or more together
_SAME = {
    "man": "person", "woman": "person", "boy": "person", "girl": "person", "older_man": "older",
    "older_woman": "older", "mrs_claus": "santa", "princess": "prince", "dancer": "dancing",
    "man_dancing": "dancing", "couplekiss": "kissing_couple", "couple_with_heart": "couple",
    "two_men_holding_hands": "couple", "two_women_holding_hands": "couple",
    "bride_with_veil": "wedding", "man_in_tuxedo": "wedding",
}  # fmt: skip
_COLOURS = {
    "red": (220, 40, 40), "green": (40, 160, 60), "blue": (50, 80, 220), "yellow": (240, 210, 40),
    "purple": (150, 60, 180), "black": (30, 30, 30),
}  # fmt: skip
_SIZES = {"small": 3.0, "large": 5.5}
_EACH, _SIDE = 20, 16  # pictures of a name, pixels


class Pictures(NamedTuple):
    """Pictures with names, and where to train, choose and examine.

    Fields: images uint8 `[N, H, W, 3]`; names, N; split, places; source, in words.
    """

    images: np.ndarray
    names: tuple[str, ...]
    split: HashSplit
    source: str


def emoji_family(shortname: str) -> str:
    """Return what an emoji shares with those of other skins and genders.

    Shapes: none.

        >>> [emoji_family(n) for n in ("surfer_tone3", "family_mwg", "older_woman", "kiss_ww")]
        ['surfer', 'family', 'older', 'kissing_couple']
    """
    name = re.sub(r"_tone\d$", "", shortname)
    if re.fullmatch(r"kiss_(mm|ww)", name):
        return "kissing_couple"
    name = re.sub(r"^(family|couple)_[mwgb]+$", r"\1", name)
    name = re.sub(r"^clock\d+$", "clock", name)
    return _SAME.get(name, name)


def joined_by_picture(families: Sequence[str], images: np.ndarray) -> list[str]:
    """Return families, those joined that have a picture in common, pixel by pixel.

    Shapes: N families; images `[N, ...]`.

        >>> joined_by_picture(["a", "b", "b", "c"], np.array([1, 1, 2, 3]))
        ['a', 'a', 'a', 'c']
    """
    whose: dict[bytes, str] = {}
    joined = list(families)
    for place, image in enumerate(images):
        first, own = whose.setdefault(image.tobytes(), joined[place]), joined[place]
        if first != own:
            joined = [first if family == own else family for family in joined]
            whose = {key: first if family == own else family for key, family in whose.items()}
    return joined


def _emojione() -> Pictures:
    data = load_emojione()
    families = joined_by_picture([emoji_family(name) for name in data.shortnames], data.images)
    source = f"EmojiOne 2.2.7, {len(set(families)):,} families of pictures"
    return Pictures(data.images, data.names, hash_split(families), source)


def _square(dy: np.ndarray, dx: np.ndarray, size: float) -> np.ndarray:
    return np.maximum(abs(dy), abs(dx)) <= 0.85 * size


def _circle(dy: np.ndarray, dx: np.ndarray, size: float) -> np.ndarray:
    return dy**2 + dx**2 <= size**2


def _triangle(dy: np.ndarray, dx: np.ndarray, size: float) -> np.ndarray:
    return (abs(dx) <= (dy + size) / 2) & (dy <= size)


def _cross(dy: np.ndarray, dx: np.ndarray, size: float) -> np.ndarray:
    return (np.minimum(abs(dy), abs(dx)) <= size / 3) & (np.maximum(abs(dy), abs(dx)) <= size)


_SHAPES = {"square": _square, "circle": _circle, "triangle": _triangle, "cross": _cross}


def _shapes() -> Pictures:
    """Return coloured shapes at random places; some kinds are never trained on."""
    random = np.random.default_rng(0)
    names, images = [], []
    kinds = itertools.product(_SIZES, _COLOURS, _SHAPES)
    for (size, colour, shape), _ in itertools.product(kinds, range(_EACH)):
        y, x = random.uniform(6, _SIDE - 6, 2)
        dy, dx = np.indices((_SIDE, _SIDE)) + 0.5 - np.array([y, x])[:, None, None]
        inside = _SHAPES[shape](dy, dx, _SIZES[size])
        images.append(np.where(inside[..., None], _COLOURS[colour], 255).astype(np.uint8))
        names.append(f"a {size} {colour} {shape}")
    return Pictures(np.array(images), tuple(names), hash_split(names), "drawn coloured shapes")


# by name; new pictures are one line
PICTURES: dict[str, Callable[[], Pictures]] = {"emojione": _emojione, "shapes": _shapes}
