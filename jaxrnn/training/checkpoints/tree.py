"""Trees of arrays and PRNG keys as named arrays, and back into a tree of the same kind."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxrnn.models.leaves import named_leaves, with_leaves
from jaxrnn.tensor_file import as_array, check_width, digest

__all__ = ["Flat", "branch", "fingerprint", "first_nonfinite", "flatten", "restore"]


class Flat(NamedTuple):
    """A tree as plain data: its arrays by name, and which of them are the data of PRNG keys."""

    arrays: dict[str, np.ndarray]
    keys: dict[str, str]  # name of a leaf -> name of its PRNG implementation


def flatten(owner: str, tree: Any) -> Flat:
    """Return the leaves of a tree by name, as they go into a file.

    Shapes: any; a PRNG key becomes its uint32 data.
    Raises: TypeError naming a leaf that is no array, or is traced; ValueError for a dtype that
        safetensors can't hold.

        >>> flatten("save", {"w": jnp.ones(2), "key": jax.random.key(0)}).keys
        {'key': 'threefry2x32'}
    """
    arrays, keys = {}, {}
    for name, leaf in named_leaves(tree, owner).items():
        _check_is_array(owner, "tree", name, leaf)
        if _is_key(leaf) and not isinstance(leaf, Tracer):
            keys[name] = str(jax.random.key_impl(leaf))
            leaf = jax.random.key_data(leaf)
        arrays[name] = as_array(owner, name, leaf)
    return Flat(arrays, keys)


def restore(owner: str, template: Any, flat: Flat) -> Any:
    """Return a tree like `template` with the leaves of `flat`: copies, and nothing is cast.

    Shapes: those of the template, whose leaves are arrays or `jax.ShapeDtypeStruct`s.
    Raises: ValueError naming the first leaf that differs, with both shapes and dtypes, or 64-bit
        leaves while x64 is off.

        >>> flat = flatten("save", {"w": jnp.ones(2, "int32")})
        >>> restore("load", {"w": jnp.ones(3, "int32")}, flat)
        Traceback (most recent call last):
        ValueError: first differing leaf w: expected int32 [3], got int32 [2]. ...
    """
    check_width(flat.arrays)
    found = {name: _leaf(flat, name) for name in flat.arrays}
    expected = named_leaves(template, owner)
    for name, leaf in expected.items():
        _check_is_array(owner, "template", name, leaf)
        if name not in found:
            _refuse(name, _words(leaf), "no such leaf")
        if (found[name].shape, found[name].dtype) != (leaf.shape, leaf.dtype):
            _refuse(name, _words(leaf), _words(found[name]))
    for name in found:
        if name not in expected:
            _refuse(name, "no such leaf", _words(found[name]))
    # a copy: the training loop may donate what it got, and the file's bytes are not JAX's to reuse
    return with_leaves(template, {name: jnp.array(leaf) for name, leaf in found.items()})


def branch(flat: Flat, name: str) -> Flat:
    """Return what lies below one name of a tree, named from there.

    Shapes: unchanged.

        >>> flat = flatten("save", {"params": {"w": jnp.ones(2, "int32")}, "n": jnp.array(3)})
        >>> branch(flat, "params").arrays
        {'w': array([1, 1], dtype=int32)}
    """
    start = f"{name}."
    return Flat(
        {n.removeprefix(start): a for n, a in flat.arrays.items() if n.startswith(start)},
        {n.removeprefix(start): k for n, k in flat.keys.items() if n.startswith(start)},
    )


def fingerprint(tree: Any) -> str:
    """Return the SHA-256 over all leaves: in the order of names, name, dtype, shape and bytes.

    Shapes: any; a PRNG key counts by its data.

        >>> fingerprint({"a": jnp.zeros(2)}) == fingerprint({"a": jnp.zeros(2).at[0].set(-0.0)})
        False
    """
    return digest("", flatten("fingerprint", tree).arrays)


def first_nonfinite(tree: Any) -> str:
    """Return the name of the first leaf that holds a NaN or an infinity; "" if none does.

    Shapes: any.

        >>> first_nonfinite({"a": jnp.ones(2), "b": (jnp.array([1.0, jnp.nan]),)})
        'b.0'
    """
    for name, array in flatten("first_nonfinite", tree).arrays.items():
        if jnp.issubdtype(array.dtype, jnp.inexact) and not np.isfinite(array).all():
            return name
    return ""


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _leaf(flat: Flat, name: str) -> Any:
    if name not in flat.keys:
        return flat.arrays[name]
    try:
        return jax.random.wrap_key_data(jnp.array(flat.arrays[name]), impl=flat.keys[name])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is no {flat.keys[name]!r} key: {error}") from error


def _check_is_array(owner: str, argument: str, name: str, leaf: Any) -> None:
    if not hasattr(leaf, "dtype") or not hasattr(leaf, "shape"):
        raise TypeError(
            f"{owner}: {argument}: expected an array or a PRNG key at {name}, got "
            f"{type(leaf).__name__} ({leaf!r}). Plain values belong into facts."
        )


def _words(leaf: Any) -> str:
    return f"{leaf.dtype} {list(leaf.shape)}"


def _refuse(name: str, expected: str, got: str) -> None:
    raise ValueError(
        f"first differing leaf {name}: expected {expected}, got {got}. "
        "Use the model, optimizer and gradient method that it was saved with"
    )
