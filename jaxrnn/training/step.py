"""One pure step of training, through which nothing that is not finite gets into the state."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from jaxrnn.arrays import path_of
from jaxrnn.checks import as_number
from jaxrnn.numerics import state_dtype
from jaxrnn.training.gradient import Gradient, Taken
from jaxrnn.training.optimizers import standard_promotion
from jaxrnn.training.state import TrainState, check_trainable

__all__ = ["Report", "Step", "leaf_names", "make_step"]


class Report(NamedTuple):
    """What a step tells.

    Fields: loss, the mean per counted token; grad_norm, before the optimizer; tokens, how many
    count, or the sum of their weights; finite, whether the step was made; bad_leaf, the place in
    `leaf_names(state)` of the first leaf that was not finite, -1 for none; skipped, steps so far
    that were not made.
    Shapes: all `[]`; finite bool, bad_leaf and skipped int32.
    """

    loss: Array
    grad_norm: Array
    tokens: Array
    finite: Array
    bad_leaf: Array
    skipped: Array


Step = Callable[[TrainState, Any], tuple[TrainState, Report]]


def make_step(
    gradient: Gradient, optimizer: optax.GradientTransformation, *, average: float | None = None
) -> Step:
    """Return the pure function `(state, chunk) -> (state, report)`; `jax.jit` takes it.

        loss, grads, carry = gradient(params, carry, chunk)
        params, opt_state = optimizer(grads);   average = d * average + (1 - d) * params

    Loss, gradient and recurrent state are checked before the optimizer acts, params and its state
    afterwards: clipping makes NaN of Inf. If anything is not finite, the state stays as it was,
    but for `step`, `bad` and `skipped`. A chunk in which nothing counts and whose gradient is 0
    makes no update, since an optimizer with momentum would move all the same.

    Shapes: chunk `[T, B, ...]`; the state's own.
    Args: average, the decay d of the average of params, between 0 and 1; None for no average.
        Between the updates of `optax.MultiSteps` it rests.
    Raises: ValueError if average is not between 0 and 1. The step: TypeError if a leaf of params is
        no float; what the gradient raises.

        >>> from jaxrnn.training import by_autodiff, init_state
        >>> gradient = by_autodiff(lambda params, chunk, key: ((params * chunk).sum(), chunk.size))
        >>> state = init_state(gradient, optax.sgd(0.5), jnp.ones(1), None, jax.random.key(0))
        >>> step = jax.jit(make_step(gradient, optax.sgd(0.5)))
        >>> state, report = step(state, jnp.ones((2, 2)))
        >>> state.params.tolist(), float(report.loss)
        ([0.5], 1.0)
        >>> state, report = step(state, jnp.full((2, 2), jnp.inf))
        >>> state.params.tolist(), int(state.step), leaf_names(state)[report.bad_leaf]
        ([0.5], 2, 'loss')
    """
    if average is not None and not 0 <= as_number("make_step", "average", average) < 1:
        raise ValueError(
            f"make_step: average should be a decay in [0, 1), got {average}. "
            "0.999 is the mean of about the last 1000 steps; None is no average."
        )
    optimizer = standard_promotion(optimizer)

    def step(state: TrainState, chunk: Any) -> tuple[TrainState, Report]:
        check_trainable("step", state.params)
        taken = gradient.take(state.params, state.carry, chunk, state.key, state.step)
        moved = _moved(optimizer, average, state, taken.grads)
        bad = _bad_leaves(state, taken, moved)
        finite = ~bad.any()
        updates = finite & _learns(taken)
        skipped = state.skipped + (~finite).astype(jnp.int32)
        new = TrainState(
            step=state.step + jnp.int32(1),
            params=_choose(updates, moved.params, state.params),
            opt_state=_choose(updates, moved.opt_state, state.opt_state),
            average=_choose(updates, moved.average, state.average),
            carry=_choose(finite, taken.carry, state.carry),
            key=state.key,
            bad=jnp.where(finite, 0, state.bad + jnp.int32(1)),
            skipped=skipped,
        )
        first = jnp.where(finite, -1, jnp.argmax(bad)).astype(jnp.int32)
        norm = _norm(taken.grads)
        return new, Report(taken.loss, norm, taken.tokens, finite, first, skipped)

    return step


def leaf_names(state: TrainState) -> tuple[str, ...]:
    """Return the names of all leaves that a step checks, in the order in which it does.

    Shapes: any.

        >>> params = {"w": jnp.ones(2)}
        >>> leaf_names(TrainState(0, params, (), None, None, None, 0, 0))
        ('loss', "grads['w']", "params['w']")
    """
    trees = {
        "loss": jnp.zeros(()), "grads": state.params, "state": _recurrent(state.carry),
        "params": state.params, "opt_state": state.opt_state,
    }  # fmt: skip
    return tuple(
        path_of(name, path)
        for name, tree in trees.items()
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
        if _is_float(leaf)
    )


class _Moved(NamedTuple):
    params: Any
    opt_state: Any
    average: Any


def _moved(
    optimizer: optax.GradientTransformation, average: float | None, state: TrainState, grads: Any
) -> _Moved:
    """Make the update, whatever comes of it."""
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    if average is None:
        return _Moved(params, opt_state, state.average)
    mean = optax.incremental_update(params, state.average, 1 - average)
    if isinstance(opt_state, optax.MultiStepsState):  # most steps only collect gradients
        mean = _choose(jnp.asarray(opt_state.mini_step) == 0, mean, state.average)
    return _Moved(params, opt_state, mean)


def _bad_leaves(state: TrainState, taken: Taken, moved: _Moved) -> Array:
    """Tell of each leaf in `leaf_names` whether it is not finite."""
    checked = (taken.loss, taken.grads, _recurrent(taken.carry), moved.params)
    bad = [~jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(checked) if _is_float(leaf)]
    before = jax.tree.leaves(state.opt_state)
    for leaf, old in zip(jax.tree.leaves(moved.opt_state), before, strict=True):
        if _is_float(leaf):  # an optimizer may start from an Inf, of a best loss for example
            bad.append((~jnp.isfinite(leaf) & jnp.isfinite(old)).any())
    return jnp.stack(bad)


def _recurrent(carry: Any) -> Any:
    """Return the recurrent state in a carry. Its other parts may keep inputs: padding with NaN."""
    return getattr(carry, "state", None)


def _is_float(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.inexact)


def _learns(taken: Taken) -> Array:
    """Tell whether there is anything to learn from."""
    moves = [(leaf != 0).any() for leaf in jax.tree.leaves(taken.grads)]
    return (taken.tokens != 0) | jnp.stack(moves).any()


def _choose(condition: Array, new: Any, old: Any) -> Any:
    def pick(a: Array, b: Array) -> Array:
        if not jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
            return jnp.where(condition, a, b)
        # a selection between keys would count as a use of both
        data = jnp.where(condition, jax.random.key_data(a), jax.random.key_data(b))
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(a))

    return jax.tree.map(pick, new, old)


def _norm(grads: Any) -> Array:
    """Return the norm of a gradient, summed in at least float32."""
    sizes = [jnp.abs(leaf) for leaf in jax.tree.leaves(grads)]
    squares = [jnp.square(size.astype(state_dtype(size.dtype))).sum() for size in sizes]
    return jnp.sqrt(jnp.stack([square.astype(squares[0].dtype) for square in squares]).sum())
