"""The Mackey-Glass equation: a delay that makes chaos."""

import numpy as np

from jaxrnn.checks import as_positive_int

__all__ = ["mackey_glass17"]

DELAY = 17  # units of time
PER_UNIT = 10  # Runge-Kutta steps
DROPPED = 1000  # units of time before the first point
HISTORY = 1.2  # the value at all times before 0


def mackey_glass17(steps: int) -> np.ndarray:
    """Return the mildly chaotic series of delay 17, one point a unit of time.

        dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t),   point = tanh(x - 1)

    Runge-Kutta of order 4 with steps of 0.1; the delayed value in the middle of a step is
    interpolated linearly. x is 1.2 before time 0, and the first 1000 units are dropped.
    Source: Mackey and Glass (1977), Science 197; tanh(x - 1): Jaeger and Haas (2004), Science 304.
    Shapes: float64 `[steps]`.
    Raises: TypeError or ValueError if steps is no positive int.

        >>> mackey_glass17(3).round(4).tolist()
        [-0.0535, -0.0994, -0.1417]
    """
    steps = as_positive_int("mackey_glass17", "steps", steps)
    lag, dt = DELAY * PER_UNIT, 1 / PER_UNIT
    x = [HISTORY] * (lag + 1)  # x[i] is the value at time (i - lag) * dt
    for _ in range((DROPPED + steps - 1) * PER_UNIT):
        now, old, next_old = x[-1], x[-1 - lag], x[-lag]
        middle = (old + next_old) / 2
        k1 = _slope(now, old)
        k2 = _slope(now + dt / 2 * k1, middle)
        k3 = _slope(now + dt / 2 * k2, middle)
        k4 = _slope(now + dt * k3, next_old)
        x.append(now + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.tanh(np.array(x[lag::PER_UNIT][DROPPED:]) - 1)


def _slope(x: float, delayed: float) -> float:
    return 0.2 * delayed / (1 + delayed**10) - 0.1 * x
