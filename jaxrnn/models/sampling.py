"""From logits to ids: filters that leave the likely ones, and a draw among them."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_number, as_positive_int
from jaxrnn.numerics import state_dtype
from jaxrnn.randomness import typed_key

__all__ = ["keep_nucleus", "keep_top_k", "sample"]


def keep_top_k(logits: Array, k: int) -> Array:
    """Return the logits with all but the k largest set to minus infinity.

    Exactly k stay: among equals those of the lowest ids. What is minus infinity stays so.
    Source: Fan, Lewis and Dauphin (2018), "Hierarchical Neural Story Generation", section 5.1.
    Shapes: logits `[..., V]`, result the same.
    Raises: ValueError for k outside 1..V or logits without an axis; TypeError for k that is no int
    or logits that are no floats.

        >>> keep_top_k(jnp.array([1.0, 3.0, 2.0, 3.0]), 2).tolist()
        [-inf, 3.0, -inf, 3.0]
    """
    logits = _as_logits("keep_top_k", logits)
    k = as_positive_int("keep_top_k", "k", k)
    if k > logits.shape[-1]:
        raise ValueError(
            f"keep_top_k: k should be at most V = {logits.shape[-1]}, the last axis of the logits "
            f"{list(logits.shape)}, got {k}. To keep all, leave the filter out."
        )
    return jnp.where(_ranks(_descending(logits)) < k, logits, -jnp.inf)


def keep_nucleus(logits: Array, p: float) -> Array:
    """Return the logits with all but the nucleus set to minus infinity.

        kept = ids in order of probability, until their sum is at least p

    At least one id stays; among equals the lowest ids come first. With p = 1 all stay.
    Source: Holtzman et al. (2020), "The Curious Case of Neural Text Degeneration", equation 2.
    Shapes: logits `[..., V]`, result the same.
    Raises: ValueError for p outside (0, 1] or logits without an axis; TypeError for p that is no
    number or logits that are no floats.

        >>> logits = jnp.log(jnp.array([0.1, 0.6, 0.3]))
        >>> jax.nn.softmax(keep_nucleus(logits, 0.8)).round(3).tolist()
        [0.0, 0.667, 0.333]
    """
    logits = _as_logits("keep_nucleus", logits)
    p = as_number("keep_nucleus", "p", p)
    if not 0 < p <= 1:
        raise ValueError(
            f"keep_nucleus: p should be above 0 and at most 1, the probability that is kept, got "
            f"{p:g}. 1 keeps all; for the most likely id alone use temperature 0."
        )
    if p == 1:  # the sum below is rounded and may be 1 before the last id
        return logits
    order = _descending(logits)
    chances = jax.nn.softmax(logits.astype(state_dtype(logits.dtype)), axis=-1)
    ordered = jnp.take_along_axis(chances, order, axis=-1)
    before = jnp.cumsum(ordered, axis=-1) - ordered
    # said for the first one alone: no rounding and no wide dtype takes the last id away
    kept = (before < p) | (jnp.arange(logits.shape[-1]) == 0)
    return jnp.where(jnp.take_along_axis(kept, _ranks(order), axis=-1), logits, -jnp.inf)


def sample(
    key: Array,
    logits: Array,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    nucleus: float = 1.0,
) -> Array:
    """Draw an id from each row of logits.

        ids ~ softmax(keep_nucleus(keep_top_k(logits / temperature, top_k), nucleus))

    Temperature 0 takes the largest logit, the lowest id among equals, and draws nothing. A logit of
    minus infinity is never drawn, unless the whole row is.
    Source: `keep_top_k` and `keep_nucleus`.
    Shapes: logits `[..., V]`; ids `[...]`, int32; the key is consumed.
    Args:
        key: one key for all rows; for rows that have keys of their own, use `jax.vmap`.
        logits: scores, in any floating dtype.
        temperature: at least 0; below 1 likely ids become likelier.
        top_k: how many ids may be drawn; 0 for all.
        nucleus: the probability of the ids that may be drawn; 1 for all.
    Raises: ValueError for a number out of its range; TypeError for a value of another type.

        >>> logits = jnp.log(jnp.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]))
        >>> sample(jax.random.key(0), logits, temperature=0.0).tolist()
        [0, 2]
        >>> sample(jax.random.key(0), logits, top_k=2, nucleus=0.6).tolist()
        [0, 2]
    """
    key = typed_key(key, "sample: key")
    logits = _as_logits("sample", logits)
    temperature = as_number("sample", "temperature", temperature)
    if temperature < 0:
        raise ValueError(
            f"sample: temperature must be at least 0, got {temperature:g}. 0 takes the most likely "
            "id."
        )
    filtered = _cooled(logits.astype(state_dtype(logits.dtype)), temperature)
    if not _is_zero(top_k):
        filtered = keep_top_k(filtered, top_k)
    filtered = keep_nucleus(filtered, nucleus)
    if temperature == 0:
        return jnp.argmax(filtered, axis=-1).astype(jnp.int32)
    return jax.random.categorical(key, filtered, axis=-1).astype(jnp.int32)


def _cooled(logits: Array, temperature: float) -> Array:
    """Divide by the temperature, with the largest logit at 0: however small it is, no NaN."""
    if temperature in (0, 1):
        return logits
    top = jnp.max(logits, axis=-1, keepdims=True)
    below = logits - jnp.where(jnp.isfinite(top), top, 0)
    return jnp.where(below == 0, 0, below / temperature)


def _is_zero(top_k: Any) -> bool:
    return isinstance(top_k, int) and not isinstance(top_k, bool) and top_k == 0


def _as_logits(owner: str, logits: Any) -> Array:
    logits = jnp.asarray(logits)
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(
            f"{owner}: logits should be scores [..., V] of at least one id, got "
            f"{list(logits.shape)}."
        )
    if not jnp.issubdtype(logits.dtype, jnp.floating):
        raise TypeError(
            f"{owner}: logits should have a floating dtype, got {logits.dtype}. Are these ids "
            "already?"
        )
    return logits


def _descending(logits: Array) -> Array:
    """Return the ids from the largest logit to the smallest; equals in their order."""
    return jnp.argsort(-logits, axis=-1, stable=True)


def _ranks(order: Array) -> Array:
    """Return the place of each id in an order."""
    return jnp.argsort(order, axis=-1)
