"""Long short-term memory, with its classic options."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.cells.gates import check_fields, draw, project_input, zeros
from jaxrnn.checks import as_number
from jaxrnn.initializers import ORTHOGONAL, Scheme, per_gate
from jaxrnn.numerics import gate, matmul
from jaxrnn.randomness import typed_key

__all__ = ["LSTM", "LSTMParams", "LSTMState"]


class LSTMParams(NamedTuple):
    """Weights of an `LSTM`: gates i, f, g, o, or f, g, o when coupled; None for what is off."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H], or [P, 4H] with a projection
    b: Array | None  # [4H]
    w_r: Array | None = None  # [H, P], the projection
    p: Array | None = None  # [3, H] peepholes of i, f, o; [2, H] of f, o when coupled


class LSTMState(NamedTuple):
    """What an `LSTM` carries."""

    h: Array  # [..., H], or [..., P] with a projection
    c: Array  # [..., H]


@dataclasses.dataclass(frozen=True)
class LSTM:
    """Long short-term memory.

        u = x @ w_x + b
        i, f, g, o = u + h @ w_h
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        y = h

    Options: `proj_size` P > 0: `h = (sigmoid(o) * tanh(c)) @ w_r`. `peephole`: the gates see the
    cell, `i += p_i * c` and `f += p_f * c` with the old c, `o += p_o * c` with the new one.
    `coupled`: `sigmoid(i)` is `1 - sigmoid(f)`, three gates f, g, o.
    Source: Hochreiter and Schmidhuber (1997), Neural Computation 9; forget gate Gers et al. (2000);
    peepholes Gers and Schmidhuber (2000); projection Sak et al. (2014), arXiv:1402.1128; coupled
    gates Greff et al. (2017), arXiv:1503.04069.
    Fields: hidden_size H; bias; forget_bias, the value that f's bias starts with (None: what the
    initializer says, which is 1 by default); proj_size; peephole; coupled; initializer.
    Shapes: x `[..., D]`; u `[..., 4H]`; state.h and y `[..., H]` or `[..., P]`; state.c `[..., H]`;
    w_x `[D, 4H]`; w_h `[H, 4H]`; b `[4H]`; w_r `[H, P]`; p `[3, H]`.
    Raises: ValueError for sizes below 1, `proj_size >= hidden_size`, a forget bias without bias;
    TypeError for wrong types.

        >>> cell = LSTM(1)
        >>> params = LSTMParams(w_x=jnp.ones((1, 4)), w_h=jnp.zeros((1, 4)), b=jnp.zeros(4))
        >>> state = LSTMState(h=jnp.zeros(1), c=jnp.ones(1))
        >>> state, y = cell.step(params, state, cell.project(params, jnp.zeros(1)))
        >>> state.c.tolist(), y.tolist()
        ([0.5], [0.2311])
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    bias: bool = True
    forget_bias: float | None = None
    proj_size: int = 0
    peephole: bool = False
    coupled: bool = False
    initializer: Scheme = ORTHOGONAL

    def __post_init__(self) -> None:
        check_fields(self, "bias", "peephole", "coupled")
        if self.forget_bias is not None:
            if not self.bias:
                raise ValueError("LSTM: forget_bias is given, but bias=False: leave one of them.")
            bias = as_number("LSTM", "forget_bias", self.forget_bias)
            object.__setattr__(self, "forget_bias", bias)
        if isinstance(self.proj_size, bool) or not isinstance(self.proj_size, int):
            got = type(self.proj_size).__name__
            raise TypeError(f"LSTM: proj_size should be of type int, got: {got}")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ValueError(
                f"LSTM: proj_size must be smaller than hidden_size and not below 0, "
                f"got proj_size={self.proj_size}, hidden_size={self.hidden_size}. "
                "Use 0 for no projection."
            )

    @property
    def gates(self) -> str:
        """The blocks of `w_x`, `w_h` and `b`, in order."""
        return "fgo" if self.coupled else "ifgo"

    @property
    def peepholes(self) -> str:
        """The rows of `p`, in order: every gate but g."""
        return self.gates.replace("g", "")

    def init(self, key: Array, input_size: int) -> LSTMParams:
        """Draw params by the scheme `initializer`; peepholes start at zero."""
        scheme, hidden, width = (
            self.initializer,
            self.hidden_size,
            self.proj_size or self.hidden_size,
        )
        key, k_r = jax.random.split(typed_key(key, "LSTM.init: key"))
        w_x, w_h, b = draw(
            "LSTM", scheme, key, input_size, self.gates, hidden, self.bias, width=width
        )
        if b is not None and self.forget_bias is not None:
            start = self.gates.index("f") * hidden
            b = b.at[start : start + hidden].set(self.forget_bias)
        # drawn as [P, H]: a scheme reads the hidden size off the last axis
        w_r = per_gate(scheme.recurrent, k_r, width, "r", hidden).T if self.proj_size else None
        p = jnp.zeros((len(self.peepholes), hidden), w_x.dtype) if self.peephole else None
        return LSTMParams(w_x, w_h, b, w_r, p)

    def init_state(self, params: LSTMParams, batch: int | Sequence[int] = ()) -> LSTMState:
        """Return zeros, h `[*batch, H]` or `[*batch, P]` and c `[*batch, H]`."""
        h = zeros(params.w_h, batch, self.proj_size or self.hidden_size)
        return LSTMState(h=h, c=zeros(params.w_h, batch, self.hidden_size))

    def project(self, params: LSTMParams, x: Array) -> Array:
        """Return u `[..., 4H]`."""
        return project_input("LSTM", x, params.w_x, params.b)

    def recur(self, params: LSTMParams, state: LSTMState) -> Array:
        """Return `h @ w_h` `[..., 4H]`."""
        return matmul(state.h, params.w_h)

    def update(
        self, params: LSTMParams, state: LSTMState, u: Array, r: Array
    ) -> tuple[LSTMState, Array]:
        """Return (state, y) from u and r."""
        z = (u + r).astype(state.c.dtype)
        of = dict(zip(self.gates, jnp.split(z, len(self.gates), axis=-1), strict=True))
        # without peepholes no gate sees c
        rows = () if params.p is None else params.p.astype(z.dtype)
        sees = dict(zip(self.peepholes, rows, strict=False))

        def opened(name: str, c: Array) -> Array:
            return gate(name, of[name] + sees[name] * c if sees else of[name])

        f = opened("f", state.c)
        i = 1 - f if self.coupled else opened("i", state.c)
        c = f * state.c + i * jnp.tanh(of["g"])
        h = opened("o", c) * jnp.tanh(c)
        if params.w_r is not None:
            h = matmul(h, params.w_r).astype(state.h.dtype)
        return LSTMState(h=h, c=c), h.astype(params.w_h.dtype)

    def step(self, params: LSTMParams, state: LSTMState, u: Array) -> tuple[LSTMState, Array]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))
