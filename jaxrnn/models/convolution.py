"""Layers that look at small windows of a picture, the same weights at every place."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxrnn.checks import as_positive_int

__all__ = ["Convolution", "ConvolutionParams"]

_AXES = ("NHWC", "HWIO", "NHWC")


class ConvolutionParams(NamedTuple):
    """Weights of one layer."""

    kernel: Array  # [window, window, C_in, C]
    bias: Array  # [C]


@dataclasses.dataclass(frozen=True)
class Convolution:
    """Convolutions one after the other, each of which halves a picture's height and width.

        y[i, j] = relu(bias + sum over a, b of
                           x[2 i + a - before, 2 j + b - before] @ kernel[a, b])

    Beyond the edge x is 0; `before` is what keeps ceil(size / 2) places, as SAME does elsewhere.

    Source: LeCun et al. (1989), Neural Computation 1; strides in place of pooling: Springenberg et
    al. (2015), arXiv:1412.6806. Kernels start from N(0, 2 / inputs): He et al. (2015),
    arXiv:1502.01852.
    Fields: channels, of each layer; window, how high and wide a kernel is.
    Shapes: x `[..., H, W, C_in]`; y `[..., ceil(H / 2^n), ceil(W / 2^n), channels[-1]]`, n layers.
    Raises: TypeError or ValueError for sizes below 1, or without a layer.

        >>> convolution = Convolution((4, 8))
        >>> params = convolution.init(jax.random.key(0), 3)
        >>> convolution.apply(params, jnp.ones((5, 2, 32, 30, 3))).shape
        (5, 2, 8, 8, 8)
    """

    channels: Sequence[int]
    window: int = 3

    def __post_init__(self) -> None:
        channels = tuple(as_positive_int("Convolution", "channels", c) for c in self.channels)
        if not channels:
            raise ValueError("Convolution: channels should name at least one layer, got none.")
        object.__setattr__(self, "channels", channels)
        as_positive_int("Convolution", "window", self.window)

    def init(self, key: Array, input_channels: int) -> tuple[ConvolutionParams, ...]:
        """Draw the kernels, for pictures with so many channels; biases are 0."""
        sizes = [as_positive_int("Convolution.init", "input_channels", input_channels)]
        sizes += self.channels
        keys = jax.random.split(key, len(self.channels))
        return tuple(
            self._layer(own, fan, size)
            for own, fan, size in zip(keys, sizes[:-1], sizes[1:], strict=True)
        )

    def _layer(self, key: Array, inputs: int, outputs: int) -> ConvolutionParams:
        shape = (self.window, self.window, inputs, outputs)
        scale = math.sqrt(2 / math.prod(shape[:3]))
        return ConvolutionParams(scale * jax.random.normal(key, shape), jnp.zeros(outputs))

    def apply(self, params: Sequence[ConvolutionParams], x: Array) -> Array:
        """Return y in the dtype of x.

        Raises: ValueError if x has other channels than `init` was told, or too few axes; TypeError
            if it is no float.
        """
        if not jnp.issubdtype(x.dtype, jnp.floating):
            raise TypeError(
                f"Convolution.apply: x should be floating, got {x.dtype}. Convert with x.astype."
            )
        inputs = params[0].kernel.shape[2]
        if x.ndim < 3 or x.shape[-1] != inputs:
            raise ValueError(
                f"Convolution.apply: x should be [..., H, W, C_in={inputs}], got {list(x.shape)}."
            )
        y = x.reshape(-1, *x.shape[-3:])
        for layer in params:
            z = lax.conv_general_dilated(
                y, layer.kernel.astype(x.dtype), (2, 2), "SAME", dimension_numbers=_AXES
            )
            y = jax.nn.relu(z + layer.bias.astype(x.dtype))
        return y.reshape(*x.shape[:-3], *y.shape[1:])
