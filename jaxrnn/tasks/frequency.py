"""The rival of every task of classes or tokens: who knows only how often each one comes."""

import numpy as np

__all__ = ["by_frequency"]


def by_frequency(trained: np.ndarray, judged: np.ndarray, count: int) -> float:
    """Return the loss in nats of who knows only how often each class comes, each counted once more.

        loss = mean of -log((how often trained has judged[n] + 1) / (N + count))

    Source: Laplace's rule of succession, for a class that training never showed.
    Shapes: classes int `[N]` and `[M]`, of `count` different ones.

        >>> round(by_frequency(np.array([0, 0]), np.array([0]), 2), 3)
        0.288
    """
    share = (np.bincount(trained, minlength=count) + 1) / (len(trained) + count)
    return float(-np.log(share[judged]).mean())
