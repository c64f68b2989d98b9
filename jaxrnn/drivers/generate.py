"""The output fed back as the next input."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import as_state, check_params, describe, sequence
from jaxrnn.cell import Cell
from jaxrnn.cells.embedded import vocabulary_of
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_cell, as_positive_int
from jaxrnn.drivers.advance import advance
from jaxrnn.randomness import typed_key

__all__ = ["Generated", "generate"]


class Generated(NamedTuple):
    """What `generate` returns beside the state."""

    ys: Any  # [T, *batch, H], the outputs
    xs: Array  # [T, *batch, D], the inputs that followed each output


def _same(y: Any, key: Array | None) -> Any:
    return y


def generate(
    cell: Cell,
    params: Any,
    state: Any,
    x: Array,
    steps: int,
    feedback: Callable[[Any, Array | None], Array] = _same,
    *,
    key: Array | None = None,
) -> tuple[Any, Generated]:
    """Run a cell on its own outputs.

        state, y = cell.step(params, state, cell.project(params, x))
        x = feedback(y, key_t)                                        # t = 0 .. steps-1

    Shapes: x `[*batch, D]`, the first input; ys `[steps, *batch, H]`; xs `[steps, *batch, D]`.
    Args:
        cell, params, state: as for `scan`; run `scan` over a prompt first and hand its state on.
        steps: how many outputs to make, at least 1.
        feedback: from y and a key to the next x, such as a head, a sample and its embedding; the
            default feeds y itself, which needs an output as wide as the input.
        key: split into one key a step for `feedback`; without it feedback gets None.
    Returns: (state, Generated(ys, xs)): `xs[t]` is what `feedback` made of `ys[t]`.
    Raises: ValueError if feedback's result has not the shape and dtype of x; the others as `scan`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(3)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state, out = generate(cell, params, None, jnp.ones((2, 3)), 4)
        >>> out.ys.shape, bool((out.xs == out.ys).all())
        ((4, 2, 3), True)
    """
    as_cell("generate", cell)
    if not callable(feedback):
        raise TypeError(
            "generate: feedback should be a function (y, key) -> x, got "
            f"{type(feedback).__name__}. A head is wrapped as lambda y, key: head(y)."
        )
    steps = as_positive_int("generate", "steps", steps)
    xs = sequence("generate", jnp.asarray(x)[None], params, ids=vocabulary_of(cell) > 0)
    check_params("generate", cell, params, xs, lambda: cell.project(params, xs))
    x, batch = xs[0], xs.shape[1:-1]
    state = as_state("generate", state, xs, lambda: cell.init_state(params, batch))
    key = None if key is None else typed_key(key, "generate: key")
    return _run(cell, feedback, steps, params, state, x, key)


def _like(x: Array, following: Any) -> Array:
    """Check that what `feedback` returned can be the next input."""
    got = describe(following)
    if not isinstance(following, tuple | list | dict):
        following = jnp.asarray(following)
        if following.shape == x.shape and following.dtype == x.dtype:
            return following
        got = f"{following.dtype}{list(following.shape)}"
    raise ValueError(
        f"generate: feedback should return an input like x, {x.dtype}{list(x.shape)}, got {got}. "
        "Map y to an input in feedback(y, key)."
    )


# not jitted: feedback may close over weights that change between calls
def _run(
    cell: Cell, feedback: Callable, steps: int, params: Any, state: Any, x: Array, key: Any
) -> tuple[Any, Generated]:
    keys = None if key is None else jax.random.split(key, steps)
    cell, params = resolve(cell, params)

    def body(carry: Any, step_key: Array | None) -> Any:
        state, x = carry
        state, y = advance(cell, params, state, cell.project(params, x))
        following = _like(x, feedback(y, step_key))
        return (state, following), Generated(y, following)

    (state, _), out = jax.lax.scan(body, (state, x), keys, length=steps)
    return state, out
