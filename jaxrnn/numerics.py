"""Number formats and the few pointwise functions that cells share."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.ad_checkpoint import checkpoint_name

from jaxrnn.spelling import did_you_mean

__all__ = [
    "ACTIVATIONS", "GATE", "activation", "float_dtype", "gate", "jax_option", "layer_norm",
    "matmul", "state_dtype",
]  # fmt: skip

Activation = Callable[[Array], Array]

ACTIVATIONS: dict[str, Activation] = {
    "elu": jax.nn.elu,
    "gelu": jax.nn.gelu,
    "hard_sigmoid": jax.nn.hard_sigmoid,
    "leaky_relu": jax.nn.leaky_relu,
    "linear": lambda x: x,
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "silu": jax.nn.silu,
    "softmax": jax.nn.softmax,
    "softplus": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
    "tanh": jnp.tanh,
}


def activation(name: str | Activation, owner: str = "activation") -> Activation:
    """Return the function called `name`; a callable is returned as it is. Errors name `owner`.

    Shapes: the function maps `[..., H]` to `[..., H]`.
    Raises: ValueError for an unknown name, with the choices and the nearest one.

        >>> print(activation("relu")(jnp.array([-1.0, 2.0])))
        [0. 2.]
    """
    if callable(name):
        return name
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]
    raise ValueError(
        f"{owner}: Unknown nonlinearity {name!r}. Select from {', '.join(ACTIVATIONS)}, "
        f"or pass a function of one array.{did_you_mean(str(name), ACTIVATIONS)}"
    )


def float_dtype(dtype: Any) -> jnp.dtype:
    """Return the dtype itself if it is floating, for integers and booleans JAX's default.

    Shapes: none; a dtype in, a dtype out.

        >>> print(float_dtype(jnp.dtype("bfloat16")), float_dtype(jnp.dtype("int32")))
        bfloat16 float32
    """
    floating = jnp.issubdtype(dtype, jnp.inexact)
    return jnp.dtype(dtype) if floating else jnp.zeros(()).dtype


def state_dtype(params_dtype: Any) -> jnp.dtype:
    """Return the dtype of states and sums: at least float32, however small the weights.

    Shapes: none; a dtype in, a dtype out.

        >>> print(state_dtype(jnp.dtype("bfloat16")), state_dtype(jnp.dtype("float64")))
        float32 float64
    """
    dtype = float_dtype(params_dtype)
    return jnp.dtype(jnp.float32) if jnp.finfo(dtype).bits < 32 else dtype


def jax_option(name: str) -> Any:
    """Return JAX's present setting, in this thread and context, such as `jax_enable_x64`.

    Shapes: none.

        >>> jax_option("jax_disable_jit")
        False
    """
    return getattr(jax.config, name)


def matmul(x: Array, w: Array) -> Array:
    """Return `x @ w`, multiplied in w's dtype and summed in at least float32.

    Shapes: x `[..., D]`, w `[D, H]`, result `[..., H]` in `state_dtype(w.dtype)`.

        >>> matmul(jnp.ones(2), jnp.ones((2, 3), jnp.bfloat16)).dtype
        dtype('float32')
    """
    return jnp.matmul(x.astype(w.dtype), w, preferred_element_type=state_dtype(w.dtype))


GATE = "gate "  # what the names of gates begin with


def gate(name: str, z: Array) -> Array:
    """Return `sigmoid(z)` under a name that diagnostics find again; it costs nothing.

    Shapes: z and result `[..., H]`.

        >>> print(gate("f", jnp.zeros(2)))
        [0.5 0.5]
    """
    return checkpoint_name(jax.nn.sigmoid(z), GATE + name)


def layer_norm(x: Array, gain: Array, shift: Array | None = None, *, eps: float) -> Array:
    """Normalise the last axis: `gain * (x - mean) / sqrt(variance + eps) + shift`.

    Source: Ba, Kiros and Hinton (2016), arXiv:1607.06450, equation 4.
    Shapes: x `[..., H]`; gain and shift `[H]`; result `[..., H]`.

        >>> print(layer_norm(jnp.array([1.0, 3.0]), jnp.ones(2), eps=0.0))
        [-1.  1.]
    """
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    # the dtype of x is kept: weights may be bfloat16 while sums are float32
    y = (x - mean) * jax.lax.rsqrt(variance + eps) * gain.astype(x.dtype)
    return y if shift is None else y + shift.astype(x.dtype)
