"""Anticipated reweighted truncation: cuts at random places, and no bias."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_number
from jaxrnn.gradients.bptt import BPTTMemory
from jaxrnn.gradients.problem import Chunk, Params, Problem, run
from jaxrnn.gradients.tap import scale_cotangent, tapped, untapped

__all__ = ["artbp"]


@dataclasses.dataclass(frozen=True)
class artbp:
    """Truncated backpropagation at random cuts, reweighted so that its mean is the full gradient.

        d_t = dl_t/ds_t + f_{t+1} d_{t+1} A_{t+1}
        f_t = 0 if there is a cut before step t, else 1 / (1 - c_t)
        c_t = (tail - 1) / ((tail - 2) * mean_length + steps since the last cut)

    A path over k steps survives with probability prod(1 - c) and then weighs prod 1 / (1 - c), so
    nothing is lost in the mean. The hazard c falls with the distance from the last cut, which makes
    the lengths heavy-tailed: a constant c would make the second moment of a lag-k term grow like
    (1 - c)^-k. The mean length between cuts is exactly `mean_length`. Cuts are shared by the batch.
    A call takes the whole chunk; between chunks the state is a constant, as in `bptt`.
    Source: Tallec and Ollivier (2017), arXiv:1705.08209.
    Fields: mean_length, in steps, above 1; tail, above 2, how fast the tail falls: lengths have
    finite moments below `tail - 1`.
    Shapes: gradients those of params; residuals O(T), like `bptt`.
    Raises: ValueError if a field is out of its range, or if no key is given.

        >>> artbp(16).length
        0
    """

    mean_length: float
    tail: float = 4.0

    def __post_init__(self) -> None:
        for name, least in (("mean_length", 1), ("tail", 2)):
            value = as_number("artbp", name, getattr(self, name))
            if not value > least:
                raise ValueError(f"artbp: {name} must be greater than {least}, got {value}")
            object.__setattr__(self, name, value)

    @property
    def length(self) -> int:
        """0: the whole chunk at once."""
        return 0

    def hazard(self, since: Array) -> Array:
        """Return c, the probability of a cut `since` steps after the last one."""
        return (self.tail - 1) / ((self.tail - 2) * self.mean_length + since)

    def factors(self, cuts: Array) -> tuple[Array, Array]:
        """Return (what each boundary multiplies the cotangent by, the probability of these cuts).

        Shapes: cuts bool `[T-1]`, before steps 1 .. T-1; factors `[T]`, the first 1; chance `[]`.
        """

        def boundary(since: Array, cut: Array) -> tuple[Array, tuple[Array, Array]]:
            c = self.hazard(since)
            following = jnp.where(cut, 1.0, since + 1).astype(since.dtype)
            return following, (jnp.where(cut, 0, 1 / (1 - c)), jnp.where(cut, c, 1 - c))

        _, (factors, chances) = jax.lax.scan(boundary, jnp.ones(()), cuts)
        return jnp.concatenate([jnp.ones(1, factors.dtype), factors]), chances.prod()

    def draw(self, key: Array, steps: int) -> Array:
        """Draw cuts, bool `[T-1]`."""

        def boundary(since: Array, uniform: Array) -> tuple[Array, Array]:
            cut = uniform < self.hazard(since)
            return jnp.where(cut, 1.0, since + 1).astype(since.dtype), cut

        uniforms = jax.random.uniform(key, (max(steps - 1, 0),), jnp.zeros(()).dtype)
        return jax.lax.scan(boundary, jnp.ones(()), uniforms)[1]

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> BPTTMemory:
        """Return the memory before the first step."""
        return BPTTMemory(state)

    def consume(
        self, problem: Problem, params: Params, memory: BPTTMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[BPTTMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[T]`, gradient), the cuts drawn from `key`."""
        if key is None:
            raise ValueError(
                "artbp: key is None, but the cuts are random. Pass key=jax.random.key(...) to "
                "accumulate or online."
            )
        cuts = self.draw(key, chunk.xs.shape[0])
        return self.with_cuts(problem, params, memory, chunk, cuts)

    def with_cuts(
        self, problem: Problem, params: Params, memory: BPTTMemory, chunk: Chunk, cuts: Array
    ) -> tuple[BPTTMemory, Array, Params]:
        """Do what `consume` does, with given cuts bool `[T-1]`."""
        factors, _ = self.factors(cuts)

        def total(params: Params) -> tuple[Array, Any]:
            scaled = tapped(problem, params, memory.state, scale_cotangent, factors)
            state, losses = run(*scaled, chunk)
            return losses.sum(), (untapped(state), losses)

        grads, (state, losses) = jax.grad(total, has_aux=True)(params)
        return BPTTMemory(state), losses, grads
