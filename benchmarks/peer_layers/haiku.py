"""haiku: `dynamic_unroll` of its LSTM, time-major."""

from typing import Any

import haiku as hk
import numpy as np

from peer_layers.case import Case, Results, reordered
from peer_layers.programs import Layer, Programs, jax_programs

LACKS = {
    "gru": "hk.GRU resets before the product, which is another function",
    "elman": "hk.VanillaRNN has ReLU, not tanh",
}
OURS, THEIRS = "ifgo", "igfo"


def params_of(case: Case) -> Any:
    """Return one matrix for [x, h]; haiku adds 1 to the forget gate by itself."""
    b = case.b - np.repeat(np.array([0, 1, 0, 0], np.float32), case.hidden)
    w = np.concatenate([case.w_x, case.w_h])
    return {"lstm/linear": {"w": reordered(w, OURS, THEIRS), "b": reordered(b, OURS, THEIRS)}}


def ours(case: Case, params: Any) -> Results:
    w, b = (reordered(params["lstm/linear"][name], THEIRS, OURS) for name in ("w", "b"))
    w_x, w_h = np.split(w, [case.w_x.shape[0]])
    return {"w_x": w_x, "w_h": w_h, "b": b}


def programs(case: Case) -> Programs:
    def unrolled(xs: Any) -> Any:
        core = hk.LSTM(case.hidden)
        return hk.dynamic_unroll(core, xs, core.initial_state(xs.shape[1]))[0]

    apply = hk.without_apply_rng(hk.transform(unrolled)).apply
    return jax_programs(Layer(apply, params_of(case), lambda tree: ours(case, tree)), case)
