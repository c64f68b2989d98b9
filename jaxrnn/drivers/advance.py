"""One step of any cell, with what came back held against the contract.

Used in the body of every loop: it looks at shapes and dtypes only, once, while the loop is traced.
A user's cell that breaks the contract is then named, instead of JAX reporting a carry of some scan.
"""

from typing import Any

import jax

from jaxrnn.arrays import describe, mismatches
from jaxrnn.cell import Cell

__all__ = ["advance"]


def advance(cell: Cell, params: Any, state: Any, u: Any) -> tuple[Any, Any]:
    """Return (state, y) after one step, the state of the structure, shapes and dtypes received.

    Shapes: the cell's.
    Raises: TypeError naming the cell if `step` returned anything else.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import GRU
        >>> cell = GRU(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state, y = advance(cell, params, cell.init_state(params), jnp.ones(6))
        >>> y.shape
        (2,)
    """
    owner = f"{type(cell).__name__}.step"
    result = cell.step(params, state, u)
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"{owner}: should return the pair (state, y), got {describe(result)}. "
            "End it with `return state, y`."
        )
    new, y = result
    if jax.tree.structure(new) != jax.tree.structure(state):
        raise TypeError(
            f"{owner}: the state it returns should be of the structure it received, "
            f"{describe(state)}, got {describe(new)}. It returns (state, y), in this order."
        )
    shapes, dtypes = mismatches("state", jax.eval_shape(lambda: state), new)
    if shapes or dtypes:
        raise TypeError(
            f"{owner}: the state it returns should have the shapes and dtypes it received: "
            f"{'; '.join(shapes + dtypes)}. Convert with astype, and let `init_state` make what "
            "`step` returns."
        )
    return new, y
