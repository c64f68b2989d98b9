"""The plain recurrent network of Elman (1990)."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from jax import Array

from jaxrnn.cells.gates import check_fields, draw, project_input, refuse_projection, zeros
from jaxrnn.initializers import ORTHOGONAL, Scheme
from jaxrnn.numerics import Activation, activation, matmul

__all__ = ["Elman", "ElmanParams", "ElmanState"]


class ElmanParams(NamedTuple):
    """Weights of an `Elman` cell; b is None without bias."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array | None  # [H]


class ElmanState(NamedTuple):
    """What an `Elman` cell carries."""

    h: Array  # [..., H]


@dataclasses.dataclass(frozen=True)
class Elman:
    """Plain recurrent network.

        u = x @ w_x + b
        h = activation(u + h @ w_h)
        y = h

    Source: Elman (1990), Cognitive Science 14. `activation` is tanh, relu, any other name of
    `jaxrnn.numerics.ACTIVATIONS`, or a function of one array.
    Fields: hidden_size H; activation; bias; initializer.
    Shapes: x `[..., D]`; u, state.h and y `[..., H]`; w_x `[D, H]`; w_h `[H, H]`; b `[H]`.
    Raises: ValueError if `hidden_size < 1` or the activation is unknown; TypeError for wrong types.

        >>> import jax.numpy as jnp
        >>> cell = Elman(2)
        >>> params = ElmanParams(w_x=jnp.ones((1, 2)), w_h=jnp.eye(2), b=jnp.zeros(2))
        >>> state = ElmanState(h=jnp.array([0.5, -0.5]))
        >>> state, y = cell.step(params, state, cell.project(params, jnp.array([0.5])))
        >>> y.tolist()
        [0.7616, 0.0000]
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    activation: str | Activation = "tanh"
    bias: bool = True
    initializer: Scheme = ORTHOGONAL
    proj_size: dataclasses.InitVar[int] = 0

    def __post_init__(self, proj_size: int) -> None:
        check_fields(self, "bias")
        activation(self.activation, "Elman")
        refuse_projection("Elman", proj_size)

    def init(self, key: Array, input_size: int) -> ElmanParams:
        """Draw params by the scheme `initializer`."""
        return ElmanParams(
            *draw("Elman", self.initializer, key, input_size, "h", self.hidden_size, self.bias)
        )

    def init_state(self, params: ElmanParams, batch: int | Sequence[int] = ()) -> ElmanState:
        """Return zeros `[*batch, H]`."""
        return ElmanState(h=zeros(params.w_h, batch, self.hidden_size))

    def project(self, params: ElmanParams, x: Array) -> Array:
        """Return u `[..., H]`."""
        return project_input("Elman", x, params.w_x, params.b)

    def recur(self, params: ElmanParams, state: ElmanState) -> Array:
        """Return `h @ w_h` `[..., H]`."""
        return matmul(state.h, params.w_h)

    def update(
        self, params: ElmanParams, state: ElmanState, u: Array, r: Array
    ) -> tuple[ElmanState, Array]:
        """Return (state, y) from u and r."""
        h = activation(self.activation)((u + r).astype(state.h.dtype))
        return ElmanState(h=h), h.astype(params.w_h.dtype)

    def step(self, params: ElmanParams, state: ElmanState, u: Array) -> tuple[ElmanState, Array]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))
