"""Errors at the door: what was expected, what came, and what to do.

Every check uses static shapes and dtypes only, so it runs when a function is called or traced and
costs nothing when it is compiled. Cells check their last axis in `project`; drivers check the rest.
"""

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from jaxrnn.cell import Cell
from jaxrnn.numerics import jax_option
from jaxrnn.randomness import without_key

__all__ = [
    "as_batch", "as_bool", "as_cell", "as_number", "as_positive", "as_positive_int", "as_rate",
    "check_features", "check_input_size", "check_params", "check_state", "check_unroll",
    "params_dtype", "path_of", "sequence",
]  # fmt: skip


def as_positive_int(owner: str, name: str, value: Any) -> int:
    """Return `value` as an int above zero.

    Shapes: none.
    Raises: TypeError if it is no integer; ValueError if it is below 1.

        >>> as_positive_int("LSTM", "hidden_size", np.int64(3))
        3
    """
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{owner}: {name} should be of type int, got: {type(value).__name__} ({value!r})"
        )
    number = operator.index(value)
    if number < 1:
        raise ValueError(f"{owner}: {name} must be greater than zero, got {number}")
    return number


def as_bool(owner: str, name: str, value: Any) -> bool:
    """Return `value` if it is True or False.

    Shapes: none.
    Raises: TypeError for anything else, 0 and 1 included.

        >>> as_bool("LSTM", "bias", True)
        True
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            f"{owner}: {name} should be of type bool, got: {type(value).__name__} ({value!r})"
        )
    return bool(value)


def as_rate(owner: str, name: str, value: Any) -> float:
    """Return `value` as a float in [0, 1]; a concrete 0-d array is accepted.

    Shapes: `[]`.
    Raises: ValueError outside the range, for NaN, bools and anything that is no number.

        >>> as_rate("RNN", "dropout", np.float32(0.5))
        0.5
    """
    number = math.nan
    if not isinstance(value, bool | np.bool_ | str | Tracer):
        try:
            number = float(value)
        except (TypeError, ValueError):
            pass
    if not 0 <= number <= 1:
        raise ValueError(
            f"{owner}: {name} should be a number in range [0, 1], the probability of an element "
            f"being zeroed, got {value!r}"
        )
    return number


def as_batch(batch: int | Sequence[int]) -> tuple[int, ...]:
    """Return the leading axes as a tuple; an int is one axis.

    Shapes: none.
    Raises: ValueError for anything else.

        >>> as_batch(4), as_batch(())
        ((4,), ())
    """
    sizes: Any = (batch,) if hasattr(batch, "__index__") else batch
    try:
        axes = tuple(operator.index(size) for size in sizes)
    except TypeError:
        axes = (-1,)
    if isinstance(batch, bool) or any(size < 0 for size in axes):
        raise ValueError(
            f"init_state: batch should be a size or a tuple of sizes, got {batch!r}. "
            "Use (B,) for a batch, () for none."
        )
    return axes


def as_cell(owner: str, cell: Any, contract: type = Cell) -> None:
    """Check that `cell` keeps the contract.

    Shapes: none.
    Raises: TypeError naming the missing methods.

        >>> from jaxrnn import LSTM
        >>> as_cell("RNN", LSTM(3))
    """
    if isinstance(cell, type) or not isinstance(cell, contract):
        methods = ("init", "init_state", "project", "step", "recur", "update")
        lacks = [m for m in methods if hasattr(contract, m) and not hasattr(cell, m)]
        got = (
            f"the class {cell.__name__}, not an instance" if isinstance(cell, type) else repr(cell)
        )
        missing = f" It has no {', '.join(lacks)}." if lacks else ""
        raise TypeError(f"{owner}: cell should be a {contract.__name__}, got {got}.{missing}")
    try:
        hash(cell)
    except TypeError as error:
        raise TypeError(
            f"{owner}: {type(cell).__name__} can't be hashed ({error}). The fields of a cell are "
            "static; arrays, traced or learned values belong in params."
        ) from None


def as_positive(owner: str, name: str, value: Any) -> float:
    """Return `value` as a float above zero.

    Shapes: none.
    Raises: TypeError if it is no number; ValueError if it is not above zero.

        >>> as_positive("LayerNorm", "eps", 1e-5)
        1e-05
    """
    number = as_number(owner, name, value)
    if not number > 0:
        raise ValueError(f"{owner}: {name} must be greater than zero, got {value}")
    return number


def as_number(owner: str, name: str, value: Any) -> float:
    """Return `value` as a finite float.

    Shapes: none.
    Raises: TypeError if it is no number; ValueError if it is NaN or infinite.

        >>> as_number("LSTM", "forget_bias", 1)
        1.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{owner}: {name} should be a number, got: {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{owner}: {name} should be finite, got {value}")
    return float(value)


def check_input_size(owner: str, input_size: Any) -> int:
    """Return the width of x for `init`.

    Shapes: none.
    Raises: as `as_positive_int`.

        >>> check_input_size("LSTM.init", 3)
        3
    """
    return as_positive_int(owner, "input_size", input_size)


def params_dtype(params: Any) -> jnp.dtype | None:
    """Return the dtype of the first floating leaf, or None if there is none.

    Shapes: any.

        >>> params_dtype({"w": jnp.ones(2, jnp.bfloat16)})
        dtype(bfloat16)
    """
    dtypes = (getattr(leaf, "dtype", None) for leaf in jax.tree.leaves(params))
    return next((d for d in dtypes if d is not None and jnp.issubdtype(d, jnp.inexact)), None)


def path_of(root: str, path: Any) -> str:
    """Return a readable name of a leaf, such as `state.h`.

    Shapes: none.

        >>> path_of("state", (jax.tree_util.GetAttrKey("h"),))
        'state.h'
    """
    return root + jax.tree_util.keystr(path)


def _check_dtype(owner: str, x: Any, dtype: Any) -> None:
    if x.dtype != dtype:
        raise TypeError(
            f"{owner}: RNN input dtype ({x.dtype}) does not match weight dtype ({dtype}). "
            f"Convert with x.astype({str(dtype)!r}), or convert the params."
        )


def check_features(owner: str, x: Any, w_x: Array) -> None:
    """Check the last axis and the dtype of an input against the input kernel.

    Shapes: x `[..., D]`, w_x `[D, G*H]`.
    Raises: ValueError for another width or rank 0; TypeError for another dtype.

        >>> check_features("LSTM.project", jnp.ones((4, 3)), jnp.ones((3, 8)))
    """
    size = w_x.shape[0]
    if jnp.ndim(x) == 0:
        raise ValueError(f"{owner}: x has rank 0 (a scalar), expected [..., D={size}].")
    if x.shape[-1] != size:
        raise ValueError(
            f"{owner}: x has {x.shape[-1]} features on its last axis, but params.w_x was made for "
            f"input_size={size} (x.shape={x.shape}, expected [..., D={size}]). "
            f"Call init(key, input_size={x.shape[-1]}) or pass x of width {size}."
        )
    _check_dtype(owner, x, w_x.dtype)


def sequence(owner: str, xs: Any, params: Any) -> Array:
    """Return the input sequence as a JAX array of the dtype of the params.

    With x64 off JAX turns a NumPy float64 array into float32 without a word, and so does this,
    unless dtype promotion is strict (`jax.numpy_dtype_promotion("strict")`).

    Shapes: xs `[T, *batch, D]`.
    Raises: TypeError for no array or another dtype; ValueError below rank 2.

        >>> sequence("scan", np.ones((4, 3), np.float32), {"w": jnp.ones(2)}).shape
        (4, 3)
    """
    if not hasattr(xs, "dtype") or not hasattr(xs, "shape"):
        raise TypeError(
            f"{owner}: xs should be an array [T, B, D], got {type(xs).__name__}. "
            "Convert it with jnp.asarray."
        )
    strict = jax_option("jax_numpy_dtype_promotion") == "strict"
    if xs.dtype == np.float64 and isinstance(xs, np.ndarray) and not jax_option("jax_enable_x64"):
        if strict:
            raise TypeError(
                f"{owner}: xs is a NumPy float64 array and x64 is off: it would be rounded to "
                "float32. Convert with xs.astype('float32'), or set JAX_ENABLE_X64=1."
            )
    xs = jnp.asarray(xs)
    if xs.ndim < 2:
        raise ValueError(
            f"{owner}: xs has rank {xs.ndim} (shape {xs.shape}), expected rank 2 or more: "
            "[T, B, D], or [T, D] without a batch."
        )
    dtype = params_dtype(params)
    if dtype is not None:
        _check_dtype(owner, xs, dtype)
    return xs


def _batch_major_hint(xs: Array, state: Any) -> str:
    """Say so when the state's batch is the first axis of xs: a classic slip."""
    leaves = [leaf for leaf in jax.tree.leaves(state) if jnp.ndim(leaf) >= 2]
    swapped = any(leaf.shape[-2] == xs.shape[0] for leaf in leaves)
    if xs.ndim == 3 and xs.shape[0] != xs.shape[1] and swapped:
        return (
            f" xs has shape {xs.shape} and is read time-major, [T={xs.shape[0]}, B={xs.shape[1]}, "
            "D]; did you pass batch-major data? Swap with jnp.swapaxes(xs, 0, 1)."
        )
    return ""


def _describe(tree: Any) -> str:
    """Return a short text for the structure of a state."""
    fields = getattr(tree, "_fields", None)
    if fields is not None:
        return f"{type(tree).__name__}({', '.join(fields)})"
    if isinstance(tree, tuple | list):
        return f"{type(tree).__name__} of {len(tree)}"
    if hasattr(tree, "shape"):
        return f"one array {tuple(tree.shape)}"
    return type(tree).__name__


def check_state(
    owner: str, state: Any, xs: Array, initial: Callable[[], Any], *, name: str = "state"
) -> Any:
    """Return the state with strong types if it has the structure, shapes and dtypes of `initial()`.

    Nothing broadcasts: a batch of 1 does not stretch.

    Shapes: those of `initial()`, which is only evaluated for its shapes.
    Raises: TypeError for another structure or dtype; ValueError naming every leaf of a wrong shape.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.cells import ElmanState
        >>> cell = Elman(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = ElmanState(jnp.zeros((4, 2)))
        >>> xs = jnp.ones((5, 4, 3))
        >>> check_state("scan", state, xs, lambda: cell.init_state(params, (4,))).h.shape
        (4, 2)
    """
    expected = jax.eval_shape(lambda: without_key(initial()))
    plain = without_key(state)
    if jax.tree.structure(plain) != jax.tree.structure(expected):
        raise TypeError(
            f"{owner}: {name}: expected {_describe(expected)}, got {_describe(state)}. "
            "Start from init_state(params, batch) and replace its fields."
        )
    wanted, _ = jax.tree_util.tree_flatten_with_path(expected)
    given = jax.tree.leaves(plain)
    shapes, dtypes = [], []
    for (path, want), got in zip(wanted, given, strict=True):
        leaf = path_of(name, path)
        if jnp.shape(got) != want.shape:
            shapes.append(f"{leaf}: Expected hidden size {want.shape}, got {list(jnp.shape(got))}")
        elif jnp.asarray(got).dtype != want.dtype:
            dtypes.append(f"{leaf}: expected {want.dtype}, got {jnp.asarray(got).dtype}")
    if shapes:
        raise ValueError(f"{owner}: {'; '.join(shapes)}.{_batch_major_hint(xs, plain)}")
    if dtypes:
        raise TypeError(f"{owner}: {'; '.join(dtypes)}. Convert with astype.")
    # a weak-typed leaf would change the carry's type inside the loop
    return jax.tree.map(
        lambda leaf: leaf if _is_key(leaf) else jnp.asarray(leaf, jnp.asarray(leaf).dtype), state
    )


def _is_key(leaf: Any) -> bool:
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key)


@functools.lru_cache(maxsize=1024)
def _params_of(model: Any, input_size: int) -> tuple[Any, list[Any]] | None:
    """Return the structure and the leaves (path, shape) of `model.init`, or None if unknown."""
    try:
        expected = jax.eval_shape(lambda: model.init(jax.random.key(0), input_size))
    except Exception:  # a user's init may need real keys, or refuse this width by itself
        return None
    leaves, structure = jax.tree_util.tree_flatten_with_path(expected)
    return structure, [(path, leaf.shape) for path, leaf in leaves]


def check_params(
    owner: str, model: Any, params: Any, xs: Array, project: Callable[[], Any]
) -> None:
    """Check that `params` are those of `model` for inputs as wide as xs.

    `project` is called if a shape is wrong: a cell says it best if xs has another width.

    Shapes: xs `[T, *batch, D]`; params those of `model.init(key, D)`.
    Raises: TypeError for another structure; ValueError naming every leaf of a wrong shape.

        >>> from jaxrnn import GRU
        >>> cell, xs = GRU(2), jnp.ones((4, 3))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> check_params("scan", cell, params, xs, lambda: cell.project(params, xs))
    """
    known = _params_of(model, xs.shape[-1])
    if known is None:
        return
    structure, wanted = known
    hint = f"Make them with {type(model).__name__}(...).init(key, {xs.shape[-1]})."
    if jax.tree.structure(params) != structure:
        raise TypeError(
            f"{owner}: params: expected those of {model!r}, {_describe_structure(structure)}, got "
            f"{_describe(params)}. {hint}"
        )
    wrong = [
        f"{path_of('params', path)}: expected {shape}, got {jnp.shape(leaf)}"
        for (path, shape), leaf in zip(wanted, jax.tree.leaves(params), strict=True)
        if shape != jnp.shape(leaf)
    ]
    if wrong:
        jax.eval_shape(project)
        raise ValueError(f"{owner}: {'; '.join(wrong)}, for {model!r}. {hint}")


def _describe_structure(structure: Any) -> str:
    return _describe(jax.tree.unflatten(structure, [None] * structure.num_leaves))


def check_unroll(owner: str, unroll: Any) -> int:
    """Return how many steps the loop body does at once.

    Shapes: none.
    Raises: ValueError unless it is an int of at least 1.

        >>> check_unroll("scan", 5)
        5
    """
    if isinstance(unroll, bool) or not isinstance(unroll, int) or unroll < 1:
        raise ValueError(f"{owner}: unroll should be an int of at least 1, got {unroll!r}")
    return unroll
