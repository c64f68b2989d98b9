"""The gated recurrent unit as torch and cuDNN compute it: the reset gate acts after the product."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cells.gates import check_fields, draw, project_input, refuse_projection, zeros
from jaxrnn.initializers import ORTHOGONAL, Scheme
from jaxrnn.numerics import gate, matmul
from jaxrnn.randomness import typed_key

__all__ = ["GRU", "GRUParams", "GRUState"]

GATES = "rzn"


class GRUParams(NamedTuple):
    """Weights of a `GRU`, gates r, z, n; b and b_hn are None without bias."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 3H]
    b: Array | None  # [3H]
    b_hn: Array | None  # [H], inside the reset


class GRUState(NamedTuple):
    """What both kinds of GRU carry."""

    h: Array  # [..., H]


@dataclasses.dataclass(frozen=True)
class GRU:
    """Gated recurrent unit, reset after the recurrent product.

        u_r, u_z, u_n = x @ w_x + b
        r_r, r_z, r_n = h @ w_h
        r = sigmoid(u_r + r_r)
        z = sigmoid(u_z + r_z)
        n = tanh(u_n + r * (r_n + b_hn))
        h = (1 - z) * n + z * h
        y = h

    Source: Cho et al. (2014), arXiv:1406.1078, version 1; this form is torch's, cuDNN's and Keras's
    default. It can't be converted into `GRUResetBefore`.
    Fields: hidden_size H; bias; initializer.
    Shapes: x `[..., D]`; u `[..., 3H]`; state.h and y `[..., H]`; w_x `[D, 3H]`; w_h `[H, 3H]`;
    b `[3H]`; b_hn `[H]`.
    Raises: ValueError if `hidden_size < 1`; TypeError for wrong types.

        >>> cell = GRU(1)
        >>> params = GRUParams(jnp.ones((1, 3)), jnp.zeros((1, 3)), jnp.zeros(3), jnp.ones(1))
        >>> state, y = cell.step(params, GRUState(jnp.ones(1)), cell.project(params, jnp.zeros(1)))
        >>> y.tolist()
        [0.7311]
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    bias: bool = True
    initializer: Scheme = ORTHOGONAL
    proj_size: dataclasses.InitVar[int] = 0

    def __post_init__(self, proj_size: int) -> None:
        check_fields(self, "bias")
        refuse_projection("GRU", proj_size)

    def init(self, key: Array, input_size: int) -> GRUParams:
        """Draw params by the scheme `initializer`; b_hn is drawn like n's bias."""
        scheme, hidden = self.initializer, self.hidden_size
        key, k_hn = jax.random.split(typed_key(key, "GRU.init: key"))
        w_x, w_h, b = draw("GRU", scheme, key, input_size, GATES, hidden, self.bias)
        b_hn = scheme.bias(k_hn, "n", hidden, w_x.dtype) if self.bias else None
        return GRUParams(w_x, w_h, b, b_hn)

    def init_state(self, params: GRUParams, batch: int | Sequence[int] = ()) -> GRUState:
        """Return zeros `[*batch, H]`."""
        return GRUState(h=zeros(params.w_h, batch, self.hidden_size))

    def project(self, params: GRUParams, x: Array) -> Array:
        """Return u `[..., 3H]`."""
        return project_input("GRU", x, params.w_x, params.b)

    def recur(self, params: GRUParams, state: GRUState) -> Array:
        """Return `h @ w_h` `[..., 3H]`."""
        return matmul(state.h, params.w_h)

    def update(
        self, params: GRUParams, state: GRUState, u: Array, r: Array
    ) -> tuple[GRUState, Array]:
        """Return (state, y) from u and r."""
        dtype = state.h.dtype
        u_r, u_z, u_n = jnp.split(u.astype(dtype), 3, axis=-1)
        r_r, r_z, r_n = jnp.split(r.astype(dtype), 3, axis=-1)
        if params.b_hn is not None:
            r_n = r_n + params.b_hn.astype(dtype)
        reset = gate("r", u_r + r_r)
        z = gate("z", u_z + r_z)
        n = jnp.tanh(u_n + reset * r_n)
        h = (1 - z) * n + z * state.h
        return GRUState(h=h), h.astype(params.w_h.dtype)

    def step(self, params: GRUParams, state: GRUState, u: Array) -> tuple[GRUState, Array]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))
