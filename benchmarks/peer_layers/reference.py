"""The three layers and their gradients in plain NumPy and float64: what every framework must meet.

Written apart from all of them, ours too: each step backward is the chain rule by hand.
"""

import numpy as np

from peer_layers.case import Case, Results

__all__ = ["disagreement", "reference"]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * np.tanh(0.5 * z) + 0.5


def lstm(us: np.ndarray, w_h: np.ndarray, d_ys: np.ndarray) -> Results:
    """Return ys, and the gradients of `us`, of `hs @ w_h` and what w_h's needs."""
    steps, batch, hidden = d_ys.shape
    hs, cs = np.zeros((2, steps + 1, batch, hidden))
    gates = np.empty((steps, 4, batch, hidden))
    for t in range(steps):
        i, f, g, o = np.split(us[t] + hs[t] @ w_h, 4, axis=-1)
        i, f, g, o = gates[t] = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        cs[t + 1] = f * cs[t] + i * g
        hs[t + 1] = o * np.tanh(cs[t + 1])
    d_us = np.empty_like(us)
    d_h, d_c = np.zeros((2, batch, hidden))
    for t in reversed(range(steps)):
        i, f, g, o = gates[t]
        d_h, tanh_c = d_h + d_ys[t], np.tanh(cs[t + 1])
        d_c = d_c + d_h * o * (1 - tanh_c**2)
        d_us[t] = np.concatenate([
            d_c * g * i * (1 - i), d_c * cs[t] * f * (1 - f), d_c * i * (1 - g**2),
            d_h * tanh_c * o * (1 - o),
        ], axis=-1)  # fmt: skip
        d_h, d_c = d_us[t] @ w_h.T, d_c * f
    return {"ys": hs[1:], "before": hs[:-1], "d_us": d_us, "d_rs": d_us}


def gru(us: np.ndarray, w_h: np.ndarray, d_ys: np.ndarray) -> Results:
    """Return the same; here the reset stands between `us` and `hs @ w_h`."""
    steps, batch, hidden = d_ys.shape
    hs = np.zeros((steps + 1, batch, hidden))
    gates = np.empty((steps, 4, batch, hidden))
    for t in range(steps):
        (u_r, u_z, u_n), (r_r, r_z, r_n) = (np.split(a, 3, -1) for a in (us[t], hs[t] @ w_h))
        r, z = sigmoid(u_r + r_r), sigmoid(u_z + r_z)
        n = np.tanh(u_n + r * r_n)
        gates[t] = r, z, n, r_n
        hs[t + 1] = (1 - z) * n + z * hs[t]
    d_us, d_rs, d_h = np.empty_like(us), np.empty_like(us), np.zeros((batch, hidden))
    for t in reversed(range(steps)):
        r, z, n, r_n = gates[t]
        d_h = d_h + d_ys[t]
        d_n = d_h * (1 - z) * (1 - n**2)
        d_r, d_z = d_n * r_n * r * (1 - r), d_h * (hs[t] - n) * z * (1 - z)
        d_us[t] = np.concatenate([d_r, d_z, d_n], axis=-1)
        d_rs[t] = np.concatenate([d_r, d_z, d_n * r], axis=-1)
        d_h = d_h * z + d_rs[t] @ w_h.T
    return {"ys": hs[1:], "before": hs[:-1], "d_us": d_us, "d_rs": d_rs}


def elman(us: np.ndarray, w_h: np.ndarray, d_ys: np.ndarray) -> Results:
    """Return the same."""
    steps, batch, hidden = d_ys.shape
    hs = np.zeros((steps + 1, batch, hidden))
    for t in range(steps):
        hs[t + 1] = np.tanh(us[t] + hs[t] @ w_h)
    d_us, d_h = np.empty_like(us), np.zeros((batch, hidden))
    for t in reversed(range(steps)):
        d_us[t] = (d_h + d_ys[t]) * (1 - hs[t + 1] ** 2)
        d_h = d_us[t] @ w_h.T
    return {"ys": hs[1:], "before": hs[:-1], "d_us": d_us, "d_rs": d_us}


WALKS = {"lstm": lstm, "gru": gru, "elman": elman}


def reference(case: Case) -> Results:
    """Return outputs and all gradients of sum(ys * d_ys), in float64."""
    w_x, w_h, b, xs, d_ys = (np.asarray(a, np.float64) for a in case[1:])
    walked = WALKS[case.cell](xs @ w_x + b, w_h, d_ys)
    d_us, d_rs = walked["d_us"], walked["d_rs"]
    along = ([0, 1], [0, 1])
    found = {
        "ys": walked["ys"],
        "w_x": np.tensordot(xs, d_us, along),
        "w_h": np.tensordot(walked["before"], d_rs, along),
        "b": d_us.sum((0, 1)),
        "xs": d_us @ w_x.T,
    }
    if case.cell == "gru":
        found["b_hn"] = d_rs.sum((0, 1))[-case.hidden :]
    return found


def disagreement(got: Results, true: Results) -> dict[str, float]:
    """Return, for each array, the largest difference over the largest true value; infinity for NaN.

    Of what is missing there is none.
    """
    return {name: _disagreement(got[name], a) for name, a in true.items() if name in got}


def _disagreement(got: np.ndarray, true: np.ndarray) -> float:
    if got.shape != true.shape or not np.isfinite(got).all():
        return float("inf")
    return float(abs(got - true).max() / abs(true).max())
