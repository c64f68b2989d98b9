"""NARMA10: a nonlinear moving average of order 10, driven by noise."""

from typing import NamedTuple

import numpy as np

from jaxrnn.checks import as_positive_int

__all__ = ["Driven", "narma10"]

ORDER = 10
DROPPED = 100  # steps before the first that is returned
LARGEST = 5.0  # a draw that comes this far runs away, and is drawn anew


class Driven(NamedTuple):
    """A system and what drives it; y[t] is the answer to u up to and with u[t]."""

    u: np.ndarray  # float64 [T], input
    y: np.ndarray  # float64 [T], target


def narma10(steps: int, *, seed: int = 0) -> Driven:
    """Return noise, and what a system of order 10 makes of it.

        y_{t+1} = 0.3 y_t + 0.05 y_t sum_{i=0..9} y_{t-i} + 1.5 u_{t-9} u_t + 0.1

    u is uniform on [0, 0.5]. The sum includes y_t; some generators leave it out, and their errors
    are not to be compared. The system starts at 0, its first 100 steps are dropped, and a draw in
    which |y| reaches 5 is drawn anew: the recursion runs away now and then.
    Source: Atiya and Parlos (2000), IEEE Transactions on Neural Networks 11.
    Shapes: u and y float64 `[steps]`; `y[t]` is y_{t+1}, which follows `u[t]`.
    Raises: TypeError or ValueError if steps is no positive int.

        >>> series = narma10(3)
        >>> series.u.round(3).tolist(), series.y.round(3).tolist()
        ([0.339, 0.135, 0.368], [0.408, 0.297, 0.432])
    """
    steps = as_positive_int("narma10", "steps", steps)
    # the legacy generator: its stream never changes
    generator = np.random.RandomState(seed)
    while True:
        u = generator.uniform(0, 0.5, DROPPED + steps)
        y = _answer(u)
        if np.abs(y).max() < LARGEST:
            return Driven(u[DROPPED:], y[DROPPED:])


def _answer(u: np.ndarray) -> np.ndarray:
    """Run the system from 0, and no further than where it runs away."""
    y = np.zeros(len(u) + 1)
    for t in range(ORDER - 1, len(u)):
        past = y[t - ORDER + 1 : t + 1].sum()
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * past + 1.5 * u[t - ORDER + 1] * u[t] + 0.1
        if not abs(y[t + 1]) < LARGEST:
            break
    return y[1:]
