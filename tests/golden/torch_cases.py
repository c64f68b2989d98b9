"""The grid of networks that torch's numbers are kept for, and their weights and inputs.

Nothing here depends on torch or on jaxrnn. `torch_rnn.npz` holds, for each case, one flat float64
vector of torch's results, laid out as `layout(case)` says; what goes in is drawn again by `draw`.
"""

import itertools
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

GOLDEN = Path(__file__).with_name("torch_rnn.npz")
T, B, D, H = 6, 4, 3, 5  # all different, so that no exchanged axis can pass
LENGTHS = (3, 6, 1, 4)  # unsorted, with a full and a shortest row
GATES = {"rnn_tanh": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}


class Case(NamedTuple):
    kind: str
    layers: int
    bidirectional: bool
    bias: bool
    proj: int
    ragged: bool

    @property
    def id(self) -> str:
        words = [self.kind, f"{self.layers}layer"]
        words += ["bidirectional"] * self.bidirectional + ["nobias"] * (not self.bias)
        words += [f"proj{self.proj}"] * (self.proj > 0) + ["ragged"] * self.ragged
        return "-".join(words)

    @property
    def directions(self) -> int:
        return 1 + self.bidirectional


def grid() -> list[Case]:
    """Every combination; only an LSTM has a projection."""
    flags = (False, True)
    return [
        Case(kind, layers, bidirectional, bias, proj, ragged)
        for kind in GATES
        for layers, bidirectional, bias, proj, ragged in itertools.product(
            (1, 2, 3), flags, flags, (0, 2) if kind == "lstm" else (0,), flags
        )
    ]


def draw(case: Case, name: str, shape: tuple[int, ...], scale: float = 1.0) -> np.ndarray:
    """Uniform numbers in [-scale, scale), the same ones for a name on every machine for ever.

    NumPy may change how a Generator turns bits into numbers, but not a bit generator's stream.
    """
    bits = np.random.PCG64(zlib.crc32(f"{case.id}/{name}".encode())).random_raw(int(np.prod(shape)))
    return ((bits >> np.uint64(11)) * 2.0**-52 - 1).reshape(shape) * scale


def weight_shapes(case: Case) -> dict[str, tuple[int, ...]]:
    """The state_dict of the case, in torch's order."""
    rows, out = GATES[case.kind] * H, case.proj or H
    shapes = {}
    for k, s in itertools.product(range(case.layers), ("", "_reverse")[: case.directions]):
        shapes[f"weight_ih_l{k}{s}"] = (rows, D if k == 0 else out * case.directions)
        shapes[f"weight_hh_l{k}{s}"] = (rows, out)
        if case.bias:
            shapes[f"bias_ih_l{k}{s}"] = shapes[f"bias_hh_l{k}{s}"] = (rows,)
        if case.proj:
            shapes[f"weight_hr_l{k}{s}"] = (out, H)
    return shapes


def weights(case: Case) -> dict[str, np.ndarray]:
    return {name: draw(case, name, shape, 0.7) for name, shape in weight_shapes(case).items()}


def result_shapes(case: Case) -> dict[str, tuple[int, ...]]:
    """What a forward run returns; only an LSTM has c_n."""
    states, out = case.layers * case.directions, case.proj or H
    shapes = {"output": (T, B, out * case.directions), "h_n": (states, B, out)}
    return shapes | ({"c_n": (states, B, H)} if case.kind == "lstm" else {})


def cotangents(case: Case) -> dict[str, np.ndarray]:
    """The linear functional whose gradients are kept: the sum of result * cotangent."""
    return {name: draw(case, f"d{name}", shape) for name, shape in result_shapes(case).items()}


def inputs(case: Case) -> dict[str, np.ndarray]:
    """xs `[T, B, D]`, h0 and, for an LSTM, c0; no state is zero."""
    shapes = result_shapes(case)
    shapes = {"xs": (T, B, D), "h0": shapes["h_n"], "c0": shapes.get("c_n")}
    return {name: draw(case, name, shape) for name, shape in shapes.items() if shape}


def layout(case: Case) -> dict[str, tuple[int, ...]]:
    """Names and shapes of everything that is kept: results, then every gradient."""
    gradients = {name: array.shape for name, array in inputs(case).items()} | weight_shapes(case)
    return result_shapes(case) | {f"grad {name}": shape for name, shape in gradients.items()}


def pack(case: Case, arrays: dict[str, np.ndarray]) -> np.ndarray:
    shapes = layout(case)
    assert {name: array.shape for name, array in arrays.items()} == shapes, case.id
    return np.concatenate([arrays[name].ravel() for name in shapes])


def unpack(case: Case, flat: np.ndarray) -> dict[str, np.ndarray]:
    shapes = layout(case)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    assert flat.shape == (ends[-1],), case.id
    parts = np.split(flat, ends[:-1])
    return {name: part.reshape(shapes[name]) for name, part in zip(shapes, parts, strict=True)}
