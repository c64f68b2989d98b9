"""The output layer of a recurrent network."""

import dataclasses
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_bool, as_positive_int, check_input_size
from jaxrnn.initializers import Glorot
from jaxrnn.numerics import Activation, activation, matmul
from jaxrnn.randomness import typed_key

__all__ = ["Output", "OutputParams"]


class OutputParams(NamedTuple):
    """Weights of an `Output` layer; b_y is None without bias."""

    w_hy: Array  # [H, O]
    b_y: Array | None  # [O]


@dataclasses.dataclass(frozen=True)
class Output:
    """Output layer of a recurrent network, the same at every step.

        y = activation(h @ w_hy + b_y)

    Fields: size O; activation, "linear", "softmax", "sigmoid" or any other; bias.
    Shapes: h `[..., H]`; y `[..., O]`; w_hy `[H, O]`; b_y `[O]`.
    Raises: ValueError if `size < 1` or the activation is unknown; TypeError for wrong types.

        >>> import jax
        >>> output = Output(2, activation="softmax")
        >>> params = output.init(jax.random.key(0), 3)
        >>> print(output.apply(params, jnp.zeros(3)))
        [0.5 0.5]
    """

    size: int
    activation: str | Activation = "linear"
    bias: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", as_positive_int("Output", "size", self.size))
        as_bool("Output", "bias", self.bias)
        activation(self.activation, "Output")

    def init(self, key: Array, input_size: int) -> OutputParams:
        """Draw Glorot weights for h of width `input_size`, and zero biases."""
        rows = check_input_size("Output.init", input_size)
        key = typed_key(key, "Output.init: key")
        dtype = jnp.zeros(()).dtype
        w_hy = Glorot()(key, (rows, self.size), dtype)
        return OutputParams(w_hy, jnp.zeros(self.size, dtype) if self.bias else None)

    def apply(self, params: OutputParams, h: Array) -> Array:
        """Return y `[..., O]` in the dtype of h.

        Raises: ValueError if h has another width than `init` was told; TypeError if it is no float.
        """
        if not jnp.issubdtype(h.dtype, jnp.floating):
            raise TypeError(
                f"Output.apply: h should be floating, got {h.dtype}. Convert with h.astype."
            )
        if h.shape[-1] != params.w_hy.shape[0]:
            raise ValueError(
                f"Output.apply: h has {h.shape[-1]} features on its last axis, but params.w_hy was "
                f"made for input_size={params.w_hy.shape[0]} (h.shape={h.shape}, expected "
                f"[..., H={params.w_hy.shape[0]}])."
            )
        z = matmul(h, params.w_hy)
        z = z if params.b_y is None else z + params.b_y.astype(z.dtype)
        return activation(self.activation)(z).astype(h.dtype)
