"""torch: its own layers, time-major."""

from typing import Any

import numpy as np
import torch

from peer_layers.case import Case, Results
from peer_layers.programs import Programs

LACKS: dict[str, str] = {}
LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "elman": torch.nn.RNN}


def layer_of(case: Case) -> Any:
    """Return torch's layer with these weights; its second bias is 0, and has a gradient too."""
    layer = LAYERS[case.cell](case.w_x.shape[0], case.hidden)
    values = case.w_x.T, case.w_h.T, case.b, np.zeros_like(case.b)
    with torch.no_grad():
        for param, value in zip(layer.parameters(), values, strict=True):
            param.copy_(torch.from_numpy(value))
    return layer


def programs(case: Case) -> Programs:
    layer = layer_of(case)
    xs, d_ys = torch.from_numpy(case.xs).requires_grad_(), torch.from_numpy(case.d_ys)
    wanted = [xs, *layer.parameters()]

    @torch.inference_mode()
    def forward() -> Any:
        return layer(xs)[0]

    def gradients() -> Any:
        ys = layer(xs)[0]
        return ys, *torch.autograd.grad(ys, wanted, d_ys)

    def results() -> tuple[np.ndarray, Results]:
        ys, d_xs, w_x, w_h, b, second = (a.detach().numpy() for a in gradients())
        found = {"ys": ys, "xs": d_xs, "w_x": w_x.T, "w_h": w_h.T, "b": b}
        if case.cell == "gru":
            found["b_hn"] = second[-case.hidden :]
        return forward().numpy(), found

    return Programs(forward, gradients, results, None)
