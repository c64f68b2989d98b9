"""Reading a torch state_dict: which network its names and shapes describe."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxrnn.cells import GRU, LSTM, Elman
from jaxrnn.interop.torch_checks import hidden_width
from jaxrnn.models import RNN

__all__ = ["as_array", "read_state_dict"]

_CELLS = {1: Elman, 3: GRU, 4: LSTM}
_NAME = r"(?:weight|bias)_(?:ih|hh|hr)_l(\d{1,6})(?:_reverse)?"
_KEY = re.compile(rf"((?:.*\.)?)({_NAME})")
_WRAPPED = re.compile(rf"(?:.*\.)?({_NAME})_(g|u|mask|raw)")
_PARAMETRIZED = re.compile(rf"(?:.*\.)?parametrizations\.({_NAME})\.(.+)")
# what a wrapper leaves in a name -> the wrapper, and how to remove it
_WRAPPERS = {
    "g": ("torch.nn.utils.weight_norm", "torch.nn.utils.remove_weight_norm(module, {!r})"),
    "u": ("torch.nn.utils.spectral_norm", "torch.nn.utils.remove_spectral_norm(module, {!r})"),
    "mask": ("torch.nn.utils.prune", "torch.nn.utils.prune.remove(module, {!r})"),
    "raw": ("weight drop", "keep the tensor with _raw, under the name {!r}, and no other"),
}
_PARAMETRIZATIONS = {
    "original1": "torch.nn.utils.parametrizations.weight_norm",
    "0._u": "torch.nn.utils.parametrizations.spectral_norm",
    "0.base": "torch.nn.utils.parametrizations.orthogonal",
}
_UNPARAMETRIZE = "torch.nn.utils.parametrize.remove_parametrizations(module, {!r})"


class _Network(NamedTuple):
    """What the names of a state_dict say."""

    layers: int
    bidirectional: bool
    bias: bool
    projection: bool

    def names(self) -> list[str]:
        """The names that torch gives such a network, in its order."""
        kinds = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * self.bias
        kinds += ["weight_hr"] * self.projection
        ends = ("", "_reverse") if self.bidirectional else ("",)
        return [f"{kind}_l{k}{s}" for k in range(self.layers) for s in ends for kind in kinds]


def as_array(owner: str, name: str, value: Any) -> np.ndarray:
    """Return a torch tensor or anything array-like as a NumPy array; bfloat16 stays bfloat16.

    Shapes: any, unchanged.
    Raises: TypeError unless it is of a floating dtype.

        >>> as_array("from_torch", "weight_ih_l0", np.ones((2, 3))).shape
        (2, 3)
    """
    if hasattr(value, "detach"):
        value = value.detach()
        value = value.cpu() if hasattr(value, "cpu") else value
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":
            value = value.float().numpy().astype(jnp.bfloat16)  # NumPy has no bfloat16 of its own
        else:
            value = value.numpy()
    array = np.asarray(value)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise TypeError(
            f"{owner}: {name}: expected an array of a floating dtype, got {array.dtype} from "
            f"{type(value).__name__}. Pass NumPy arrays or torch tensors of real weights; "
            "quantized ones have to be dequantized first."
        )
    return array


def read_state_dict(
    state_dict: Mapping[str, Any], nonlinearity: str, dropout: float
) -> tuple[RNN, dict[str, np.ndarray]]:
    """Return the network that a state_dict describes, and its weights under torch's plain names.

    Shapes: as in the table of `jaxrnn.interop.torch`; every one is checked.
    Raises: TypeError and ValueError as `from_torch`.

        >>> weights = {"weight_ih_l0": np.ones((2, 3)), "weight_hh_l0": np.ones((2, 2))}
        >>> rnn, arrays = read_state_dict({f"rnn.{k}": w for k, w in weights.items()}, "relu", 0.0)
        >>> rnn.cell.activation, sorted(arrays)
        ('relu', ['weight_hh_l0', 'weight_ih_l0'])
    """
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(
            f"from_torch: Unknown nonlinearity {nonlinearity!r}. Select from tanh, relu: "
            "torch.nn.RNN has no other."
        )
    if not isinstance(state_dict, Mapping) or not all(isinstance(k, str) for k in state_dict):
        raise TypeError(
            f"from_torch: state_dict: expected a mapping from names to arrays, got "
            f"{type(state_dict).__name__}. Pass module.state_dict()."
        )
    _refuse_wrappers(state_dict)
    named, network = _read_names(state_dict)
    arrays = {name: as_array("from_torch", name, named[name]) for name in network.names()}
    dtypes = {str(array.dtype): name for name, array in arrays.items()}
    if len(dtypes) > 1:
        shown = ", ".join(f"{dtype} ({name})" for dtype, name in sorted(dtypes.items()))
        raise TypeError(
            f"from_torch: state_dict: expected one dtype for all weights, got {shown}. Convert "
            "the module first, as with module.float()."
        )
    cell = _read_cell(arrays, network, nonlinearity)
    _check_shapes(cell, network, arrays)
    return RNN(cell, network.layers, network.bidirectional, dropout), arrays


def _refuse_wrappers(names: Iterable[str]) -> None:
    names = list(names)
    found = [m for name in names if (m := _WRAPPED.fullmatch(name))]
    marks = {m[3] for m in found}
    wrapper, remedy = next((w for mark, w in _WRAPPERS.items() if mark in marks), ("", ""))
    if not found:
        found = [m for name in names if (m := _PARAMETRIZED.fullmatch(name))]
        marks = {m[3] for m in found}
        known = next(
            (w for mark, w in _PARAMETRIZATIONS.items() if mark in marks),
            "torch.nn.utils.parametrize",
        )
        wrapper, remedy = known, _UNPARAMETRIZE
    if found:
        wrapped = sorted({m[1] for m in found})
        raise ValueError(
            f"from_torch: state_dict: expected plain weights, got {', '.join(wrapped)} under "
            f"{wrapper}. Remove it before state_dict(), for each of them: "
            f"{remedy.format(wrapped[0])}."
        )


def _read_names(state_dict: Mapping[str, Any]) -> tuple[dict[str, Any], _Network]:
    """Take the common prefix off, and check that no name is missing or left over."""
    matches = [m for name in state_dict if (m := _KEY.fullmatch(name))]
    prefixes = sorted({m[1] for m in matches})
    if len(prefixes) > 1:
        raise ValueError(
            f"from_torch: state_dict: expected one network, got {len(prefixes)}, with the prefixes "
            f"{', '.join(map(repr, prefixes))}. Take one, with p = {prefixes[-1]!r}: "
            "{k.removeprefix(p): v for k, v in state_dict.items() if k.startswith(p)}."
        )
    prefix = prefixes[0] if prefixes else ""
    named = {name.removeprefix(prefix): value for name, value in state_dict.items()}
    plain = [m[2] for m in matches]
    network = _Network(
        # a layer has two names at least, so that a huge number in one name costs nothing
        layers=min(1 + max((int(m[3]) for m in matches), default=0), max(len(matches), 1)),
        bidirectional=any(name.endswith("_reverse") for name in plain),
        bias=any(name.startswith("bias_") for name in plain),
        projection=any(name.startswith("weight_hr_") for name in plain),
    )
    wanted = network.names()
    missing = [name for name in wanted if name not in named]
    unexpected = sorted(set(named) - set(wanted))
    if missing or unexpected:
        raise ValueError(
            "from_torch: state_dict: expected the names of a torch.nn.RNN, LSTM or GRU with "
            f"num_layers={network.layers}, bidirectional={network.bidirectional}, "
            f"bias={network.bias}; missing: {', '.join(missing) or 'none'}; unexpected: "
            f"{', '.join(unexpected) or 'none'}. {_names_hint(prefix, unexpected)}"
        )
    return named, network


def _names_hint(prefix: str, unexpected: list[str]) -> str:
    if "weight_ih" in unexpected:
        return "These look like an RNNCell's, LSTMCell's or GRUCell's: append '_l0' to each name."
    if prefix:
        return (
            f"Keep only the network's own, with p = {prefix!r}: "
            "{k: v for k, v in state_dict.items() if k.startswith(p)}."
        )
    return "Pass the whole state_dict() of that module, and of no other."


def _read_cell(
    arrays: Mapping[str, np.ndarray], network: _Network, nonlinearity: str
) -> Elman | GRU | LSTM:
    """Tell the cell by the number of gate blocks in its recurrent weight."""
    square = "weight_hr_l0" if network.projection else "weight_hh_l0"
    rows, hidden = arrays["weight_hh_l0"].shape[:1], arrays[square].shape[-1:]
    gates, rest = divmod(rows[0], hidden[0]) if rows and hidden and hidden[0] else (0, 0)
    kinds = (4,) if network.projection else tuple(_CELLS)
    if arrays[square].ndim != 2 or rest or gates not in kinds:
        width = "P" if network.projection else "H"
        blocks = " or ".join(f"{g}*H for {_CELLS[g].__name__}" for g in kinds)
        raise ValueError(
            f"from_torch: size mismatch for weight_hh_l0: expected (rows, {width}), with rows "
            f"{blocks}, got {arrays['weight_hh_l0'].shape} with H={''.join(map(str, hidden))} "
            f"from {square}{arrays[square].shape}. Only LSTM can have a projection, weight_hr."
        )
    if _CELLS[gates] is Elman:
        return Elman(hidden[0], activation=nonlinearity, bias=network.bias)
    if nonlinearity != "tanh":
        raise ValueError(
            f"from_torch: nonlinearity: expected none for {_CELLS[gates].__name__} ({gates} gate "
            f"blocks), whose activations are fixed, got {nonlinearity!r}. Leave it out."
        )
    if _CELLS[gates] is GRU:
        return GRU(hidden[0], bias=network.bias)
    proj_size = arrays[square].shape[0] if network.projection else 0
    return LSTM(hidden[0], bias=network.bias, proj_size=proj_size)


def _check_shapes(
    cell: Elman | GRU | LSTM, network: _Network, arrays: Mapping[str, np.ndarray]
) -> None:
    gates = next(g for g, kind in _CELLS.items() if type(cell) is kind)
    hidden, out = cell.hidden_size, hidden_width(cell)
    input_size = (arrays["weight_ih_l0"].shape[-1:] or (1,))[0]
    wrong = []
    for name, array in arrays.items():
        kind, layer = name.split("_l")
        below = input_size if layer.startswith("0") else out * (1 + network.bidirectional)
        expected = {
            "weight_ih": (gates * hidden, below),
            "weight_hh": (gates * hidden, out),
            "weight_hr": (out, hidden),
        }.get(kind, (gates * hidden,))
        if array.shape != expected:
            wrong.append(f"size mismatch for {name}: expected {expected}, got {array.shape}")
    if wrong:
        raise ValueError(
            f"from_torch: {'; '.join(wrong)}. weight_hh_l0 says {type(cell).__name__} with "
            f"hidden_size={hidden}, weight_ih_l0's last axis says input_size={input_size}. Check "
            "the file, or the module that it was saved from."
        )
