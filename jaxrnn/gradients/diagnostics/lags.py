"""How far back a loss reaches."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.checks import as_positive_int, as_rate
from jaxrnn.gradients.checks import check_chunk, check_problem
from jaxrnn.gradients.problem import Chunk, Params, Problem, counted, run
from jaxrnn.gradients.tap import nudge, tapped
from jaxrnn.numerics import float_dtype
from jaxrnn.treemath import split_floats

__all__ = ["effective_memory", "lag_profile", "mean_lag_profile"]


def lag_profile(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Array:
    """Return the size of the last loss's gradient at every earlier state.

        profile[t] = || d L_T / d s_t ||,   t = 0 .. T-1, the lag is T - t

    The norm is over the whole state (h, and c for an LSTM) and the whole batch; `L_T` is the loss
    of the last step, summed over the batch; weights are not used. A profile that falls towards
    t = 0 is a vanishing gradient, one that grows an exploding one.
    Source: Pascanu, Mikolov and Bengio (2013), arXiv:1211.5063.
    Shapes: chunk `[T, *batch, ...]`, without mask and resets; profile `[T]`.
    Raises: ValueError if the chunk has a mask or resets.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: (ys**2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4)))
        >>> profile = lag_profile(problem, params, None, chunk)
        >>> profile.shape, bool(profile[0] < profile[-1])
        ((5,), True)
    """
    check_problem("lag_profile", problem, params)
    state, chunk = check_chunk("lag_profile", problem, params, state, chunk)
    if chunk.mask is not None or chunk.resets is not None:
        raise ValueError(
            "lag_profile: chunk has a mask or resets, where 'the last loss' is no longer one time. "
            "Pass a chunk without them."
        )
    last = np.array([len(chunk.xs) - 1])
    return _profiles(problem, params, state, chunk._replace(weights=None), last)[0]


def mean_lag_profile(
    problem: Problem, params: Params, state: Any, chunk: Chunk, *, losses: int = 8
) -> Array:
    """Return how strongly a loss pulls at the states before it, on average over several losses.

        profile[k] = mean over some s of || d L_s / d s_{s-k} ||,   k = 0 .. T-1

    `s_{s-k}` is the state before step s - k, so k = 0, one step back, is the state that the loss's
    own step starts from. The times s are spread evenly over the steps where a loss counts, the last
    one included; one lag is averaged over the times that are that late. What a reset separates
    counts as 0.
    Shapes: chunk `[T, *batch, ...]`; profile `[T]`; norms as in `lag_profile`, weights applied.
    Args: losses, how many times s.
    Raises: ValueError if no loss counts.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: (ys**2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4)))
        >>> profile = mean_lag_profile(problem, params, None, chunk)
        >>> profile.shape, bool(profile[0] > profile[-1])
        ((5,), True)
    """
    losses = as_positive_int("mean_lag_profile", "losses", losses)
    check_problem("mean_lag_profile", problem, params)
    state, chunk = check_chunk("mean_lag_profile", problem, params, state, chunk)
    steps, counts = len(chunk.xs), counted(chunk)
    late = np.ones(steps, bool) if counts is None else np.asarray(counts).reshape(steps, -1).any(1)
    if not late.any():
        raise ValueError("mean_lag_profile: no loss counts in this chunk. Look at its weights.")
    where = np.flatnonzero(late)
    times = where[np.unique(np.linspace(0, len(where) - 1, losses).astype(int))]
    by_time = np.asarray(_profiles(problem, params, state, chunk, times))
    lags = times[:, None] - np.arange(steps)  # of the loss at s for the state before step t
    sums = np.zeros(steps, by_time.dtype)
    np.add.at(sums, lags[lags >= 0], by_time[lags >= 0])
    seen = (times[:, None] >= np.arange(steps)).sum(0)  # how many losses have that lag at all
    return jnp.asarray(sums / np.maximum(seen, 1))


@partial(jax.jit, static_argnums=0)
def _profiles(problem: Problem, params: Params, state: Any, chunk: Chunk, times: Array) -> Array:
    """Return `|| d L_s / d s_t ||` for each s in times, `[len(times), T]`."""
    shape = chunk.xs.shape[:-1]
    index = jnp.arange(shape[0]).reshape((-1,) + (1,) * (len(shape) - 1))

    def loss(by: list[Array], time: Array) -> Array:
        only = jnp.broadcast_to(index == time, shape).astype(float_dtype(chunk.xs.dtype))
        weights = only if chunk.weights is None else only * chunk.weights
        nudged = tapped(problem, params, state, nudge, by)
        return run(*nudged, chunk._replace(weights=weights))[1].sum()

    def profile(time: Array) -> Array:
        gradients = jax.grad(loss)(nothing, time)
        flat = jnp.concatenate([g.reshape(shape[0], -1) for g in gradients], -1)
        largest = jnp.abs(flat).max(-1)  # an exploding gradient has a norm, its square may not
        scale = jnp.where(largest > 0, largest, 1)
        return scale * jnp.linalg.norm(flat / scale[:, None], axis=-1)

    nothing = [jnp.zeros((shape[0], *a.shape), a.dtype) for a in split_floats(state)[0]]
    return jax.lax.map(profile, times)


def effective_memory(profile: Array, *, share: float = 0.05) -> int:
    """Return the lags that carry all but a share of the gradient: the least K with

        sum over k >= K of profile[k]  <=  share * sum of profile

    Shapes: profile `[T]`, by lag, as `mean_lag_profile` returns it, nearest first.
    Args: share, in [0, 1].
    Raises: ValueError if share is not in [0, 1] or the profile not finite.

        >>> effective_memory(jnp.array([0.5, 0.25, 0.125, 0.125]), share=0.25)
        2
    """
    share = as_rate("effective_memory", "share", share)
    if not np.isfinite(profile).all():
        raise ValueError(
            "effective_memory: profile should be finite, got NaN or infinity: this gradient has "
            "exploded beyond numbers. Look at the profile itself, or at fewer steps."
        )
    beyond = np.asarray(profile, np.float64)[::-1].cumsum()[::-1]  # K = 0, 1 .. T-1
    beyond = np.append(beyond, 0.0)
    return int(np.argmax(beyond <= share * beyond[0]))
