"""Attention: a mean of values whose weights depend on a query.

What is compared with and read, the memory, is prepared once a sequence; then every step of a
decoder asks. For all steps at once, as with teacher forcing, `jax.vmap(apply, (None, 0, None))`.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.drivers.ragged import valid_steps
from jaxrnn.initializers import Glorot
from jaxrnn.numerics import matmul, state_dtype
from jaxrnn.randomness import typed_key
from jaxrnn.treemath import select_or_zero

__all__ = [
    "Additive", "AdditiveParams", "Attended", "Memory", "Multiplicative", "MultiplicativeParams",
    "ScaledDot", "ScaledDotParams",
]  # fmt: skip


class Memory(NamedTuple):
    """What queries are compared with and read."""

    keys: Array  # [S, *batch, A], as the score needs them
    values: Array  # [S, *batch, V], 0 where the mask is False
    mask: Array | None  # bool [S, *batch]; None if all steps are real


class Attended(NamedTuple):
    """What a query read, and where."""

    context: Array  # [*batch, V]
    weights: Array  # [S, *batch], sum 1; 0 where the mask is False


class AdditiveParams(NamedTuple):
    """Weights of `Additive` attention."""

    w_q: Array  # [Q, A]
    w_k: Array  # [K, A]
    v: Array  # [A]


class MultiplicativeParams(NamedTuple):
    """Weights of `Multiplicative` attention."""

    w: Array  # [Q, K]


class ScaledDotParams(NamedTuple):
    """`ScaledDot` has nothing to learn."""


@dataclasses.dataclass(frozen=True)
class Additive:
    """Attention whose score is a small network of one hidden layer.

        score = tanh(query @ w_q + keys @ w_k) @ v
        weights = softmax(score)                                      # over the S steps
        context = sum of weights * values

    Steps where the mask is False have weight and gradients exactly 0, whatever they hold; where it
    is False at all steps, the context is 0.
    Source: Bahdanau, Cho and Bengio (2015), arXiv:1409.0473, appendix A.1.2.
    Fields: size A of the hidden layer.
    Shapes: query `[*batch, Q]`; keys `[S, *batch, K]`; values `[S, *batch, V]`; mask `[S, *batch]`;
    lengths `[*batch]`; score and weights `[S, *batch]`; context `[*batch, V]`.
    Raises: TypeError or ValueError if `size < 1`.

        >>> attention = Additive(4)
        >>> params = attention.init(jax.random.key(0), query_size=3, key_size=2)
        >>> encoded = jnp.arange(12.0).reshape(3, 2, 2)  # S = 3, B = 2
        >>> memory = attention.prepare(params, encoded, lengths=jnp.array([3, 1]))
        >>> context, weights = attention.apply(params, jnp.ones((2, 3)), memory)
        >>> context[1].tolist(), weights[:, 1].tolist()
        ([2.0, 3.0], [1.0, 0.0, 0.0])
    """

    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", as_positive_int("Additive", "size", self.size))

    def init(self, key: Array, query_size: int, key_size: int) -> AdditiveParams:
        """Draw Glorot weights for queries and keys of these widths."""
        rows, columns = _sizes("Additive", query_size, key_size)
        keys = jax.random.split(typed_key(key, "Additive.init: key"), 3)
        dtype = jnp.zeros(()).dtype
        shapes = ((rows, self.size), (columns, self.size), (self.size, 1))
        w_q, w_k, v = (Glorot()(k, shape, dtype) for k, shape in zip(keys, shapes, strict=True))
        return AdditiveParams(w_q, w_k, v[:, 0])

    def prepare(
        self, params: AdditiveParams, keys: Array, values: Array | None = None, *,
        lengths: Any = None, mask: Any = None,
    ) -> Memory:  # fmt: skip
        """Return the memory of keys, read as values; without values the keys are read.

        Raises: ValueError for shapes that don't belong together; TypeError for dtypes.
        """
        owner = "Additive.prepare"
        return _remember(
            owner, keys, values, lengths, mask,
            params.w_k.shape[0], lambda keys: matmul(keys, params.w_k),
        )  # fmt: skip

    def apply(self, params: AdditiveParams, query: Array, memory: Memory) -> Attended:
        """Return what the query reads: the context in the dtype of the values."""
        query = _as_query("Additive.apply", query, memory, params.w_q.shape[0])
        hidden = jnp.tanh(matmul(query, params.w_q) + memory.keys)
        return _attend(matmul(hidden, params.v), memory)


@dataclasses.dataclass(frozen=True)
class Multiplicative:
    """Attention whose score is bilinear, called "general" by its authors.

        score = query @ w @ keys
        weights = softmax(score)                                      # over the S steps
        context = sum of weights * values

    The mask is as in `Additive`.
    Source: Luong, Pham and Manning (2015), arXiv:1508.04025, section 3.1.
    Shapes: as `Additive`; w `[Q, K]`.

        >>> attention = Multiplicative()
        >>> params = attention.init(jax.random.key(0), query_size=3, key_size=2)
        >>> memory = attention.prepare(params, jnp.ones((4, 2)))  # S = 4, no batch
        >>> attention.apply(params, jnp.ones(3), memory).weights.tolist()
        [0.25, 0.25, 0.25, 0.25]
    """

    def init(self, key: Array, query_size: int, key_size: int) -> MultiplicativeParams:
        """Draw Glorot weights for queries and keys of these widths."""
        shape = _sizes("Multiplicative", query_size, key_size)
        key = typed_key(key, "Multiplicative.init: key")
        return MultiplicativeParams(Glorot()(key, shape, jnp.zeros(()).dtype))

    def prepare(
        self, params: MultiplicativeParams, keys: Array, values: Array | None = None, *,
        lengths: Any = None, mask: Any = None,
    ) -> Memory:  # fmt: skip
        """Return the memory of keys, read as values; without values the keys are read.

        Raises: ValueError for shapes that don't belong together; TypeError for dtypes.
        """
        owner = "Multiplicative.prepare"
        return _remember(
            owner, keys, values, lengths, mask,
            params.w.shape[1], lambda keys: matmul(keys, params.w.T),
        )  # fmt: skip

    def apply(self, params: MultiplicativeParams, query: Array, memory: Memory) -> Attended:
        """Return what the query reads: the context in the dtype of the values."""
        query = _as_query("Multiplicative.apply", query, memory, params.w.shape[0])
        return _attend(_products(query, memory.keys), memory)


@dataclasses.dataclass(frozen=True)
class ScaledDot:
    """Attention without weights: queries and keys are equally wide, K.

        score = query @ keys / sqrt(K)
        weights = softmax(score)                                      # over the S steps
        context = sum of weights * values

    The mask is as in `Additive`.
    Source: Vaswani et al. (2017), arXiv:1706.03762, equation 1.
    Shapes: as `Additive`, with Q = K.

        >>> attention = ScaledDot()
        >>> params = attention.init(jax.random.key(0), query_size=4, key_size=4)
        >>> memory = attention.prepare(params, jnp.eye(4) * 40)
        >>> attention.apply(params, jnp.array([0.0, 0.0, 8.0, 0.0]), memory).weights.tolist()
        [0.0, 0.0, 1.0, 0.0]
    """

    def init(self, key: Array, query_size: int, key_size: int) -> ScaledDotParams:
        """Return params without weights; the key is not used."""
        rows, columns = _sizes("ScaledDot", query_size, key_size)
        if rows != columns:
            raise ValueError(
                f"ScaledDot.init: query_size and key_size should be equal, got {rows} and "
                f"{columns}. Use Multiplicative, which has weights between them."
            )
        typed_key(key, "ScaledDot.init: key")
        return ScaledDotParams()

    def prepare(
        self, params: ScaledDotParams, keys: Array, values: Array | None = None, *,
        lengths: Any = None, mask: Any = None,
    ) -> Memory:  # fmt: skip
        """Return the memory of keys, read as values; without values the keys are read.

        Raises: ValueError for shapes that don't belong together; TypeError for dtypes.
        """
        owner = "ScaledDot.prepare"
        return _remember(owner, keys, values, lengths, mask, None, lambda keys: keys)

    def apply(self, params: ScaledDotParams, query: Array, memory: Memory) -> Attended:
        """Return what the query reads: the context in the dtype of the values."""
        width = memory.keys.shape[-1]
        query = _as_query("ScaledDot.apply", query, memory, width)
        return _attend(_products(query, memory.keys) * width**-0.5, memory)


def _sizes(owner: str, query_size: int, key_size: int) -> tuple[int, int]:
    return (
        as_positive_int(f"{owner}.init", "query_size", query_size),
        as_positive_int(f"{owner}.init", "key_size", key_size),
    )


def _as_floats(owner: str, name: str, x: Any, width: int | None) -> Array:
    x = jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(
            f"{owner}: {name} should be floating, got {x.dtype}. Convert with {name}.astype."
        )
    if width is not None and (x.ndim == 0 or x.shape[-1] != width):
        raise ValueError(
            f"{owner}: {name} should be {width} wide on the last axis, as the weights are made "
            f"for, got {list(x.shape)}. Call init with the widths of queries and keys."
        )
    return x


def _remember(
    owner: str, keys: Any, values: Any, lengths: Any, mask: Any,
    width: int | None, project: Callable[[Array], Array],
) -> Memory:  # fmt: skip
    keys = _as_floats(owner, "keys", keys, width)
    values = keys if values is None else _as_floats(owner, "values", values, None)
    if keys.ndim < 2 or values.shape[:-1] != keys.shape[:-1]:
        raise ValueError(
            f"{owner}: expected keys [S, *batch, K] and values [S, *batch, V] of the same steps, "
            f"got {list(keys.shape)} and {list(values.shape)}. Both are time-major."
        )
    valid = valid_steps(owner, lengths, mask, keys.shape[0], keys.shape[1:-1])
    if valid is not None:  # selected before the product: NaN * 0 is NaN, also in gradients
        keys, values = select_or_zero(valid, keys), select_or_zero(valid, values)
    return Memory(project(keys), values, valid)


def _as_query(owner: str, query: Any, memory: Memory, width: int) -> Array:
    query = _as_floats(owner, "query", query, width)
    if query.shape[:-1] != memory.keys.shape[1:-1]:
        raise ValueError(
            f"{owner}: query should be [*batch, Q] with the batch of the memory, "
            f"{list(memory.keys.shape[1:-1])}, got {list(query.shape)}. For queries [T, *batch, Q] "
            "use jax.vmap(apply, (None, 0, None))."
        )
    return query


def _products(query: Array, keys: Array) -> Array:
    """Return the product of the query with each key, summed in at least float32."""
    wide = state_dtype(keys.dtype)
    return jnp.einsum(
        "...k,s...k->s...", query.astype(keys.dtype), keys, preferred_element_type=wide
    )


def _attend(scores: Array, memory: Memory) -> Attended:
    weights = _softmax(scores, memory.mask)
    context = jnp.einsum("s...,s...v->...v", weights, memory.values.astype(weights.dtype))
    return Attended(context.astype(memory.values.dtype), weights)


def _softmax(scores: Array, mask: Array | None) -> Array:
    if mask is None:
        return jax.nn.softmax(scores, axis=0)
    # a row without any real step would be 0 / 0: it is worked out over all, then set to 0
    none = ~mask.any(0)
    return select_or_zero(mask, jax.nn.softmax(scores, axis=0, where=mask | none))
