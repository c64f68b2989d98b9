"""Scores that several tasks share."""

import jax.numpy as jnp
from jax import Array

__all__ = ["correct", "mean_squared_error", "squared_error"]


def correct(outputs: Array, targets: Array) -> Array:
    """Return 1 where the largest output is the target's, else 0; the mean is the accuracy.

    Shapes: outputs `[..., O]`; targets int `[...]`; result float `[...]`.

        >>> correct(jnp.array([[0.1, 0.9], [0.8, 0.2]]), jnp.array([1, 1])).tolist()
        [1.0, 0.0]
    """
    return (outputs.argmax(-1) == targets).astype(outputs.dtype)


def squared_error(outputs: Array, targets: Array) -> Array:
    """Return the squared distance; the mean is the MSE.

    Shapes: outputs and targets `[..., O]`; result `[...]`.

        >>> squared_error(jnp.array([[3.0]]), jnp.array([[1.0]])).tolist()
        [4.0]
    """
    return jnp.square(outputs - targets).sum(-1)


def mean_squared_error(outputs: Array, targets: Array) -> Array:
    """Return the mean squared difference over the outputs; the mean is the MSE.

    Shapes: outputs and targets `[..., O]`; result `[...]`.

        >>> mean_squared_error(jnp.array([[3.0, 1.0]]), jnp.array([[1.0, 1.0]])).tolist()
        [2.0]
    """
    return jnp.square(outputs - targets).mean(-1)
