"""jaxrnn: `scan` with an engine that is named."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxrnn import GRU, LSTM, Elman, explain, native, scan
from jaxrnn.cells import ElmanParams, GRUParams, LSTMParams
from peer_layers.case import Case, Results
from peer_layers.programs import Layer, Programs, jax_programs

LACKS: dict[str, str] = {}


def absent(engine: str) -> str | None:
    """Return why an engine is not here."""
    return native.absent() if engine == "compiled" else None


def cell_of(case: Case) -> tuple[Any, Any]:
    """Return the cell and its params."""
    w_x, w_h, b, b_hn = map(jnp.asarray, (case.w_x, case.w_h, case.b, case.b_hn))
    if case.cell == "lstm":
        return LSTM(case.hidden), LSTMParams(w_x, w_h, b)
    if case.cell == "gru":
        return GRU(case.hidden), GRUParams(w_x, w_h, b, b_hn)
    return Elman(case.hidden), ElmanParams(w_x, w_h, b)


def ours(params: Any) -> Results:
    there = {name: a for name, a in params._asdict().items() if a is not None}
    return {name: np.asarray(a) for name, a in there.items()}


def engine_of(case: Case, engine: str) -> str:
    """Return which engine runs."""
    cell, params = cell_of(case)
    return explain(cell, params, None, jnp.asarray(case.xs), engine=engine).engine.name


def programs(case: Case, engine: str) -> Programs:
    cell, params = cell_of(case)

    def apply(params: Any, xs: Any) -> Any:
        return scan(cell, params, None, xs, engine=engine)[1]

    return jax_programs(Layer(apply, params, ours), case)
