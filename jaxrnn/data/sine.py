"""The noisy sine of many tutorials, and windows over a series."""

from typing import NamedTuple

import numpy as np

__all__ = ["Series", "noisy_sine", "sliding_windows"]


class Series(NamedTuple):
    """A quantity measured at points in time."""

    x: np.ndarray  # float32 [N], when
    y: np.ndarray  # float32 [N], how much


def noisy_sine(points: int = 100, *, noise: float = 0.1, seed: int = 0) -> Series:
    """Return two periods of a sine with normal noise.

        y = sin(x) + noise * n,   x on [-2 pi, 2 pi],   n ~ N(0, 1)

    Shapes: x, in radians, and y float32 `[points]`.
    Raises: ValueError for fewer than 2 points.

        >>> series = noisy_sine(5, noise=0)
        >>> series.x.round(2).tolist(), (series.y.round(2) + 0).tolist()
        ([-6.28, -3.14, 0.0, 3.14, 6.28], [0.0, 0.0, 0.0, 0.0, 0.0])
    """
    if points < 2:
        raise ValueError(f"noisy_sine: points should be at least 2, got {points}.")
    x = np.linspace(-2 * np.pi, 2 * np.pi, points)
    # the legacy generator: its stream never changes
    y = np.sin(x) + noise * np.random.RandomState(seed).standard_normal(points)
    return Series(x.astype(np.float32), y.astype(np.float32))


def sliding_windows(series: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every window of a series, and the value that follows each of its points.

        inputs[t, i] = series[i + t],   targets[t, i] = series[i + t + 1]

    Shapes: series `[N, ...]`; inputs and targets `[steps, N - steps, ...]`, time first;
    `targets[-1]` are the values that follow the windows.
    Raises: ValueError if steps is not between 1 and N - 1.

        >>> inputs, targets = sliding_windows(np.arange(5), 3)
        >>> inputs.T.tolist(), targets.T.tolist()
        ([[0, 1, 2], [1, 2, 3]], [[1, 2, 3], [2, 3, 4]])
    """
    series = np.asarray(series)
    if not 1 <= steps < len(series):
        raise ValueError(
            f"sliding_windows: steps should be between 1 and the length of the series less 1, got "
            f"steps={steps} and {len(series)} points."
        )
    places = np.arange(steps)[:, None] + np.arange(len(series) - steps)
    return series[places], series[places + 1]
