"""Random masks that depend on a key and on absolute time, never on how a run is cut.

A stochastic cell keeps a `Clock` in its state. Its key is None until `with_key` puts one there:
without a key nothing is drawn, which is evaluation. Time moves on at every step, so a run in
chunks that hands its state on draws the same masks as a whole run. Drivers leave clocks alone at
resets and in padding, because absolute time goes on there too.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

__all__ = [
    "Clock", "always", "at_time", "clocks", "dropout", "is_clock", "map_clocks", "new_clock",
    "now", "tick", "typed_key", "with_key", "without_key",
]  # fmt: skip


class Clock(NamedTuple):
    """The random source of a stochastic state.

    Shapes: key `[]`, a typed key or None; t `[]` int32, the absolute index of the next step.

        >>> new_clock().key is None
        True
    """

    key: Array | None
    t: Array  # int32


def is_clock(node: Any) -> bool:
    """Tell whether a pytree node is a `Clock` (for `is_leaf=`).

    Shapes: none.

        >>> is_clock(new_clock())
        True
    """
    return isinstance(node, Clock)


def new_clock() -> Clock:
    """Return a clock at time 0 that draws nothing.

    Shapes: t `[]`.

        >>> int(new_clock().t)
        0
    """
    return Clock(key=None, t=jnp.zeros((), jnp.int32))


def tick(clock: Clock, steps: int = 1) -> Clock:
    """Return the clock `steps` steps later.

    Shapes: as the clock's.

        >>> int(tick(new_clock()).t)
        1
    """
    return clock._replace(t=clock.t + jnp.int32(steps))


def now(clock: Clock) -> Array | None:
    """Return the key of this very step, or None when nothing is to be drawn.

    Shapes: a key `[]`.

        >>> now(new_clock()) is None
        True
    """
    return None if clock.key is None else jax.random.fold_in(clock.key, clock.t)


def always(clock: Clock) -> Array | None:
    """Return one key for all steps, or None when nothing is to be drawn.

    Shapes: a key `[]`.

        >>> always(new_clock()) is None
        True
    """
    # folded, so that a loop which carries the clock's key never consumes it
    return None if clock.key is None else jax.random.fold_in(clock.key, 0)


def map_clocks(function: Callable[[Clock], Clock], state: Any) -> Any:
    """Apply `function` to each clock of a state and leave all else as it is.

    Shapes: unchanged.

        >>> state = map_clocks(tick, {"h": jnp.ones(2), "clock": new_clock()})
        >>> int(state["clock"].t)
        1
    """
    return jax.tree.map(
        lambda node: function(node) if is_clock(node) else node, state, is_leaf=is_clock
    )


def clocks(state: Any) -> list[Clock]:
    """Return the clocks of a state in tree order.

    Shapes: unchanged.

        >>> len(clocks((new_clock(), jnp.ones(2))))
        1
    """
    return [node for node in jax.tree.leaves(state, is_leaf=is_clock) if is_clock(node)]


def typed_key(key: Any, name: str = "key") -> Array:
    """Return a key made by `jax.random.key`; an old-style uint32 key is converted.

    Shapes: key `[]`, or uint32 `[2]`; result `[]`.
    Raises: TypeError for anything else.

        >>> typed_key(jax.random.PRNGKey(0)) == jax.random.key(0)
        Array(True, dtype=bool)
    """
    dtype = getattr(key, "dtype", None)
    if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key) and key.shape == ():
        return key
    if dtype == jnp.uint32 and key.ndim == 1:
        try:
            return jax.random.wrap_key_data(jnp.asarray(key))
        except TypeError:
            pass  # not as long as a key is
    shape = f" of shape {key.shape}" if hasattr(key, "shape") else ""
    raise TypeError(
        f"{name}: expected one key made by jax.random.key, got {type(key).__name__}{shape}. "
        "Make one with jax.random.key(0)."
    )


def with_key(state: Any, key: Array) -> Any:
    """Put random keys into every clock of a state: from here on masks are drawn.

    Each clock gets a key of its own, and so does each element of a clock that is stacked over
    layers and directions, so that no two of them share a mask. Time is left as it is.

    Shapes: the state's; a stacked clock with t `[L]` gets keys `[L]`.
    Raises: TypeError if `key` is no key.

        >>> from jaxrnn import Dropout, Elman, scan
        >>> cell = Dropout(Elman(2), rate=0.5)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = with_key(cell.init_state(params), jax.random.key(1))
        >>> _, ys = scan(cell, params, state, jnp.ones((4, 3)))
        >>> bool((ys == 0).any())
        True
    """
    key = typed_key(key, "with_key: key")
    keys = iter([jax.random.fold_in(key, i) for i in range(len(clocks(state)))])

    def place(clock: Clock) -> Clock:
        own = next(keys)
        if clock.t.ndim:
            fold = jax.vmap(jax.random.fold_in, in_axes=(None, 0))
            own = fold(own, jnp.arange(clock.t.size)).reshape(clock.t.shape)
        return clock._replace(key=own)

    return map_clocks(place, state)


def without_key(state: Any) -> Any:
    """Take the keys out of every clock: nothing is drawn, time goes on.

    Shapes: unchanged.

        >>> without_key(Clock(jax.random.key(0), jnp.int32(3))).key is None
        True
    """
    return map_clocks(lambda clock: clock._replace(key=None), state)


def at_time(state: Any, start: Any, offset: Array) -> Any:
    """Set every clock of `state` to the time of `start` plus `offset` steps.

    Drivers that do not walk forward in time (reverse) use it to tell cells the absolute time.

    Shapes: offset `[]`; the rest unchanged.

        >>> int(at_time(new_clock(), new_clock(), jnp.int32(7)).t)
        7
    """
    times = iter([clock.t for clock in clocks(start)])
    return map_clocks(lambda clock: clock._replace(t=next(times) + offset), state)


def dropout(x: Array, rate: float, key: Array | None) -> Array:
    """Drop entries of x with probability `rate` and scale the rest by `1 / (1 - rate)`.

    No key or rate 0: x itself. Rate 1: zeros.
    Source: Srivastava et al. (2014), JMLR 15, inverted form.
    Shapes: x `[..., H]`, result the same; the key is consumed.

        >>> print(dropout(jnp.ones(4), 0.5, jax.random.key(3)))
        [2. 0. 0. 0.]
    """
    if key is None or rate == 0:
        return x
    if rate == 1:
        return jnp.zeros_like(x)
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), jnp.zeros_like(x))
