"""Rows of numbers in, numbers in the data's own units or a class out."""

import dataclasses

import numpy as np

from jaxrnn.data import Scaler
from jaxrnn.tasks.words import likeliest, lines_of

__all__ = ["RowCodec"]


@dataclasses.dataclass(frozen=True)
class RowCodec:
    """Rows of numbers, one a step; an empty line ends a sequence.

        x = (row - mean) / scale,   answer = output * answer_scale + answer_mean, or a class

    Fields: columns, their names; mean and scale of each; answers, the names of the outputs: of
    classes if `classes`, else of numbers with `answer_mean` and `answer_scale`.
    Shapes: inputs `[T, columns]`; outputs `[T, answers]`.
    Raises: ValueError for scales that don't fit; from `inputs` naming line and column of what is
    no number.

        >>> codec = RowCodec(("y",), (1.0,), (2.0,), ("y",), (1.0,), (2.0,))
        >>> codec.inputs("3\\n5\\n\\n1")[0].tolist()
        [[1.0], [2.0]]
        >>> codec.answer(np.array([[1.5]]))
        'y 4'
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    answers: tuple[str, ...]
    answer_mean: tuple[float, ...] = ()
    answer_scale: tuple[float, ...] = ()
    classes: bool = False

    def __post_init__(self) -> None:
        Scaler(self.mean, self.scale)
        sizes = {"mean": self.mean, "scale": self.scale}
        if not self.classes:
            Scaler(self.answer_mean, self.answer_scale)
        for name, values in sizes.items():
            if len(values) != len(self.columns):
                raise ValueError(
                    f"RowCodec: {name} should have a number for each of the {len(self.columns)} "
                    f"columns, got {len(values)}."
                )
        if not self.classes and len(self.answer_mean) != len(self.answers):
            raise ValueError(
                f"RowCodec: answer_mean should have a number for each of the {len(self.answers)} "
                f"answers, got {len(self.answer_mean)}."
            )

    @property
    def input_size(self) -> int:
        """How many columns."""
        return len(self.columns)

    @property
    def output_size(self) -> int:
        """How many answers."""
        return len(self.answers)

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each block of rows as a sequence."""
        blocks: list[list[list[float]]] = [[]]
        for place, line in enumerate(lines_of(text), 1):
            words = line.replace(",", " ").replace(";", " ").split()
            if words and tuple(words) != self.columns:  # a header may be there
                blocks[-1].append(self._row(words, place))
            elif not words and blocks[-1]:
                blocks.append([])
        found = [np.array(block) for block in blocks if block]
        if not found:
            raise ValueError(
                f"expected rows of {len(self.columns)} numbers ({self._named()}), got none."
            )
        with np.errstate(over="ignore"):
            scaled = [((rows - self.mean) / self.scale).astype(np.float32) for rows in found]
        if not all(np.isfinite(rows).all() for rows in scaled):
            raise ValueError("a number is beyond what float32 can hold.")
        return scaled

    def _named(self) -> str:
        names = ", ".join(self.columns[:4])
        return names + (", ..." if len(self.columns) > 4 else "")

    def _row(self, words: list[str], place: int) -> list[float]:
        if len(words) != len(self.columns):
            raise ValueError(
                f"line {place} has {len(words)} numbers, expected "
                f"{len(self.columns)} ({self._named()})."
            )
        row = []
        for column, word in zip(self.columns, words, strict=True):
            try:
                row.append(float(word))
            except ValueError:
                raise ValueError(
                    f"line {place}, column {column}: expected a number, got {word[:40]!r}."
                ) from None
        if not np.isfinite(row).all():
            raise ValueError(f"line {place} has a number that is not finite.")
        return row

    def answer(self, outputs: np.ndarray) -> str:
        """Return the last output in the data's own units, or the likeliest classes."""
        if self.classes:
            return likeliest(outputs[-1], dict(enumerate(self.answers)))
        values = outputs[-1] * np.asarray(self.answer_scale) + np.asarray(self.answer_mean)
        return "  ".join(f"{n} {v:.6g}" for n, v in zip(self.answers, values, strict=True))
