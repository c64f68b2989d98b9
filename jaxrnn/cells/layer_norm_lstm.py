"""The two published layer-normalised LSTMs. They can't be converted into each other."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxrnn.cells.gates import check_fields, draw, project_input, zeros
from jaxrnn.cells.lstm import LSTMState
from jaxrnn.checks import as_positive
from jaxrnn.initializers import ORTHOGONAL, Scheme
from jaxrnn.numerics import gate, layer_norm, matmul

__all__ = [
    "LayerNormCarryLSTM", "LayerNormCarryLSTMParams", "LayerNormLSTM", "LayerNormLSTMParams",
]  # fmt: skip

GATES = "ifgo"


class LayerNormLSTMParams(NamedTuple):
    """Weights of a `LayerNormLSTM`, gates i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    gain_x: Array  # [4H]
    gain_h: Array  # [4H]
    gain_c: Array  # [H]
    shift_c: Array  # [H]


@dataclasses.dataclass(frozen=True)
class LayerNormLSTM:
    """Layer-normalised LSTM of the paper: the cell is normalised only on its way out.

        u = LN(x @ w_x) * gain_x + b
        i, f, g, o = u + LN(h @ w_h) * gain_h
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(LN(c) * gain_c + shift_c)
        y = h

    LN runs over all 4H gate values jointly, and over the H values of c.
    Source: Ba, Kiros and Hinton (2016), arXiv:1607.06450, equations 20-22; haste computes the same.
    Fields: hidden_size H; eps, added to each variance; initializer.
    Shapes: x `[..., D]`; u `[..., 4H]`; state.h, state.c and y `[..., H]`; w_x `[D, 4H]`;
    w_h `[H, 4H]`; b, gain_x, gain_h `[4H]`; gain_c, shift_c `[H]`.
    Raises: ValueError if `hidden_size < 1`; TypeError for wrong types.

        >>> import jax
        >>> cell = LayerNormLSTM(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> print(cell.project(params, jnp.zeros(3)))  # only b: forget bias 1
        [0. 0. 1. 1. 0. 0. 0. 0.]
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    eps: float = 1e-5
    initializer: Scheme = ORTHOGONAL

    def __post_init__(self) -> None:
        check_fields(self)
        as_positive("LayerNormLSTM", "eps", self.eps)

    def init(self, key: Array, input_size: int) -> LayerNormLSTMParams:
        """Draw params by the scheme `initializer`; gains 1, shifts 0."""
        hidden = self.hidden_size
        w_x, w_h, b = draw("LayerNormLSTM", self.initializer, key, input_size, GATES, hidden, True)
        assert b is not None
        ones = jnp.ones  # an array for each leaf: one array in two leaves can't be donated
        return LayerNormLSTMParams(
            w_x, w_h, b, ones(4 * hidden), ones(4 * hidden), ones(hidden), jnp.zeros(hidden)
        )

    def init_state(self, params: LayerNormLSTMParams, batch: int | Sequence[int] = ()) -> LSTMState:
        """Return zeros `[*batch, H]`."""
        h, c = (zeros(params.w_h, batch, self.hidden_size) for _ in "hc")
        return LSTMState(h=h, c=c)

    def project(self, params: LayerNormLSTMParams, x: Array) -> Array:
        """Return u `[..., 4H]`."""
        z = project_input("LayerNormLSTM", x, params.w_x, None)
        return layer_norm(z, params.gain_x, params.b, eps=self.eps)

    def recur(self, params: LayerNormLSTMParams, state: LSTMState) -> Array:
        """Return `h @ w_h` `[..., 4H]`."""
        return matmul(state.h, params.w_h)

    def update(
        self, params: LayerNormLSTMParams, state: LSTMState, u: Array, r: Array
    ) -> tuple[LSTMState, Array]:
        """Return (state, y) from u and r."""
        z = (u + layer_norm(r, params.gain_h, eps=self.eps)).astype(state.c.dtype)
        i, f, g, o = jnp.split(z, 4, axis=-1)
        c = gate("f", f) * state.c + gate("i", i) * jnp.tanh(g)
        h = gate("o", o) * jnp.tanh(layer_norm(c, params.gain_c, params.shift_c, eps=self.eps))
        return LSTMState(h=h, c=c), h.astype(params.w_h.dtype)

    def step(
        self, params: LayerNormLSTMParams, state: LSTMState, u: Array
    ) -> tuple[LSTMState, Array]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))


class LayerNormCarryLSTMParams(NamedTuple):
    """Weights of a `LayerNormCarryLSTM`, gates i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    gain_x: Array  # [4H]
    shift_x: Array  # [4H]
    gain_h: Array  # [4H]
    shift_h: Array  # [4H]
    gain_c: Array  # [H]
    shift_c: Array  # [H]


@dataclasses.dataclass(frozen=True)
class LayerNormCarryLSTM:
    """Layer-normalised LSTM of TensorFlow Addons: the normalised cell is what is carried.

        u = LN(x @ w_x) * gain_x + shift_x + b
        i, f, g, o = u + LN(h @ w_h) * gain_h + shift_h
        c = LN(sigmoid(f) * c + sigmoid(i) * tanh(g)) * gain_c + shift_c
        h = sigmoid(o) * tanh(c)
        y = h

    LN runs over all 4H gate values jointly, and over the H values of c.
    Source: TensorFlow Addons, `LayerNormLSTMCell` (its gate order is i, f, c, o, its eps 1e-3).
    Fields: hidden_size H; eps, added to each variance; initializer.
    Shapes: x `[..., D]`; u `[..., 4H]`; state.h, state.c and y `[..., H]`; w_x `[D, 4H]`;
    w_h `[H, 4H]`; b and the gains and shifts of x and h `[4H]`; gain_c, shift_c `[H]`.
    Raises: ValueError if `hidden_size < 1`; TypeError for wrong types.

        >>> import jax
        >>> cell = LayerNormCarryLSTM(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = cell.init_state(params)
        >>> state, y = cell.step(params, state, cell.project(params, jnp.array([1.0, -1.0, 0.5])))
        >>> bool(abs(state.c.sum()) < 1e-5)  # normalised: the mean of c is 0
        True
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    eps: float = 1e-3
    initializer: Scheme = ORTHOGONAL

    def __post_init__(self) -> None:
        check_fields(self)
        as_positive("LayerNormCarryLSTM", "eps", self.eps)

    def init(self, key: Array, input_size: int) -> LayerNormCarryLSTMParams:
        """Draw params by the scheme `initializer`; gains 1, shifts 0."""
        hidden = self.hidden_size
        name = "LayerNormCarryLSTM"
        w_x, w_h, b = draw(name, self.initializer, key, input_size, GATES, hidden, True)
        assert b is not None
        gain_x, gain_h = (jnp.ones(4 * hidden) for _ in "xh")
        shift_x, shift_h = (jnp.zeros(4 * hidden) for _ in "xh")
        gain_c, shift_c = jnp.ones(hidden), jnp.zeros(hidden)
        return LayerNormCarryLSTMParams(
            w_x, w_h, b, gain_x, shift_x, gain_h, shift_h, gain_c, shift_c
        )

    def init_state(
        self, params: LayerNormCarryLSTMParams, batch: int | Sequence[int] = ()
    ) -> LSTMState:
        """Return zeros `[*batch, H]`."""
        h, c = (zeros(params.w_h, batch, self.hidden_size) for _ in "hc")
        return LSTMState(h=h, c=c)

    def project(self, params: LayerNormCarryLSTMParams, x: Array) -> Array:
        """Return u `[..., 4H]`."""
        z = project_input("LayerNormCarryLSTM", x, params.w_x, None)
        u = layer_norm(z, params.gain_x, params.shift_x, eps=self.eps)
        return u + params.b.astype(u.dtype)

    def recur(self, params: LayerNormCarryLSTMParams, state: LSTMState) -> Array:
        """Return `h @ w_h` `[..., 4H]`."""
        return matmul(state.h, params.w_h)

    def update(
        self, params: LayerNormCarryLSTMParams, state: LSTMState, u: Array, r: Array
    ) -> tuple[LSTMState, Array]:
        """Return (state, y) from u and r."""
        z = u + layer_norm(r, params.gain_h, params.shift_h, eps=self.eps)
        i, f, g, o = jnp.split(z.astype(state.c.dtype), 4, axis=-1)
        c = gate("f", f) * state.c + gate("i", i) * jnp.tanh(g)
        c = layer_norm(c, params.gain_c, params.shift_c, eps=self.eps)
        h = gate("o", o) * jnp.tanh(c)
        return LSTMState(h=h, c=c), h.astype(params.w_h.dtype)

    def step(
        self, params: LayerNormCarryLSTMParams, state: LSTMState, u: Array
    ) -> tuple[LSTMState, Array]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))
