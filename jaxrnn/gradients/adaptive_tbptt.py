"""Truncated BPTT that chooses its own length, from how fast its gradients fall."""

import dataclasses
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_positive, as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem, outputs, run
from jaxrnn.gradients.tap import nudge, tapped
from jaxrnn.gradients.tbptt import TBPTTMemory, no_past
from jaxrnn.gradients.window import check_lengths, explicit, only_newest
from jaxrnn.treemath import select, split_floats

__all__ = ["AdaptiveMemory", "adaptive_tbptt"]


class AdaptiveMemory(NamedTuple):
    """What adaptive truncation keeps: the window of TBPTT, and the length it has chosen."""

    window: TBPTTMemory
    length: Array  # int32, in k1 .. k_max
    calls: Array  # int32

    @property
    def state(self) -> Any:
        """The state after the last step."""
        return self.window.state


@dataclasses.dataclass(frozen=True)
class adaptive_tbptt:
    """TBPTT(k1, K) with the least K whose estimated relative bias is below `tolerance`.

        phi_k = mean over the batch of ||dl_t/ds_{t-1-k}||,   k = 0 .. k_max - 1
        E(m)  = bound of the sum of phi_k over k >= m: phi falls from lag `burn_in` on at least like
                beta^k, beta the slowest decay seen there
        G_m   = || sum over k < m of the mean of dl_t/ds_{t-1-k} ||
        K     = least with E(K - 1) / max over m of (G_m - E(m)) < tolerance, or k_max

    The window is replayed over k_max steps, and its gradient cut K steps before its end. phi is
    measured on the last loss of a window, every `every` calls. If the gradient does not fall over
    the window nothing is promised, and K is k_max.
    Source: Aicher, Foti and Fox (2019), arXiv:1905.07473, its estimate of the relative bias.
    Fields: k1, steps between gradients; k_max, the longest gradient; tolerance, of the relative
    bias; burn_in, the lag from which the decay is read; every, calls between two measurements.
    Shapes: gradients those of params; it keeps k_max - k1 steps of input and O(k_max) residuals.
    Raises: TypeError and ValueError for fields out of range, naming them.

        >>> adaptive_tbptt(4, 32).length
        4
    """

    k1: int
    k_max: int
    tolerance: float = 0.1
    burn_in: int = 1
    every: int = 8

    def __post_init__(self) -> None:
        check_lengths(self, "k1", "k_max")
        as_positive("adaptive_tbptt", "tolerance", self.tolerance)
        as_positive_int("adaptive_tbptt", "every", self.every)
        if self.burn_in != 0:
            as_positive_int("adaptive_tbptt", "burn_in", self.burn_in)
        if not 0 <= self.burn_in < self.k_max - 1:
            raise ValueError(
                f"adaptive_tbptt: burn_in should be a lag in [0, k_max - 2], got {self.burn_in} "
                f"with k_max={self.k_max}: the decay is read between it and k_max - 1."
            )

    @property
    def length(self) -> int:
        """Steps consumed at a time, k1."""
        return self.k1

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> AdaptiveMemory:
        """Return the memory before the first step: the longest gradient, until measured."""
        window = no_past(self.k_max - self.k1, state, chunk)
        return AdaptiveMemory(window, jnp.int32(self.k_max), jnp.int32(0))

    def consume(
        self, problem: Problem, params: Params, memory: AdaptiveMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[AdaptiveMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[k1]`, gradient of their sum); the key is not used."""
        old = memory.window
        window = jax.tree.map(lambda *a: jnp.concatenate(a), old.past, explicit(chunk))
        fresh = only_newest(window, self.k1)
        length = jax.lax.cond(
            memory.calls % self.every == 0,
            lambda: self.choose(*lags(problem, params, old.anchor, window)),
            lambda: memory.length,
        )
        cut = self.k_max - length
        states = _states(problem, params, old.anchor, window)
        anchor, start = (jax.tree.map(lambda leaf, i=i: leaf[i], states) for i in (self.k1, cut))
        # the steps before the cut are left out, so their times are those from the anchor on
        nowhere = jnp.zeros(chunk.xs.shape[1:-1], bool)
        start = select(nowhere, old.anchor, start)
        index = jnp.arange(self.k_max, dtype=jnp.int32)
        after = (index >= cut).reshape((-1,) + (1,) * nowhere.ndim)
        fresh = fresh._replace(mask=fresh.mask & after)

        def total(params: Params) -> tuple[Array, Any]:
            state, losses = run(problem, params, start, fresh)
            return losses.sum(), (state, losses)

        grads, (state, losses) = jax.grad(total, has_aux=True)(params)
        past = jax.tree.map(lambda leaf: leaf[self.k1 :], window)
        memory = AdaptiveMemory(TBPTTMemory(state, anchor, past), length, memory.calls + 1)
        return memory, losses[-self.k1 :], grads

    def choose(self, phi: Array, sums: Array) -> Array:
        """Return K, int32, from phi `[k_max]` and G `[k_max]`."""
        lag = jnp.arange(self.k_max)
        start = phi[self.burn_in]
        # the slowest decay seen from burn_in on: it bounds phi, and what lies beyond the window
        tiny = jnp.finfo(phi.dtype).tiny
        slopes = jnp.log(phi + tiny) - jnp.log(start + tiny)
        slopes = slopes / jnp.maximum(lag - self.burn_in, 1).astype(phi.dtype)
        beta = jnp.exp(jnp.max(jnp.where(lag > self.burn_in, slopes, -jnp.inf)))
        kept = jnp.arange(self.k_max + 1)  # how many lags are kept
        further = jnp.maximum(kept - self.burn_in, 0).astype(phi.dtype)
        bounded = start * beta**further / (1 - beta)
        measured = jnp.where(lag < self.burn_in, phi, 0)
        measured = jnp.pad(measured[::-1].cumsum()[::-1], (0, 1))  # the sum of those not kept
        lost = bounded + measured
        least = jnp.max(sums - lost[1:])  # a lower bound of the whole gradient
        bias = lost[:-1] / least  # K steps reach back to lag K - 1
        lengths = lag + 1
        good = (least > 0) & (beta < 1) & (bias < self.tolerance) & (lengths >= self.k1)
        return jnp.where(good.any(), lengths[jnp.argmax(good)], self.k_max).astype(jnp.int32)


def _states(problem: Problem, params: Params, state: Any, window: Chunk) -> Any:
    """Return the state before the first step and after each, leaves `[T+1, *batch, ...]`."""

    def body(state: Any, part: Chunk) -> tuple[Any, Any]:
        return outputs(problem, params.cell, state, part)[0], state

    parts = jax.tree.map(lambda leaf: leaf[:, None], window)
    end, before = jax.lax.scan(body, state, parts)
    return jax.tree.map(lambda rest, a: jnp.concatenate([rest, a[None]]), before, end)


def lags(problem: Problem, params: Params, state: Any, window: Chunk) -> tuple[Array, Array]:
    """Return (phi, G) of the last loss of a window, the nearest state first.

        phi[k] = mean over the batch of ||dl_T/ds_{T-1-k}||
        G[k]   = || sum over j <= k of the mean over the batch of dl_T/ds_{T-1-j} ||

    Shapes: window `[T, *batch, ...]`; phi and G `[T]`.

        >>> from jaxrnn import Elman
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> window = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4)))
        >>> phi, sums = lags(problem, params, cell.init_state(params.cell, 4), window)
        >>> phi.shape, sums.shape
        ((5,), (5,))
    """
    steps, batch = window.xs.shape[0], window.xs.shape[1:-1]
    newest = only_newest(explicit(window), 1)

    def last_loss(by: list[Array]) -> Array:
        return run(*tapped(problem, params, state, nudge, by), newest)[1].sum()

    zeros = [jnp.zeros((steps, *a.shape), a.dtype) for a in split_floats(state)[0]]
    gradients = jax.grad(last_loss)(zeros)
    rows = math.prod(batch)
    flat = jnp.concatenate([g[::-1].reshape(steps, rows, -1) for g in gradients], -1)
    phi = jnp.sqrt(jnp.square(flat).sum(-1)).mean(-1)
    sums = jnp.sqrt(jnp.square(flat.mean(1).cumsum(0)).sum(-1))
    return phi, sums
