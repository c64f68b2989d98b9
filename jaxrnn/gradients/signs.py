"""Random signs, for estimators whose mean over all signs is the gradient."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

__all__ = ["check_key", "random_signs"]


def check_key(owner: str, key: Array | None) -> Array:
    """Return the key that signs are drawn from.

    Shapes: key `[]`.
    Raises: ValueError naming the method.

        >>> check_key("uoro", jax.random.key(0)) == jax.random.key(0)
        Array(True, dtype=bool)
    """
    if key is None:
        raise ValueError(
            f"{owner}: key is None, but the signs are random. Pass key=jax.random.key(...) to "
            "accumulate or online."
        )
    return key


def random_signs(key: Array, like: Any) -> Any:
    """Return a tree of independent fair signs, -1 or 1.

    Shapes: those of `like`, of floating leaves.

        >>> signs = random_signs(jax.random.key(0), {"w": jnp.zeros(3)})
        >>> bool((abs(signs["w"]) == 1).all())
        True
    """
    leaves, structure = jax.tree.flatten(like)
    ends = np.cumsum([leaf.size for leaf in leaves])
    signs = jnp.split(jax.random.rademacher(key, (ends[-1],), jnp.int8), ends[:-1])  # one draw
    cut = zip(signs, leaves, strict=True)
    return structure.unflatten([s.reshape(leaf.shape).astype(leaf.dtype) for s, leaf in cut])
