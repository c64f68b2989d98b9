"""The leaky-integrator reservoir of an echo state network (Jaeger 2001, Jaeger et al. 2007)."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from jax import Array

from jaxrnn.cells.gates import check_fields, draw, project_input, refuse_projection, zeros
from jaxrnn.checks import as_number
from jaxrnn.initializers import RESERVOIR, Scheme
from jaxrnn.numerics import Activation, activation, matmul

__all__ = ["Reservoir", "ReservoirParams", "ReservoirState"]


class ReservoirParams(NamedTuple):
    """Weights of a `Reservoir` cell; b is None without bias."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array | None  # [H]


class ReservoirState(NamedTuple):
    """What a `Reservoir` cell carries."""

    h: Array  # [..., H]


@dataclasses.dataclass(frozen=True)
class Reservoir:
    """Leaky-integrator reservoir: random weights, of which only a readout need be fitted.

        u = x @ w_x + b
        h = (1 - leak) * h + leak * activation(u + h @ w_h)
        y = h

    With leak 1 it is `Elman`. Its weights are ordinary params, so that any gradient method trains
    them too; connections that were drawn as zero then become others. The readout is `jaxrnn.ridge`
    or `jaxrnn.models.rls`.

    Feedback weights are rows of w_x: an output y_{t-1} that drives the reservoir is part of
    x = [input, y_{t-1}], the true one while a readout is fitted (teacher forcing), the network's
    own in `generate`. `initializers.reservoir(input_scale=(...))` gives those rows their own scale.

    States forget their start (echo state property) only if, at zero input and bias, the spectral
    radius of `leak * w_h + (1 - leak) * I` is below 1, and always if the norm of w_h is.
    Source: Jaeger (2001), GMD Report 148; leak: Jaeger, Lukosevicius, Popovici and Siewert (2007),
    Neural Networks 20, with its time step 1 and its gain and leaking rate one number.
    `activation` is tanh, any other name of `jaxrnn.numerics.ACTIVATIONS`, or a function of one
    array.
    Fields: hidden_size H; leak, above 0 and at most 1; activation; bias; initializer.
    Shapes: x `[..., D]`; u, state.h and y `[..., H]`; w_x `[D, H]`; w_h `[H, H]`; b `[H]`.
    Raises: ValueError if `hidden_size < 1`, the leak is outside its range or the activation is
    unknown; TypeError for wrong types.

        >>> import jax.numpy as jnp
        >>> cell = Reservoir(2, leak=0.5)
        >>> params = ReservoirParams(w_x=jnp.ones((1, 2)), w_h=jnp.eye(2), b=jnp.zeros(2))
        >>> state = ReservoirState(h=jnp.array([0.5, -0.5]))
        >>> state, y = cell.step(params, state, cell.project(params, jnp.array([0.5])))
        >>> y.tolist()
        [0.6308, -0.2500]
    """

    hidden_size: int
    _: dataclasses.KW_ONLY
    leak: float = 1.0
    activation: str | Activation = "tanh"
    bias: bool = True
    initializer: Scheme = RESERVOIR
    proj_size: dataclasses.InitVar[int] = 0

    def __post_init__(self, proj_size: int) -> None:
        check_fields(self, "bias")
        activation(self.activation, "Reservoir")
        refuse_projection("Reservoir", proj_size)
        leak = as_number("Reservoir", "leak", self.leak)
        if not 0 < leak <= 1:
            raise ValueError(
                f"Reservoir: leak must be above 0 and at most 1, got {leak}. It is the part of h "
                "that is new at each step; 1 keeps nothing else."
            )
        object.__setattr__(self, "leak", leak)  # NumPy's floats become Python's

    def init(self, key: Array, input_size: int) -> ReservoirParams:
        """Draw params by the scheme `initializer`."""
        return ReservoirParams(
            *draw("Reservoir", self.initializer, key, input_size, "h", self.hidden_size, self.bias)
        )

    def init_state(
        self, params: ReservoirParams, batch: int | Sequence[int] = ()
    ) -> ReservoirState:
        """Return zeros `[*batch, H]`."""
        return ReservoirState(h=zeros(params.w_h, batch, self.hidden_size))

    def project(self, params: ReservoirParams, x: Array) -> Array:
        """Return u `[..., H]`."""
        return project_input("Reservoir", x, params.w_x, params.b)

    def recur(self, params: ReservoirParams, state: ReservoirState) -> Array:
        """Return `h @ w_h` `[..., H]`."""
        return matmul(state.h, params.w_h)

    def update(
        self, params: ReservoirParams, state: ReservoirState, u: Array, r: Array
    ) -> tuple[ReservoirState, Array]:
        """Return (state, y) from u and r."""
        new = activation(self.activation)((u + r).astype(state.h.dtype))
        h = (1 - self.leak) * state.h + self.leak * new
        return ReservoirState(h=h), h.astype(params.w_h.dtype)

    def step(
        self, params: ReservoirParams, state: ReservoirState, u: Array
    ) -> tuple[ReservoirState, Array]:
        """Advance one step."""
        return self.update(params, state, u, self.recur(params, state))
