"""The gated recurrent unit of the paper's last version: the reset gate acts before the product."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxrnn.cells.gates import check_fields, draw, project_input, refuse_projection, zeros
from jaxrnn.cells.gru import GATES, GRUState
from jaxrnn.initializers import ORTHOGONAL, Scheme
from jaxrnn.numerics import gate, matmul

__all__ = ["GRUResetBefore", "GRUResetBeforeParams"]


class GRUResetBeforeParams(NamedTuple):
    """Weights of a `GRUResetBefore`, gates r, z, n; b is None without bias."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 3H]
    b: Array | None  # [3H]


@dataclasses.dataclass(frozen=True)
class GRUResetBefore:
    """Gated recurrent unit, reset before the recurrent product.

        u_r, u_z, u_n = x @ w_x + b
        r = sigmoid(u_r + h @ w_hr)
        z = sigmoid(u_z + h @ w_hz)
        n = tanh(u_n + (r * h) @ w_hn)
        h = (1 - z) * n + z * h
        y = h

    Source: Cho et al. (2014), arXiv:1406.1078, equations 5-8 (with z and 1 - z as in torch); Keras
    calls it `reset_after=False`, ONNX `linear_before_reset=0`. The second product depends on the
    first, so the cell can't be split into `recur` and `update`.
    Fields: hidden_size H; bias; initializer.
    Shapes: x `[..., D]`; u `[..., 3H]`; state.h and y `[..., H]`; w_x `[D, 3H]`;
    w_h `[H, 3H]`, blocks w_hr, w_hz, w_hn; b `[3H]`.
    Raises: ValueError if `hidden_size < 1`; TypeError for wrong types.

        >>> cell = GRUResetBefore(1)
        >>> params = GRUResetBeforeParams(jnp.ones((1, 3)), jnp.ones((1, 3)), jnp.zeros(3))
        >>> state, y = cell.step(params, GRUState(jnp.ones(1)), cell.project(params, jnp.zeros(1)))
        >>> y.tolist()
        [0.8988]
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    bias: bool = True
    initializer: Scheme = ORTHOGONAL
    proj_size: dataclasses.InitVar[int] = 0

    def __post_init__(self, proj_size: int) -> None:
        check_fields(self, "bias")
        refuse_projection("GRUResetBefore", proj_size)

    def init(self, key: Array, input_size: int) -> GRUResetBeforeParams:
        """Draw params by the scheme `initializer`."""
        scheme, hidden = self.initializer, self.hidden_size
        return GRUResetBeforeParams(
            *draw("GRUResetBefore", scheme, key, input_size, GATES, hidden, self.bias)
        )

    def init_state(self, params: GRUResetBeforeParams, batch: int | Sequence[int] = ()) -> GRUState:
        """Return zeros `[*batch, H]`."""
        return GRUState(h=zeros(params.w_h, batch, self.hidden_size))

    def project(self, params: GRUResetBeforeParams, x: Array) -> Array:
        """Return u `[..., 3H]`."""
        return project_input("GRUResetBefore", x, params.w_x, params.b)

    def step(
        self, params: GRUResetBeforeParams, state: GRUState, u: Array
    ) -> tuple[GRUState, Array]:
        """Advance one step."""
        h, dtype, split = state.h, state.h.dtype, 2 * self.hidden_size
        u_rz, u_n = u[..., :split].astype(dtype), u[..., split:].astype(dtype)
        rz = u_rz + matmul(h, params.w_h[:, :split]).astype(dtype)
        r, z = map(gate, "rz", jnp.split(rz, 2, axis=-1))
        n = jnp.tanh(u_n + matmul(r * h, params.w_h[:, split:]).astype(dtype))
        h = (1 - z) * n + z * h
        return GRUState(h=h), h.astype(params.w_h.dtype)
