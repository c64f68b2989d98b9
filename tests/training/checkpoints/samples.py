"""A small state as training has it, and what two states have to have in common."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np


class State(NamedTuple):
    step: Any
    params: Any
    carry: Any
    key: Any


FACTS = {"iterator": {"number": 7, "fingerprint": "ab" * 32}, "metric": 0.1, "name": "é"}


def state(seed: int = 0) -> State:
    """A state whose numbers depend on the seed: no leaf could change its place unseen."""
    rng = np.random.default_rng(seed)
    params = {
        "w": jnp.array(rng.normal(size=(3, 4)), "float32"),
        "b": jnp.array(rng.normal(size=4), "bfloat16"),
    }
    return State(
        jnp.array(seed, "int32"), params, (jnp.array(rng.normal(size=2), "float32"), None),
        jax.random.key(seed),
    )  # fmt: skip


TEMPLATE = jax.eval_shape(state)


def raw(leaf):
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf).tobytes()


def assert_identical(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert isinstance(x, jax.Array) and (x.dtype, x.shape) == (y.dtype, y.shape)
        assert raw(x) == raw(y)


def never(text):
    raise AssertionError(f"an unexpected warning: {text}")
