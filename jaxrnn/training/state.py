"""Everything that one step of training hands to the next."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from jaxrnn.arrays import path_of
from jaxrnn.randomness import typed_key
from jaxrnn.training.gradient import Gradient
from jaxrnn.training.optimizers import standard_promotion

__all__ = ["TrainState", "check_trainable", "init_state", "judged"]


class TrainState(NamedTuple):
    """What training is made of between two steps: a checkpoint of it is complete.

    Fields: step, chunks seen, good or bad; params; opt_state; average, of params over the steps,
    None for none; carry, what a stream hands from chunk to chunk, None where every chunk starts
    anew; key, the base of all that is random, never consumed; bad, steps in a row that were not
    finite; skipped, all of them.
    Shapes: step, bad and skipped int32 `[]`; key `[]`; average those of params.
    """

    step: Array
    params: Any
    opt_state: Any
    average: Any
    carry: Any
    key: Array
    bad: Array
    skipped: Array


def check_trainable(owner: str, params: Any) -> None:
    """Check that every leaf of params can be differentiated.

    Shapes: any.
    Raises: TypeError naming the leaf that is not floating point.

        >>> check_trainable("init_state", {"w": jnp.ones(2)})
    """
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        dtype = getattr(leaf, "dtype", None)
        if dtype is None or not jnp.issubdtype(dtype, jnp.inexact):
            raise TypeError(
                f"{owner}: {path_of('params', path)}: params must be floating point, got "
                f"{type(leaf).__name__ if dtype is None else dtype}. Counters belong in the state "
                "of a cell, constants in its fields."
            )


def init_state(
    gradient: Gradient,
    optimizer: optax.GradientTransformation,
    params: Any,
    chunk: Any,
    key: Array,
    *,
    average: float | None = None,
) -> TrainState:
    """Return the state before the first step.

    Shapes: chunk, any chunk of the data, read for its shapes; key `[]`.
    Args: average, as for `make_step`; only whether it is None matters here.
    Raises: TypeError if a leaf of params is no float, or key is no key.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import Chunk, Params, Problem, tbptt
        >>> from jaxrnn.training.gradient import by_method
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> gradient = by_method(problem, tbptt(2), stream=True)
        >>> state = init_state(gradient, optax.adam(0.1), params, chunk, jax.random.key(1))
        >>> int(state.step), state.carry.state.h.shape
        (0, (4, 2))
    """
    check_trainable("init_state", params)
    key = typed_key(key, "init_state: key")
    zero = jnp.zeros((), jnp.int32)
    return TrainState(
        step=zero,
        params=params,
        opt_state=standard_promotion(optimizer).init(params),
        average=None if average is None else params,
        carry=gradient.init(params, chunk, key),
        key=key,
        bad=zero,
        skipped=zero,
    )


def judged(state: TrainState) -> Any:
    """Return the params that evaluation uses: the average where there is one.

    Shapes: those of params.

        >>> state = TrainState(0, "params", None, "average", None, None, 0, 0)
        >>> judged(state), judged(state._replace(average=None))
        ('average', 'params')
    """
    return state.params if state.average is None else state.average
