"""Refusing by name what torch can't hold: cells, options, params and states of other shapes."""

import warnings
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.arrays import path_of
from jaxrnn.cells import (
    GRU,
    LSTM,
    Elman,
    GRUResetBefore,
    LayerNormCarryLSTM,
    LayerNormLSTM,
)
from jaxrnn.models import RNN, RNNParams
from jaxrnn.numerics import ACTIVATIONS, activation

__all__ = ["check_finite", "check_params", "check_state", "hidden_width", "torch_cell"]

_REFUSED = {
    GRUResetBefore: "it resets before the recurrent product and torch.nn.GRU after it: neither can "
    "be converted into the other. Train a GRU instead",
    LayerNormLSTM: "torch.nn.LSTM has no layer normalisation. Train an LSTM instead",
    LayerNormCarryLSTM: "torch.nn.LSTM has no layer normalisation. Train an LSTM instead",
}


def check_finite(owner: str, arrays: Mapping[str, np.ndarray], allowed: bool) -> None:
    """Refuse weights that are no numbers; with `allowed`, only warn.

    Shapes: any.
    Raises: ValueError naming each tensor and how many of its entries are NaN or Inf.

        >>> check_finite("from_torch", {"weight_ih_l0": np.array([1.0, np.nan])}, False)
        Traceback (most recent call last):
        ValueError: from_torch: weights are not finite: weight_ih_l0 (1 of 2 entries). ...
    """
    counts = {
        name: int((~np.isfinite(array.astype(np.float64))).sum()) for name, array in arrays.items()
    }
    found = [f"{name} ({n} of {arrays[name].size} entries)" for name, n in counts.items() if n]
    if not found:
        return
    text = f"{owner}: weights are not finite: {', '.join(found)}."
    if not allowed:
        raise ValueError(f"{text} Training had diverged; allow_nonfinite=True takes them anyway.")
    warnings.warn(text, stacklevel=3)


def hidden_width(cell: Elman | GRU | LSTM) -> int:
    """Return the width of h: that of the projection, if there is one.

    Shapes: none.

        >>> hidden_width(LSTM(5, proj_size=2)), hidden_width(GRU(5))
        (2, 5)
    """
    return cell.proj_size or cell.hidden_size if isinstance(cell, LSTM) else cell.hidden_size


def torch_cell(owner: str, rnn: Any) -> Elman | GRU | LSTM:
    """Return the cell of a network if torch has it, with these options.

    Shapes: none.
    Raises: TypeError for no `RNN`, and for a cell or a wrapper that torch doesn't have; ValueError
    for options that torch doesn't have.

        >>> torch_cell("to_torch", RNN(GRU(2))).hidden_size
        2
    """
    if not isinstance(rnn, RNN):
        raise TypeError(
            f"{owner}: rnn: expected an RNN, got {type(rnn).__name__}. Wrap a single cell: "
            "RNN(cell), with RNNParams(params, None)."
        )
    cell: Any = rnn.cell
    if type(cell) not in (Elman, GRU, LSTM):
        kind = type(cell).__name__
        reason = _REFUSED.get(type(cell), "torch.nn has no such cell. Export RNNs of those three")
        if hasattr(cell, "cell"):
            kind = f"{kind}({type(cell.cell).__name__})"
            reason = "torch.nn has no such wrapper. Export an RNN of the cell inside"
        raise TypeError(f"{owner}: rnn.cell: expected Elman, LSTM or GRU, got {kind}: {reason}.")
    for option in ("peephole", "coupled"):
        if getattr(cell, option, False):
            raise ValueError(
                f"{owner}: rnn.cell: expected {option}=False, got LSTM with {option}=True, which "
                "torch.nn.LSTM can't hold. Train an LSTM without it."
            )
    if isinstance(cell, Elman) and activation(cell.activation) not in (
        ACTIVATIONS["tanh"],
        ACTIVATIONS["relu"],
    ):
        raise ValueError(
            f"{owner}: rnn.cell: expected activation 'tanh' or 'relu', got Elman with activation "
            f"{cell.activation!r}: torch.nn.RNN has no other. Train an Elman with one of them."
        )
    return cell


def check_params(owner: str, rnn: RNN, params: Any) -> None:
    """Check the structure and shapes of the params of a network.

    Shapes: those of `rnn.init`, for inputs as wide as `params.first` takes.
    Raises: TypeError for another structure; ValueError naming every leaf of a wrong shape.

        >>> rnn = RNN(GRU(2))
        >>> check_params("to_torch", rnn, rnn.init(jax.random.key(0), 3))
    """
    first = getattr(params, "first", None)
    w_x = getattr(getattr(first, "forward", first), "w_x", None)
    size = (getattr(w_x, "shape", ())[:1] or (1,))[0]
    expected = jax.eval_shape(lambda: rnn.init(jax.random.key(0), size))
    if not isinstance(params, RNNParams) or jax.tree.structure(params) != jax.tree.structure(
        expected
    ):
        raise TypeError(
            f"{owner}: params: expected {jax.tree.structure(expected)}, got "
            f"{jax.tree.structure(params)}. Pass the params that this very network's init made."
        )
    leaves, _ = jax.tree_util.tree_flatten_with_path(expected)
    wrong = [
        f"{path_of('params', path)}: expected {want.shape}, got {jnp.shape(got)}"
        for (path, want), got in zip(leaves, jax.tree.leaves(params), strict=True)
        if jnp.shape(got) != want.shape
    ]
    if wrong:
        raise ValueError(f"{owner}: {'; '.join(wrong)}. Pass the params of this very network.")


def check_state(owner: str, rnn: RNN, arrays: Mapping[str, np.ndarray]) -> None:
    """Check the shapes of h, and of c, of a network's state in torch's layout.

    Shapes: h `[L*directions, B, H]` or `[L*directions, B, P]`; c `[L*directions, B, H]`; without
    B if unbatched.
    Raises: ValueError naming every array of a wrong shape.

        >>> check_state("state_to_torch", RNN(GRU(2)), {"h": np.ones((1, 4, 2))})
    """
    cell, layers = torch_cell(owner, rnn), rnn.num_layers * rnn.directions
    h = arrays["h"].shape
    batch = {2: (), 3: h[1:2]}.get(len(h), ("B",))
    wrong = []
    for name, array in arrays.items():
        expected = (layers, *batch, hidden_width(cell) if name == "h" else cell.hidden_size)
        if array.shape != expected:
            shown = ", ".join(map(str, expected))
            wrong.append(f"{name}: Expected hidden size ({shown}), got {list(array.shape)}")
    if wrong:
        raise ValueError(
            f"{owner}: {'; '.join(wrong)}. torch's layout is [layers*directions, B, H], never "
            "batch-first."
        )
