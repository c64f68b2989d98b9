"""Keras on JAX: its layers, batch-major as they are."""

import os
import tempfile
from typing import Any

# both are read when it is imported, which writes a file into its home
os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("KERAS_HOME", tempfile.mkdtemp(prefix="keras-"))

import keras
import numpy as np

from peer_layers.case import GATES, Case, Results, reordered
from peer_layers.programs import Layer, Programs, jax_programs

LACKS: dict[str, str] = {}
LAYERS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "elman": keras.layers.SimpleRNN}
THEIRS = {"lstm": "ifgo", "gru": "zrn", "elman": "h"}


def params_of(case: Case) -> list[np.ndarray]:
    """Return kernel, recurrent kernel and bias; the GRU's bias has a second row, for the state."""
    gates, theirs = GATES[case.cell], THEIRS[case.cell]
    b = np.stack([case.b, np.zeros_like(case.b)]) if case.cell == "gru" else case.b
    return [reordered(a, gates, theirs) for a in (case.w_x, case.w_h, b)]


def ours(case: Case, params: list[Any]) -> Results:
    gates, theirs = GATES[case.cell], THEIRS[case.cell]
    w_x, w_h, b = (reordered(a, theirs, gates) for a in params)
    if case.cell == "gru":
        return {"w_x": w_x, "w_h": w_h, "b": b[0], "b_hn": b[1, -case.hidden :]}
    return {"w_x": w_x, "w_h": w_h, "b": b}


def programs(case: Case) -> Programs:
    steps, batch, inputs = case.xs.shape
    layer = LAYERS[case.cell](case.hidden, return_sequences=True)
    layer.build((batch, steps, inputs))
    rest = [variable.value for variable in layer.non_trainable_variables]

    def apply(params: list[Any], xs: Any) -> Any:
        return layer.stateless_call(params, rest, xs)[0]

    found = Layer(apply, params_of(case), lambda tree: ours(case, tree), batch_major=True)
    return jax_programs(found, case)
