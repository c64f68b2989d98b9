"""Write `checkpoint_v1/`, the first checkpoint of format version 1: it must be readable for ever.

Run by hand, from the root of the repository:

    python -m tests.golden.make_checkpoint

An existing checkpoint is not replaced: a new format version gets a folder of its own.
"""

import itertools
import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxrnn import LSTM

FOLDER = Path(__file__).parent / "checkpoint_v1"
STEP = 12
FACTS: dict[str, Any] = {
    "iterator": {"number": 12, "fingerprint": "5d" * 32},
    "log": {"rows": 12, "bytes": 1234},
    "metric": 0.1,
    "name": "Fl\u00fcsse",
}


def ramp(low: float, high: float, like: Any) -> jax.Array:
    """Distinct numbers in the shape and dtype of `like`, rounded by NumPy: the same everywhere."""
    count = math.prod(like.shape)
    values = [low + (high - low) * i / count for i in range(count)]
    return jnp.asarray(np.array(values).reshape(like.shape).astype(like.dtype))


def tree() -> dict[str, Any]:
    """The saved state: params of an LSTM, Adam's state, a typed key, a count."""
    shapes = jax.eval_shape(lambda: LSTM(2).init(jax.random.key(0), 3))
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, "float32"), shapes)
    tops = itertools.count(1)  # no two leaves have the same numbers
    params = jax.tree.map(lambda leaf: ramp(-1.0, float(next(tops)), leaf), shapes)
    opt_state = jax.tree.map(
        lambda leaf: ramp(0.0, float(next(tops)), leaf) if leaf.shape else jnp.array(STEP, "int32"),
        jax.eval_shape(optax.adam(0.5).init, shapes),
    )
    return {
        "step": jnp.array(STEP, "int32"),
        "params": params,
        "opt_state": opt_state,
        "average": jax.tree.map(lambda leaf: leaf.astype("bfloat16"), params),
        "key": jax.random.key(7, impl="threefry2x32"),
    }


def main() -> None:
    """Write the folder, unless it is there."""
    from jaxrnn.training.checkpoints import Store

    if FOLDER.exists():
        raise SystemExit(f"{FOLDER} is there: it is never written again")
    Store(FOLDER).save(STEP, tree(), FACTS, best=True)


if __name__ == "__main__":
    main()
