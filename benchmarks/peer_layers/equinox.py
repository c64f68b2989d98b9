"""equinox: its cells under `vmap` and `lax.scan`, as its manual writes the loop."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from peer_layers.case import Case, Results
from peer_layers.programs import Layer, Programs, jax_programs

LACKS = {"elman": "equinox has no Elman cell"}
CELLS = {"lstm": eqx.nn.LSTMCell, "gru": eqx.nn.GRUCell}


def values_of(cell: Any) -> list[Any]:
    values = [cell.weight_ih, cell.weight_hh, cell.bias]
    return values if isinstance(cell, eqx.nn.LSTMCell) else [*values, cell.bias_n]


def ours(cell: Any) -> Results:
    w_x, w_h, *biases = (np.asarray(a) for a in values_of(cell))
    return {"w_x": w_x.T, "w_h": w_h.T, **dict(zip(("b", "b_hn"), biases, strict=False))}


def programs(case: Case) -> Programs:
    drawn = CELLS[case.cell](case.w_x.shape[0], case.hidden, key=jax.random.key(0))
    values = [case.w_x.T, case.w_h.T, case.b, case.b_hn][: len(values_of(drawn))]
    cell = eqx.tree_at(values_of, drawn, [jnp.asarray(a) for a in values])
    params, static = eqx.partition(cell, eqx.is_array)

    def apply(params: Any, xs: Any) -> Any:
        cell = eqx.combine(params, static)
        h = jnp.zeros((xs.shape[1], case.hidden))

        def step(state: Any, x: Any) -> Any:
            state = jax.vmap(cell)(x, state)
            return state, state[0] if case.cell == "lstm" else state

        return jax.lax.scan(step, (h, h) if case.cell == "lstm" else h, xs)[1]

    return jax_programs(Layer(apply, params, ours), case)
