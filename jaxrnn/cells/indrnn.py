"""The independently recurrent network of Li et al. (2018): each unit sees only its own past."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
from jax import Array

from jaxrnn.cells.gates import check_fields, project_input, refuse_projection, zeros
from jaxrnn.checks import check_input_size
from jaxrnn.initializers import ORTHOGONAL, Scheme, per_gate
from jaxrnn.numerics import Activation, activation
from jaxrnn.randomness import typed_key

__all__ = ["IndRNN", "IndRNNParams", "IndRNNState"]


class IndRNNParams(NamedTuple):
    """Weights of an `IndRNN` cell; b is None without bias."""

    w_x: Array  # [D, H]
    w_h: Array  # [H]
    b: Array | None  # [H]


class IndRNNState(NamedTuple):
    """What an `IndRNN` cell carries."""

    h: Array  # [..., H]


@dataclasses.dataclass(frozen=True)
class IndRNN:
    """Independently recurrent network: the recurrent matrix is diagonal.

        u = x @ w_x + b
        h = activation(u + w_h * h)
        y = h

    Units mix in the layer above. A gradient through T steps scales with `w_h ** T`, unit by unit:
    the paper keeps `abs(w_h) <= 2 ** (1/T)`, and w_h starts uniform on [0, 1], inside that for
    every T. The state Jacobian is diagonal, so exact gradients can go forward in time.
    Source: Li, Li, Cook, Zhu and Gao (2018), arXiv:1803.04831. `activation` is relu, tanh, any
    other name of `jaxrnn.numerics.ACTIVATIONS`, or a function of one array.
    Fields: hidden_size H; activation; bias; initializer, of w_x and b.
    Shapes: x `[..., D]`; u, state.h and y `[..., H]`; w_x `[D, H]`; w_h and b `[H]`.
    Raises: ValueError if `hidden_size < 1` or the activation is unknown; TypeError for wrong types.

        >>> import jax.numpy as jnp
        >>> cell = IndRNN(2)
        >>> params = IndRNNParams(jnp.ones((1, 2)), w_h=jnp.array([0.5, 2.0]), b=jnp.zeros(2))
        >>> state = IndRNNState(h=jnp.array([1.0, 1.0]))
        >>> state, y = cell.step(params, state, cell.project(params, jnp.array([0.25])))
        >>> y.tolist()
        [0.75, 2.25]
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    activation: str | Activation = "relu"
    bias: bool = True
    initializer: Scheme = ORTHOGONAL
    proj_size: dataclasses.InitVar[int] = 0

    def __post_init__(self, proj_size: int) -> None:
        check_fields(self, "bias")
        activation(self.activation, "IndRNN")
        refuse_projection("IndRNN", proj_size)

    def init(self, key: Array, input_size: int) -> IndRNNParams:
        """Draw w_x and b by the scheme `initializer`, w_h uniform on [0, 1]."""
        scheme, hidden = self.initializer, self.hidden_size
        size = check_input_size("IndRNN.init", input_size)
        k_x, k_h, k_b = jax.random.split(typed_key(key, "IndRNN.init: key"), 3)
        w_x = per_gate(scheme.kernel, k_x, size, "h", hidden)
        w_h = jax.random.uniform(k_h, (hidden,), w_x.dtype)
        return IndRNNParams(
            w_x, w_h, scheme.bias(k_b, "h", hidden, w_x.dtype) if self.bias else None
        )

    def init_state(self, params: IndRNNParams, batch: int | Sequence[int] = ()) -> IndRNNState:
        """Return zeros `[*batch, H]`."""
        return IndRNNState(h=zeros(params.w_h, batch, self.hidden_size))

    def project(self, params: IndRNNParams, x: Array) -> Array:
        """Return u `[..., H]`."""
        return project_input("IndRNN", x, params.w_x, params.b)

    def recur(self, params: IndRNNParams, state: IndRNNState) -> Array:
        """Return `w_h * h` `[..., H]`."""
        return params.w_h.astype(state.h.dtype) * state.h

    def update(
        self, params: IndRNNParams, state: IndRNNState, u: Array, r: Array
    ) -> tuple[IndRNNState, Array]:
        """Return (state, y) from u and r."""
        h = activation(self.activation)((u + r).astype(state.h.dtype))
        return IndRNNState(h=h), h.astype(params.w_h.dtype)

    def step(self, params: IndRNNParams, state: IndRNNState, u: Array) -> tuple[IndRNNState, Array]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))
