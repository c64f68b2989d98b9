"""Plain numbers that people write: a line that goes on, or an image."""

import dataclasses

import numpy as np

from jaxrnn.tasks.words import likeliest, lines_of

__all__ = ["NumbersCodec", "PixelCodec"]


@dataclasses.dataclass(frozen=True)
class NumbersCodec:
    """A line of numbers is a sequence, one a step; the answer is a number.

        x = (number - mean) / scale,   answer = output * scale + mean

    Fields: mean and scale, of questions and answers alike.
    Shapes: inputs float32 `[T, 1]`; outputs `[T, 1]`.
    Raises: ValueError for a scale that is not above 0; from `inputs` naming the line of what is no
        number.

        >>> codec = NumbersCodec(10.0, 2.0)
        >>> codec.inputs("11 12")[0].tolist(), codec.answer(np.array([[0.0], [1.5]]))
        ([[0.5], [1.0]], '13.0')
    """

    mean: float
    scale: float

    input_size = 1
    output_size = 1

    def __post_init__(self) -> None:
        if not np.isfinite(self.mean) or not 0 < self.scale < np.inf:
            raise ValueError(
                "NumbersCodec: expected a finite mean and a finite scale above 0, got "
                f"{self.mean} and {self.scale}."
            )

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each line that is not empty as a sequence."""
        rows = [_numbers(line, place) for place, line in enumerate(lines_of(text), 1)]
        found = [self.scaled(np.array(row))[:, None] for row in rows if row]
        if not found:
            raise ValueError("expected lines of numbers, such as 11 12, got none.")
        return found

    def scaled(self, numbers: np.ndarray) -> np.ndarray:
        """Return numbers, of any shape, as the network reads and says them."""
        return ((numbers - self.mean) / self.scale).astype(np.float32)

    def answer(self, outputs: np.ndarray) -> str:
        """Return the last output as a number."""
        return f"{float(outputs[-1, 0]) * self.scale + self.mean:.1f}"


@dataclasses.dataclass(frozen=True)
class PixelCodec:
    """An image is a block of numbers, in one line or many; an empty line ends it.

        x[t] = part t of (pixels, row by row, in the order) / ink

    Fields: steps T, in which an image is read; ink, the value of full ink; order, in which the
    pixels are read, from 0; names, of the classes.
    Shapes: inputs float32 `[T, pixels / T]`; outputs `[T, classes]`.
    Raises: ValueError for an order that does not name each pixel once, or steps that don't divide
        it; from `inputs` for anything but images of that many pixels.

        >>> codec = PixelCodec(2, 10.0, (3, 2, 1, 0), ("no", "yes"))
        >>> codec.inputs("1 2\\n3 4")[0].tolist() == [[0.4, 0.3], [0.2, 0.1]]
        False
        >>> codec.inputs("1 2\\n3 4")[0].round(1).astype(float).round(1).tolist()
        [[0.4, 0.3], [0.2, 0.1]]
    """

    steps: int
    ink: float
    order: tuple[int, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if sorted(self.order) != list(range(len(self.order))):
            raise ValueError("PixelCodec: order should name each pixel, from 0, once.")
        if self.steps < 1 or len(self.order) % self.steps:
            raise ValueError(
                f"PixelCodec: steps should divide {len(self.order)} pixels, got {self.steps}."
            )

    @property
    def input_size(self) -> int:
        """How many pixels are read at a time."""
        return len(self.order) // self.steps

    @property
    def output_size(self) -> int:
        """How many classes."""
        return len(self.names)

    def sequences(self, images: np.ndarray) -> np.ndarray:
        """Return images `[N, rows, columns]` as the network reads them, float32 `[T, N, D]`."""
        flat = images.reshape(len(images), -1)[:, list(self.order)].astype(np.float32)
        parts = (flat / np.float32(self.ink)).reshape(len(images), self.steps, -1)
        return parts.swapaxes(0, 1)

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each block as a sequence."""
        blocks: list[list[float]] = [[]]
        for place, line in enumerate(lines_of(text), 1):
            row = _numbers(line, place)
            if not row and blocks[-1]:
                blocks.append([])
            blocks[-1].extend(row)
        found = [block for block in blocks if block]
        wrong = [len(block) for block in found if len(block) != len(self.order)]
        if wrong or not found:
            raise ValueError(
                f"expected images of {len(self.order)} numbers, with an empty line between two, "
                f"got {f'one of {wrong[0]}' if wrong else 'none'}."
            )
        return list(self.sequences(np.array(found)).swapaxes(0, 1))

    def answer(self, outputs: np.ndarray) -> str:
        """Return the three likeliest classes."""
        return likeliest(outputs[-1], dict(enumerate(self.names)))


def _numbers(line: str, place: int) -> list[float]:
    """Return the numbers in a line."""
    row = []
    for word in line.replace(",", " ").replace(";", " ").split():
        try:
            row.append(float(word))
        except ValueError:
            raise ValueError(f"line {place}: expected a number, got {word[:40]!r}.") from None
    if not (np.abs(row) <= np.finfo(np.float32).max).all():  # a NaN is not either
        raise ValueError(f"line {place} has a number that float32 can't hold.")
    return row
