"""Clips of handwritten digits that move, and the sentences that say which and where to."""

import dataclasses
from typing import NamedTuple

import numpy as np

from jaxrnn.data import MNIST, find, load_digits, load_mnist
from jaxrnn.data.mnist import Images

__all__ = ["DIRECTIONS", "Clips", "Moving", "digit_images", "drawn_clips", "sentence"]

DIRECTIONS = {"down": (1, 0), "left": (0, -1), "right": (0, 1), "up": (-1, 0)}
_NAMES = tuple(DIRECTIONS)
_STEPS = np.array(tuple(DIRECTIONS.values()))  # [4, 2], rows and columns
_LAST = 5000  # images of MNIST's training part that choose


@dataclasses.dataclass(frozen=True)
class Moving:
    """How clips are made.

    Fields: frames; side, pixels of a square frame; most, digits that move at once; fastest, pixels
    a frame.
    Shapes: none.
    Raises: ValueError for what is no clip.

        >>> Moving(frames=4).fastest
        2
    """

    frames: int = 6
    side: int = 32
    most: int = 2
    fastest: int = 2

    def __post_init__(self) -> None:
        for name, least, most in (
            ("frames", 2, 100), ("side", 8, 1000), ("most", 1, 2), ("fastest", 1, 100),
        ):  # fmt: skip
            if not least <= getattr(self, name) <= most:
                raise ValueError(
                    f"data.{name}: expected {least} to {most}, got {getattr(self, name)}."
                )


class Clips(NamedTuple):
    """Clips uint8 `[F, B, side, side, 1]`, ink 255, and a sentence for each."""

    seen: np.ndarray
    sentences: list[str]


def digit_images() -> tuple[Images, Images, str]:
    """Return digits to train on and choose by, to train on and examine by, and where they are from.

    MNIST's are made half as wide and high, by the mean of squares; its last 5000 training images
    choose. Without MNIST they are scikit-learn's, of which 200 choose. Ink is 255.

    Shapes: uint8 `[N, 14, 14]` or `[N, 8, 8]`.

        >>> digit_images()[0].train_x.shape[1] in (8, 14)
        True
    """
    if any(find(file) for file in MNIST):
        images, source, kept = load_mnist(), "MNIST's handwritten digits, 14 x 14", _LAST
        small = [_halved(x) for x in (images.train_x, images.test_x)]
    else:
        images, source, kept = load_digits(), "scikit-learn's handwritten digits, 8 x 8", 200
        small = [np.rint(x * (255 / 16)).astype(np.uint8) for x in (images.train_x, images.test_x)]
    train_x, train_y = small[0][:-kept], images.train_y[:-kept]
    choosing = Images(train_x, train_y, small[0][-kept:], images.train_y[-kept:])
    return choosing, Images(train_x, train_y, small[1], images.test_y), source


def _halved(x: np.ndarray) -> np.ndarray:
    count, height, width = x.shape
    squares = x.reshape(count, height // 2, 2, width // 2, 2)
    return np.rint(squares.mean((2, 4), dtype=np.float32)).astype(np.uint8)


def sentence(digits: list[tuple[int, str]]) -> str:
    """Return which digits there are and where they move, the smaller first, then by direction.

    Shapes: none.

        >>> sentence([(7, "up"), (3, "left")])
        'the digit 3 moves left and the digit 7 moves up'
    """
    return " and ".join(f"the digit {digit} moves {where}" for digit, where in sorted(digits))


def drawn_clips(
    x: np.ndarray, y: np.ndarray, moving: Moving, batch: int, random: np.random.Generator
) -> Clips:
    """Return clips of digits that stand apart in the first frame, and then move on their ways.

    Each clip has 1 to `most` digits, each with an image, a direction and a speed of its own, and
    none leaves the frame; they may run into each other, and ink is then that of the darker.

    Shapes: x uint8 `[N, h, h]`, ink 255; y `[N]`.
    Raises: ValueError if a frame is too small for that.

        >>> x, y = np.full((2, 4, 4), 255, np.uint8), np.array([3, 7])
        >>> clips = drawn_clips(x, y, Moving(2, 12), 5, np.random.default_rng(0))
        >>> clips.seen.shape, len(clips.sentences)
        ((2, 5, 12, 12, 1), 5)
    """
    size = x.shape[1]
    way = moving.fastest * (moving.frames - 1)
    if moving.side < max(2 * size, size + way):
        raise ValueError(
            f"data.side: digits of {size} pixels that move by up to {way} need frames of at least "
            f"{max(2 * size, size + way)}, got {moving.side}."
        )
    seen = np.zeros((moving.frames, batch, moving.side, moving.side, 1), np.uint8)
    sentences = []
    for clip in range(batch):
        count = int(random.integers(1, moving.most + 1))
        images = random.integers(len(x), size=count)
        ways = random.integers(len(_NAMES), size=count)
        places = _places(random, moving, size, ways)
        for image, path in zip(images, places, strict=True):
            for frame, (row, column) in enumerate(path):
                part = seen[frame, clip, row : row + size, column : column + size, 0]
                np.maximum(part, x[image], out=part)
        said = [(int(y[image]), _NAMES[where]) for image, where in zip(images, ways, strict=True)]
        sentences.append(sentence(said))
    return Clips(seen, sentences)


def _places(random: np.random.Generator, moving: Moving, size: int, ways: np.ndarray) -> np.ndarray:
    """Return the top left corners `[count, F, 2]`, of digits that stand apart at first."""
    room = moving.side - size
    times = np.arange(moving.frames)
    while True:
        speeds = random.integers(1, moving.fastest + 1, size=len(ways))
        steps = _STEPS[ways] * speeds[:, None]
        whole = steps * (moving.frames - 1)
        low, high = np.maximum(0, -whole), room - np.maximum(0, whole)
        starts = random.integers(low, high + 1)
        if len(ways) == 1 or (abs(starts[0] - starts[1]) >= size).any():
            return starts[:, None] + times[:, None] * steps[:, None]
