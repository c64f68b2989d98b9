"""Rows of a table in, the next values of one column out."""

import dataclasses

import numpy as np

from jaxrnn.tasks.series.row_codec import RowCodec

__all__ = ["ForecastCodec"]


@dataclasses.dataclass(frozen=True)
class ForecastCodec:
    """Rows of numbers, one a step; the answer is the column's next values, in its own units.

        value i rows ahead = last value + output[i - 1] * scale

    Fields: columns, with mean and scale of each; target, which is forecast; horizon H.
    Shapes: inputs float32 `[T, columns]`; outputs `[T, H]`, relative to the last input.
    Raises: ValueError as `RowCodec`, or if the target is no column.

        >>> codec = ForecastCodec(("y",), (1.0,), (2.0,), "y", 2)
        >>> xs = codec.inputs("3\\n5")[0]
        >>> codec.answer(np.array([[9.0, 9.0], [0.5, -0.5]]) + codec.level(xs))
        'y +1 6  +2 4'
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    target: str
    horizon: int

    def __post_init__(self) -> None:
        if self.target not in self.columns or self.horizon < 1:
            raise ValueError(
                f"ForecastCodec: expected a target among {', '.join(self.columns)} and a horizon "
                f"of 1 or more, got {self.target!r} and {self.horizon}."
            )
        self._rows()  # checks columns, mean and scale

    def _rows(self) -> RowCodec:
        place = self.place
        return RowCodec(
            self.columns, self.mean, self.scale, (self.target,), (self.mean[place],),
            (self.scale[place],),
        )  # fmt: skip

    @property
    def place(self) -> int:
        """Which column the target is."""
        return self.columns.index(self.target)

    @property
    def input_size(self) -> int:
        """How many columns."""
        return len(self.columns)

    @property
    def output_size(self) -> int:
        """H."""
        return self.horizon

    def inputs(self, text: str) -> list[np.ndarray]:
        """Return each block of rows as a sequence."""
        return self._rows().inputs(text)

    def level(self, xs: np.ndarray) -> np.ndarray:
        """Return what outputs are relative to: the scaled target at each step, `[T, 1]`."""
        return xs[..., self.place : self.place + 1]

    def values(self, scaled: np.ndarray) -> np.ndarray:
        """Return scaled targets in their own units."""
        return scaled * self.scale[self.place] + self.mean[self.place]

    def answer(self, outputs: np.ndarray) -> str:
        """Return the next values, for outputs to which the level was added."""
        values = self.values(np.asarray(outputs[-1], np.float64))
        return f"{self.target} " + "  ".join(f"+{i} {v:.6g}" for i, v in enumerate(values, 1))
