"""Columns brought to mean 0 and deviation 1, by numbers of the training part alone."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Scaler"]


@dataclasses.dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation of each variable, made by `Scaler.fit` of the training part.

        apply(x) = (x - mean) / scale,   undo(z) = z * scale + mean

    Validation and test data are scaled by the same numbers: numbers of their own would tell the
    model about them. The scale of a constant column is 1.

    Fields: mean and scale, a float for each of the D variables.
    Shapes: `apply` and `undo` take `[..., D]`, or any shape if D = 1, so windows `[T, B, D]` too;
    float16, float32 and float64 stay what they are, other numbers become float64.
    Raises: ValueError unless there are as many means as scales, all finite, the scales above 0.

        >>> series = np.array([[1.0, 5.0], [3.0, 5.0], [9.0, 6.0]])
        >>> scaler = Scaler.fit(series[:2])
        >>> scaler
        Scaler(mean=(2.0, 5.0), scale=(1.0, 1.0))
        >>> scaler.apply(series).tolist()
        [[-1.0, 0.0], [1.0, 0.0], [7.0, 1.0]]
        >>> Scaler.from_json(scaler.to_json()) == scaler
        True
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        mean, scale = _floats("mean", self.mean), _floats("scale", self.scale)
        if not mean or len(mean) != len(scale):
            raise ValueError(
                f"Scaler: mean and scale should have a number for each variable, got {len(mean)} "
                f"and {len(scale)}."
            )
        if min(scale) <= 0:
            raise ValueError(f"Scaler: scale should be above 0, got {min(scale)}.")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "scale", scale)

    @classmethod
    def fit(cls, train: Any) -> "Scaler":
        """Return the scaler of a training part `[N, D]`, or `[N]` of one variable.

        Raises: ValueError for another rank, no rows, a value that is no finite number, named by row
        and column, or numbers too large or too close together to be scaled.
        """
        rows = np.asarray(train, np.float64)
        if rows.ndim not in (1, 2) or not rows.size:
            raise ValueError(
                "Scaler.fit: train should be rows of variables, [N, D], or [N], and not empty, got "
                f"shape {rows.shape}."
            )
        rows = rows.reshape(len(rows), -1)
        wrong = np.argwhere(~np.isfinite(rows))
        if len(wrong):
            row, column = wrong[0].tolist()
            raise ValueError(
                f"Scaler.fit: train[{row}, {column}] is {rows[row, column]}, expected a finite "
                f"number ({len(wrong)} are not). Fill gaps or leave such rows out before."
            )
        # not by the deviation: rounding leaves one of 1e-17 in a column of 0.1
        constant = rows.max(0) == rows.min(0)
        with np.errstate(all="ignore"):  # looked at below
            mean = np.where(constant, rows[0], rows.mean(0))
            scale = np.where(constant, 1.0, rows.std(0))
        lost = np.flatnonzero(~(np.isfinite(mean) & np.isfinite(scale) & (scale > 0)))
        if len(lost):
            values = rows[:, lost[0]]
            raise ValueError(
                f"Scaler.fit: column {lost[0]} goes from {values.min():g} to {values.max():g}, "
                "whose deviation no float can hold. Give it in other units."
            )
        return cls(tuple(mean.tolist()), tuple(scale.tolist()))

    def apply(self, x: Any) -> np.ndarray:
        """Return x `[..., D]` scaled."""
        x, dtype = self._checked("apply", x)
        return ((x - np.array(self.mean)) / np.array(self.scale)).astype(dtype)

    def undo(self, z: Any) -> np.ndarray:
        """Return scaled values `[..., D]` in the units they had."""
        z, dtype = self._checked("undo", z)
        return (z * np.array(self.scale) + np.array(self.mean)).astype(dtype)

    def _checked(self, owner: str, values: Any) -> tuple[np.ndarray, Any]:
        array = np.asarray(values)
        width = len(self.mean)
        if width > 1 and array.shape[-1:] != (width,):
            raise ValueError(
                f"Scaler.{owner}: expected values [..., D={width}], got shape {array.shape}. Scale "
                "all variables together, or fit a scaler of the ones that you have."
            )
        kept = np.issubdtype(array.dtype, np.floating)
        return array.astype(np.float64), array.dtype if kept else np.float64

    def to_json(self) -> dict[str, list[float]]:
        """Return it as plain JSON data."""
        return {"mean": list(self.mean), "scale": list(self.scale)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Scaler":
        """Return what `to_json` described.

        Raises: ValueError for anything else.
        """
        if not isinstance(data, Mapping) or set(data) != {"mean", "scale"}:
            raise ValueError(
                f"Scaler.from_json: expected a mapping with mean and scale, got {data!r:.80}."
            )
        return cls(data["mean"], data["scale"])


def _floats(name: str, values: Any) -> tuple[float, ...]:
    if not isinstance(values, list | tuple) or not all(map(_is_finite, values)):
        raise ValueError(f"Scaler: {name} should be a list of finite numbers, got {values!r:.80}.")
    return tuple(float(value) for value in values)


def _is_finite(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)
