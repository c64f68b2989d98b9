"""Between files of pictures and what a network sees, between captions and ids of words."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.data import read_arrays
from jaxrnn.data.tokenisers import PAD, UNKNOWN, Words
from jaxrnn.tasks.words import lines_of

__all__ = ["CaptionCodec", "Captions", "fit_captions"]

_SHOWN = ".png"  # read by matplotlib; all else holds arrays


class Captions(NamedTuple):
    """A chunk: what is seen, and what is to be said of it; a row without words is none.

    Fields: seen uint8 `[F, B, H, W, C]`, F frames, 1 of a picture; words int32 `[T, B]`, each with
    an end behind it, then 0.
    """

    seen: Any
    words: Any


@dataclasses.dataclass(frozen=True)
class CaptionCodec:
    """Pictures or clips of one shape, and captions of words with an end.

    Fields: tokens, the words; most, words of a caption at most, the end included; shape, of what is
    seen, (F, H, W, C), C 1 for grey, 3 for red, green and blue.
    Shapes: `written` int32 `[t]`; `inputs` uint8 `[F, H, W, C]` each.
    Raises: ValueError for a shape that is none.

        >>> codec = CaptionCodec(Words.fit(["a red cat"]), most=4, shape=(1, 8, 8, 3))
        >>> codec.written("red cat").tolist(), codec.end, codec.text([4, 3, 5, 2])
        ([4, 3, 5], 5, 'red cat')
    """

    tokens: Words
    most: int
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.shape) != 4 or min(self.shape) < 1 or self.shape[3] not in (1, 3):
            raise ValueError(
                f"CaptionCodec: shape should be (F, H, W, C), C 1 or 3, got {self.shape}."
            )

    @property
    def end(self) -> int:
        """The id behind the last word, the last of `size`."""
        return len(self.tokens)

    @property
    def size(self) -> int:
        """How many ids there are."""
        return len(self.tokens) + 1

    @property
    def never(self) -> tuple[int, ...]:
        """The ids that are never written: padding and unknown."""
        return PAD, UNKNOWN

    def written(self, caption: str) -> np.ndarray:
        """Return the ids of a caption; what is too long is cut and has no end."""
        return np.append(self.tokens.encode(caption), np.int32(self.end))[: self.most]

    def table(self, captions: Sequence[str]) -> np.ndarray:
        """Return the ids of captions side by side, int32 `[most, B]`, padded with 0."""
        table = np.zeros((self.most, len(captions)), np.int32)
        for column, caption in enumerate(captions):
            ids = self.written(caption)
            table[: len(ids), column] = ids
        return table

    def text(self, ids: Any) -> str:
        """Return the caption that ids stand for, up to the end."""
        ids = np.asarray(ids)
        ends = np.flatnonzero(ids == self.end)
        return self.tokens.decode(ids[: ends[0]] if len(ends) else ids)

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return what the files hold that are named in the lines that are not empty.

        A picture is a .png, or an array `[H, W]` or `[H, W, C]` in a .npy file, a clip an array
        `[F, H, W]` or `[F, H, W, C]`: integers to 255, or fractions of full light. What is 2, 3 ...
        times as high and wide as expected is made smaller, by the mean of squares.

        Raises: ValueError for no line, or another shape, naming the file; OSError without the file.
        """
        paths = [line.strip() for line in lines_of(text) if line.strip()]
        if not paths:
            raise ValueError("expected lines that name a file with a picture each, got none.")
        return [self._fitted(_read(path), path) for path in paths]

    def _fitted(self, array: np.ndarray, path: str) -> np.ndarray:
        frames, height, width, channels = self.shape
        seen = array if array.dtype.kind == "f" else array.astype(np.float32) / 255
        if frames == 1 and seen.ndim in (2, 3) and seen.shape[0] != 1:
            seen = seen[None]
        if seen.ndim == 3:
            seen = seen[..., None]
        ok = seen.ndim == 4 and seen.shape[0] == frames and seen.shape[3] in (1, 2, 3, 4)
        times = seen.shape[1] // height if ok else 0
        if not times or seen.shape[1:3] != (times * height, times * width):
            raise ValueError(
                f"{path}: expected {self._named()}, or a multiple of its height and width, got "
                f"{list(array.shape)}."
            )
        if seen.shape[3] in (2, 4):  # see-through, laid on white
            alpha = seen[..., -1:]
            seen = seen[..., :-1] * alpha + (1 - alpha)
        if seen.shape[3] != channels:
            seen = np.repeat(seen, 3, 3) if channels == 3 else seen.mean(3, keepdims=True)
        if not (np.isfinite(seen).all() and seen.min() >= 0 and seen.max() <= 1):
            raise ValueError(f"{path}: expected integers from 0 to 255, or numbers from 0 to 1.")
        squares = seen.reshape(frames, height, times, width, times, channels).mean((2, 4))
        return np.rint(255 * squares).astype(np.uint8)

    def _named(self) -> str:
        frames, height, width, channels = self.shape
        colours = "" if channels == 1 else f", C={channels}"
        if frames == 1:
            return f"a picture [H={height}, W={width}{colours}]"
        return f"a clip [F={frames}, H={height}, W={width}{colours}]"


def _read(path: str) -> np.ndarray:
    if path.lower().endswith(_SHOWN):
        from matplotlib.image import imread

        try:
            return np.asarray(imread(path))
        except (SyntaxError, ValueError) as error:  # what Pillow raises for what is no picture
            raise ValueError(f"{path}: no picture could be read ({error}).") from None
    arrays = read_arrays(path)
    if len(arrays) != 1:
        raise ValueError(f"{path}: expected one array, got {', '.join(arrays)}.")
    return next(iter(arrays.values()))


def fit_captions(
    captions: Sequence[str], shape: tuple[int, ...], *, least: int = 1
) -> CaptionCodec:
    """Return the codec of the captions that are trained on.

    Shapes: shape, (F, H, W, C).
    Args: least, how often a word has to come to be known.

        >>> fit_captions(["a cat", "a dog"], (1, 8, 8, 3)).most
        3
    """
    tokens = Words.fit(captions, min_count=least)
    most = max(len(tokens.encode(caption)) for caption in captions) + 1
    return CaptionCodec(tokens, most, shape)
