"""flax.linen: `RNN` over its cells, time-major."""

from typing import Any

import numpy as np
from flax import linen

from peer_layers.case import GATES, Case, Results
from peer_layers.programs import Layer, Programs, jax_programs

LACKS: dict[str, str] = {}
CELLS = {"lstm": linen.OptimizedLSTMCell, "gru": linen.GRUCell, "elman": linen.SimpleCell}
# the params of a gate: of the input, of the state
NAMES = {gate: (f"i{gate}", f"h{gate}") for gate in "ifgorzn"} | {"h": ("i", "h")}


def params_of(case: Case) -> Any:
    """Return a matrix for each gate; the bias is the state's in the LSTM, the input's elsewhere."""
    gates, params = GATES[case.cell], {}
    split = (np.split(a, len(gates), axis=-1) for a in (case.w_x, case.w_h, case.b))
    for gate, w_x, w_h, b in zip(gates, *split, strict=True):
        of_x, of_h = NAMES[gate]
        params |= {of_x: {"kernel": w_x}, of_h: {"kernel": w_h}}
        params[of_h if case.cell == "lstm" else of_x]["bias"] = b
    if case.cell == "gru":
        params["hn"]["bias"] = case.b_hn
    return {"params": {"cell": params}}


def ours(case: Case, tree: Any) -> Results:
    names = [NAMES[gate] for gate in GATES[case.cell]]
    params = tree["params"]["cell"]

    def joined(place: int, field: str) -> np.ndarray:
        return np.concatenate([params[both[place]][field] for both in names], axis=-1)

    found = {"w_x": joined(0, "kernel"), "w_h": joined(1, "kernel")}
    found["b"] = joined(1 if case.cell == "lstm" else 0, "bias")
    if case.cell == "gru":
        found["b_hn"] = np.asarray(params["hn"]["bias"])
    return found


def programs(case: Case) -> Programs:
    layer = linen.RNN(CELLS[case.cell](case.hidden), time_major=True)
    found = Layer(layer.apply, params_of(case), lambda tree: ours(case, tree))
    return jax_programs(found, case)
