"""Errors at the door for arrays and trees: what was expected, what came, and what to do.

Every check uses static shapes and dtypes only, so it runs when a function is called or traced and
costs nothing when it is compiled. Cells check their last axis in `project`; drivers check the rest.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.numerics import jax_option
from jaxrnn.randomness import without_key

__all__ = [
    "as_state", "check_features", "check_params", "describe", "mismatches", "params_dtype",
    "path_of", "sequence",
]  # fmt: skip


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


def _check_dtype(owner: str, name: str, x: Any, dtype: Any) -> None:
    if x.dtype == dtype:
        return
    hint = f"Convert with {name}.astype({str(dtype)!r}), or convert the params."
    if dtype == jnp.float64 and not jax_option("jax_enable_x64"):
        hint = "Set JAX_ENABLE_X64=1, or convert the params: jax.tree.map(jnp.asarray, params)."
    raise TypeError(
        f"{owner}: RNN input dtype ({x.dtype}) does not match weight dtype ({dtype}). {hint}"
    )


class _FeaturesError(ValueError):
    """The input has another width than the params were made for."""


def check_features(owner: str, x: Any, w_x: Array) -> None:
    """Check the last axis and the dtype of an input against the input kernel.

    Shapes: x `[..., D]`, w_x `[D, G*H]`.
    Raises: ValueError for another width or rank 0; TypeError for another dtype.

        >>> check_features("LSTM.project", jnp.ones((4, 3)), jnp.ones((3, 8)))
    """
    size = w_x.shape[0]
    if not hasattr(x, "shape"):
        raise TypeError(
            f"{owner}: x should be an array [..., D={size}], got {type(x).__name__}. "
            "Convert it with jnp.asarray."
        )
    if x.ndim == 0:
        raise ValueError(f"{owner}: x has rank 0 (a scalar), expected [..., D={size}].")
    if x.shape[-1] != size:
        raise _FeaturesError(
            f"{owner}: x has {x.shape[-1]} features on its last axis, but params.w_x was made for "
            f"input_size={size} (x.shape={x.shape}, expected [..., D={size}]). "
            f"Call init(key, input_size={x.shape[-1]}) or pass x of width {size}."
        )
    _check_dtype(owner, "x", x, w_x.dtype)


def sequence(owner: str, xs: Any, params: Any, *, ids: bool = False) -> Array:
    """Return the input sequence as a JAX array of the dtype of the params.

    With x64 off JAX turns a NumPy float64 array into float32 without a word, and so does this,
    unless dtype promotion is strict (`jax.numpy_dtype_promotion("strict")`).

    Shapes: xs `[T, *batch, D]`.
    Args: ids, whether integers will do, for a cell that looks up the vectors of tokens.
    Raises: TypeError for no array or another dtype; ValueError below rank 2.

        >>> sequence("scan", np.ones((4, 3), np.float32), {"w": jnp.ones(2)}).shape
        (4, 3)
    """
    if not hasattr(xs, "dtype") or not hasattr(xs, "shape"):
        raise TypeError(
            f"{owner}: xs should be an array [T, B, D], got {type(xs).__name__}. "
            "Convert it with jnp.asarray."
        )
    if isinstance(xs, np.ndarray) and xs.dtype == np.float64 and _narrows_silently():
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
    looked_up = ids and jnp.issubdtype(xs.dtype, jnp.integer)
    if dtype is not None and not looked_up:
        _check_dtype(owner, "xs", xs, dtype)
    return xs


def _narrows_silently() -> bool:
    strict = jax_option("jax_numpy_dtype_promotion") == "strict"
    return strict and not jax_option("jax_enable_x64")


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


def describe(tree: Any) -> str:
    """Return a short text for the structure of a tree: names of fields, not numbers.

    Shapes: any.

        >>> from jaxrnn.cells import LSTMState
        >>> describe(LSTMState(jnp.ones(2), None))
        'LSTMState(h, c=None)'
    """
    names = getattr(tree, "_fields", None)
    if names is not None:
        return f"{type(tree).__name__}({', '.join(map(_field, names, tree))})"
    if isinstance(tree, dict):
        return f"dict({', '.join(_field(str(name), value) for name, value in tree.items())})"
    if isinstance(tree, tuple | list) and len(tree) <= 8:
        return f"{type(tree).__name__}({', '.join(map(describe, tree))})"
    if isinstance(tree, tuple | list):
        return f"{type(tree).__name__} of {len(tree)}"
    if hasattr(tree, "shape"):
        return f"one array {tuple(tree.shape)}"
    return "None" if tree is None else type(tree).__name__


def _field(name: str, value: Any) -> str:
    return name if hasattr(value, "shape") else f"{name}={describe(value)}"


def mismatches(name: str, expected: Any, given: Any) -> tuple[list[str], list[str]]:
    """Return what is wrong in the shapes and in the dtypes of a tree, one text for each leaf.

    Shapes: two trees of one structure, any leaves.

        >>> mismatches("state", {"h": jnp.ones(2)}, {"h": jnp.ones(3)})
        (["state['h']: expected (2,), got [3]"], [])
    """
    wanted, _ = jax.tree_util.tree_flatten_with_path(expected)
    shapes, dtypes = [], []
    for (path, want), got in zip(wanted, jax.tree.leaves(given), strict=True):
        leaf = path_of(name, path)
        if jnp.shape(got) != want.shape:
            shapes.append(f"{leaf}: expected {want.shape}, got {list(jnp.shape(got))}")
        elif _dtype(got) != want.dtype:
            dtypes.append(f"{leaf}: expected {want.dtype}, got {_dtype(got)}")
    return shapes, dtypes


def _dtype(leaf: Any) -> Any:
    return leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)


def as_state(owner: str, state: Any, xs: Array, initial: Callable[[], Any]) -> Any:
    """Return the state with strong types, or `initial()` if it is None.

    Nothing broadcasts: a batch of 1 does not stretch.

    Shapes: those of `initial()`, which is only evaluated for its shapes if a state is given.
    Raises: TypeError for another structure or dtype; ValueError naming every leaf of a wrong shape.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.cells import ElmanState
        >>> cell = Elman(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = ElmanState(jnp.zeros((4, 2)))
        >>> xs = jnp.ones((5, 4, 3))
        >>> as_state("scan", state, xs, lambda: cell.init_state(params, (4,))).h.shape
        (4, 2)
    """
    if state is None:
        return _strong(initial())
    expected = jax.eval_shape(lambda: without_key(initial()))
    plain = without_key(state)
    if jax.tree.structure(plain) != jax.tree.structure(expected):
        raise TypeError(
            f"{owner}: state: expected {describe(expected)}, got {describe(state)}. "
            "Start from init_state(params, batch) and replace its fields."
        )
    shapes, dtypes = mismatches("state", expected, plain)
    if shapes:
        shapes = [text.replace("expected", "Expected hidden size") for text in shapes]
        raise ValueError(f"{owner}: {'; '.join(shapes)}.{_batch_major_hint(xs, plain)}")
    if dtypes:
        raise TypeError(f"{owner}: {'; '.join(dtypes)}. Convert with astype.")
    return _strong(state)


def _strong(state: Any) -> Any:
    """Make every leaf a strongly typed array: a weak one would change a carry's type in a loop."""
    return jax.tree.map(
        lambda leaf: leaf if _is_key(leaf) else jnp.asarray(leaf, jnp.result_type(leaf)), state
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

    `project` is called if a shape is wrong: a cell says it best if xs has another width. Whatever
    else it raises then is a consequence.

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
            f"{describe(params)}. {hint}"
        )
    wrong = [
        f"{path_of('params', path)}: expected {shape}, got {jnp.shape(leaf)}"
        for (path, shape), leaf in zip(wanted, jax.tree.leaves(params), strict=True)
        if shape != jnp.shape(leaf)
    ]
    if wrong:
        try:
            jax.eval_shape(project)
        except _FeaturesError:
            raise
        except Exception:
            pass
        raise ValueError(f"{owner}: {'; '.join(wrong)}, for {model!r}. {hint}")


def _describe_structure(structure: Any) -> str:
    leaf = jax.ShapeDtypeStruct((), jnp.float32)
    return describe(jax.tree.unflatten(structure, [leaf] * structure.num_leaves))
