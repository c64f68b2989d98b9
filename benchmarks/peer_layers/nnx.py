"""flax.nnx: `RNN` over its cells, time-major."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx

from peer_layers.case import Case, Results
from peer_layers.programs import Layer, Programs, jax_programs

LACKS: dict[str, str] = {}
CELLS = {"lstm": nnx.OptimizedLSTMCell, "gru": nnx.GRUCell, "elman": nnx.SimpleCell}


def biased(case: Case) -> str:
    """Return which of the two products has the bias."""
    return "dense_h" if case.cell == "lstm" else "dense_i"


def ours(case: Case, state: Any) -> Results:
    cell = nnx.to_pure_dict(state)["cell"]
    return {
        "w_x": np.asarray(cell["dense_i"]["kernel"]),
        "w_h": np.asarray(cell["dense_h"]["kernel"]),
        "b": np.asarray(cell[biased(case)]["bias"]),
    }


def programs(case: Case) -> Programs:
    cell = CELLS[case.cell](case.w_x.shape[0], case.hidden, rngs=nnx.Rngs(0))
    cell.dense_i.kernel = nnx.Param(jnp.asarray(case.w_x))
    cell.dense_h.kernel = nnx.Param(jnp.asarray(case.w_h))
    getattr(cell, biased(case)).bias = nnx.Param(jnp.asarray(case.b))
    graph, params, rest = nnx.split(nnx.RNN(cell, time_major=True), nnx.Param, ...)

    def apply(params: Any, xs: Any) -> Any:
        h = jnp.zeros((xs.shape[1], case.hidden))
        carry = (h, h) if case.cell == "lstm" else h  # its own would draw from a counter
        return nnx.merge(graph, params, rest)(xs, initial_carry=carry)

    return jax_programs(Layer(apply, params, lambda state: ours(case, state)), case)
