"""Weights and states of `torch.nn.RNN`, `LSTM` and `GRU`, without torch.

Gates stand in the same order in both (LSTM i, f, g, o; GRU r, z, n), matrices are transposed:

    weight_ih_l{k}{s}  [G*H, D]     w_x [D, G*H]      s = "", "_reverse" for the way back
    weight_hh_l{k}{s}  [G*H, H]     w_h [H, G*H]      [G*H, P] and [P, G*H] with a projection
    weight_hr_l{k}{s}  [P, H]       w_r [H, P]
    bias_ih_l{k}{s}    [G*H]        b = bias_ih + bias_hh; but the n-part of a GRU's bias_hh acts
    bias_hh_l{k}{s}    [G*H]        inside the reset and is b_hn, and b has bias_ih's there

One bias for two keeps the function, not the training: each of two biases gets the whole gradient,
so under plain gradient descent their sum moves twice as far as one bias, and weight decay differs.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.cells import (
    GRU,
    LSTM,
    Elman,
    ElmanParams,
    ElmanState,
    GRUParams,
    GRUState,
    LSTMParams,
    LSTMState,
)
from jaxrnn.drivers import Directions
from jaxrnn.interop.torch_checks import check_finite, check_params, check_state, torch_cell
from jaxrnn.interop.torch_names import as_array, read_state_dict
from jaxrnn.models import RNN, RNNParams, RNNState
from jaxrnn.numerics import state_dtype
from jaxrnn.randomness import new_clock

__all__ = ["from_torch", "state_from_torch", "state_to_torch", "to_torch"]

_STATES = {Elman: ElmanState, GRU: GRUState, LSTM: LSTMState}


def from_torch(
    state_dict: Mapping[str, Any], *, nonlinearity: str = "tanh", dropout: float = 0.0,
    allow_nonfinite: bool = False,
) -> tuple[RNN, RNNParams]:  # fmt: skip
    """Return the network of a torch state_dict, and its params: (rnn, params).

    `torch.nn.RNN`, `LSTM` and `GRU` are told apart by their 1, 4 or 3 gate blocks; layers,
    directions, bias and projection are read off names and shapes. Not in a state_dict, hence
    arguments: whether an RNN is tanh or relu, and dropout. `batch_first` is neither: `apply` is
    time-major. One common prefix of all names (`module.` of DataParallel, `encoder.rnn.`) is
    removed.

    The dtype is kept, but with x64 off JAX rounds float64 to float32 without a word: import
    float64 weights under `jax.enable_x64(True)`, or set JAX_ENABLE_X64=1. Arrays are copied.

    Shapes: as in the table of this module; in params, `rest` has the layers above the first
    stacked, leaves `[L-1, ...]`.
    Args:
        state_dict: `module.state_dict()`, values NumPy arrays or torch tensors.
        nonlinearity: "tanh" or "relu", of a `torch.nn.RNN` only.
        dropout: rate between layers.
        allow_nonfinite: take weights with NaN or Inf all the same, with a warning.
    Raises: ValueError for weights that are not finite, naming tensor and count, for missing and
    unexpected names, wrong shapes, weights under a wrapper such as weight_norm, an unknown
    nonlinearity; TypeError for values of no one floating dtype.

        >>> rng = np.random.default_rng(0)
        >>> shapes = {"weight_ih_l0": (8, 3), "weight_hh_l0": (8, 2)}
        >>> rnn, params = from_torch({k: rng.random(s, np.float32) for k, s in shapes.items()})
        >>> type(rnn.cell).__name__, rnn.cell.hidden_size, rnn.cell.bias, params.first.w_x.shape
        ('LSTM', 2, False, (3, 8))
        >>> state, ys = rnn.apply(params, jnp.ones((6, 4, 3)))
        >>> ys.shape
        (6, 4, 2)
    """
    rnn, arrays = read_state_dict(state_dict, nonlinearity, dropout)
    check_finite("from_torch", arrays, allow_nonfinite)

    def layer(k: int) -> Any:
        parts = [_cell_params(rnn.cell, arrays, f"_l{k}{s}") for s in _suffixes(rnn)]
        return Directions(*parts) if rnn.bidirectional else parts[0]

    first, *above = [layer(k) for k in range(rnn.num_layers)]
    rest = jax.tree.map(lambda *leaves: np.stack(leaves), *above) if above else None
    # copied: JAX may otherwise share memory with a module that goes on training
    return rnn, jax.tree.map(jnp.array, RNNParams(first, rest))


def to_torch(rnn: RNN, params: RNNParams) -> dict[str, np.ndarray]:
    """Return a network's params as the state_dict of the torch module that computes the same.

    The whole bias goes into `bias_ih`; `bias_hh` is 0, except a GRU's n-part, which is `b_hn`. A
    state_dict does not say tanh or relu: give `torch.nn.RNN` the `nonlinearity` of the cell. Load
    with `module.load_state_dict({k: torch.from_numpy(v) for k, v in state_dict.items()})`.

    bfloat16 becomes float32, which holds each of its values exactly: NumPy has no bfloat16 that
    `torch.from_numpy` takes. `load_state_dict` rounds to the dtype of the module, so a module in
    bfloat16 gets the very same bits. Any other dtype is kept.

    Shapes: as in the table of this module.
    Raises: TypeError for a cell or a wrapper that torch doesn't have, and for other params than
    the network's; ValueError for options of a cell that torch doesn't have, and for wrong shapes.

        >>> rnn = RNN(GRU(2), num_layers=2)
        >>> state_dict = to_torch(rnn, rnn.init(jax.random.key(0), 3))
        >>> state_dict["weight_ih_l0"].shape, state_dict["weight_ih_l1"].shape
        ((6, 3), (6, 2))
    """
    cell = torch_cell("to_torch", rnn)
    check_params("to_torch", rnn, params)
    state_dict: dict[str, np.ndarray] = {}
    for k in range(rnn.num_layers):
        layer = params.first if k == 0 else jax.tree.map(lambda a, k=k: a[k - 1], params.rest)
        parts = layer if rnn.bidirectional else (layer,)
        for suffix, part in zip(_suffixes(rnn), parts, strict=True):
            weights = _cell_weights(cell, jax.tree.map(_for_torch, part))
            # copied into C order: a view of a transposed array is easily saved wrong
            state_dict |= {f"{n}_l{k}{suffix}": np.array(w, order="C") for n, w in weights.items()}
    return state_dict


def state_from_torch(rnn: RNN, h: Any, c: Any = None) -> Any:
    """Return torch's `h_0` or `h_n`, with an LSTM also `c`, as the state of a network.

    float16 and bfloat16 become float32, the dtype of states here (`init_state`); float64 is kept or
    rounded as in `from_torch`. A network with dropout gets an `RNNState` whose clock is at time 0.

    Shapes: h `[L*directions, B, H]`, or `[L*directions, B, P]` with a projection; c
    `[L*directions, B, H]`; without B if unbatched. Never batch-first, as in torch.
    Raises: TypeError if c is missing, or given to a cell that has none, or for a cell that torch
    doesn't have; ValueError naming every array of a wrong shape.

        >>> rnn = RNN(LSTM(2), num_layers=3)
        >>> state = state_from_torch(rnn, np.ones((3, 4, 2)), np.zeros((3, 4, 2)))
        >>> state.h.shape
        (3, 4, 2)
    """
    cell = torch_cell("state_from_torch", rnn)
    if isinstance(h, tuple | list):
        raise TypeError(
            f"state_from_torch: h: expected one array, got {type(h).__name__} of {len(h)}. torch's "
            "pair goes in as two arguments: state_from_torch(rnn, h, c)."
        )
    if isinstance(cell, LSTM) != (c is not None):
        wants = "both h and c" if isinstance(cell, LSTM) else "h alone"
        raise TypeError(
            f"state_from_torch: c: expected {wants} for {type(cell).__name__}, got "
            f"{'no c' if c is None else 'a c as well'}. torch's LSTM returns (h, c), the others h."
        )
    named = {"h": h} if c is None else {"h": h, "c": c}
    arrays = {name: as_array("state_from_torch", name, value) for name, value in named.items()}
    check_state("state_from_torch", rnn, arrays)
    state = _STATES[type(cell)](
        **{name: jnp.array(a.astype(state_dtype(a.dtype))) for name, a in arrays.items()}
    )
    return RNNState(state, new_clock()) if rnn.dropout > 0 else state


def state_to_torch(rnn: RNN, state: Any) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Return the state of a network as torch's `h`, or `(h, c)` for an LSTM.

    The clock of an `RNNState` is left out: torch counts no steps. Dtypes as in `to_torch`.

    Shapes: as for `state_from_torch`.
    Raises: TypeError for the state of another cell, or a cell that torch doesn't have; ValueError
    naming every leaf of a wrong shape.

        >>> rnn = RNN(GRU(2), bidirectional=True)
        >>> params = rnn.init(jax.random.key(0), 3)
        >>> state_to_torch(rnn, rnn.init_state(params, 4)).shape
        (2, 4, 2)
    """
    cell = torch_cell("state_to_torch", rnn)
    inner = state.layers if isinstance(state, RNNState) else state
    wanted = _STATES[type(cell)]
    if type(inner) is not wanted:
        raise TypeError(
            f"state_to_torch: state: expected {wanted.__name__}({', '.join(wanted._fields)}), got "
            f"{type(inner).__name__}. Pass the state that this network's apply returned."
        )
    arrays = {name: np.array(_for_torch(a), order="C") for name, a in inner._asdict().items()}
    check_state("state_to_torch", rnn, arrays)
    return (arrays["h"], arrays["c"]) if isinstance(cell, LSTM) else arrays["h"]


def _cell_params(cell: Any, arrays: Mapping[str, Any], suffix: str) -> Any:
    """The table of this module from left to right, for one layer and direction."""
    w_x, w_h = arrays[f"weight_ih{suffix}"].T, arrays[f"weight_hh{suffix}"].T
    b = arrays[f"bias_ih{suffix}"] + arrays[f"bias_hh{suffix}"] if cell.bias else None
    if isinstance(cell, Elman):
        return ElmanParams(w_x, w_h, b)
    if isinstance(cell, LSTM):
        return LSTMParams(w_x, w_h, b, arrays[f"weight_hr{suffix}"].T if cell.proj_size else None)
    if b is None:
        return GRUParams(w_x, w_h, None, None)
    n = 2 * cell.hidden_size
    b[n:], b_hn = arrays[f"bias_ih{suffix}"][n:], arrays[f"bias_hh{suffix}"][n:]
    return GRUParams(w_x, w_h, b, b_hn)


def _cell_weights(cell: Any, p: Any) -> dict[str, np.ndarray]:
    """The table from right to left."""
    weights = {"weight_ih": p.w_x.T, "weight_hh": p.w_h.T}
    if p.b is not None:
        bias_hh = np.zeros_like(p.b)
        if isinstance(cell, GRU):
            bias_hh[2 * cell.hidden_size :] = p.b_hn
        weights |= {"bias_ih": p.b, "bias_hh": bias_hh}
    if isinstance(cell, LSTM) and p.w_r is not None:
        weights["weight_hr"] = p.w_r.T
    return weights


def _for_torch(leaf: Any) -> np.ndarray:
    array = np.asarray(leaf)
    return array.astype(np.float32) if array.dtype == jnp.bfloat16 else array


def _suffixes(rnn: RNN) -> tuple[str, ...]:
    return ("", "_reverse") if rnn.bidirectional else ("",)
