"""The gradient of one chunk, by any gradient method or by plain differentiation.

Losses are means per counted token. What is random follows from the base key and the number of the
step; a stream that is carried from chunk to chunk gets its key once, before the first.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import optax
from jax import Array

from jaxrnn.gradients import Chunk, GradientMethod, Params, Problem, accumulate, online
from jaxrnn.gradients.method import from_the_start, start_is_learned
from jaxrnn.gradients.scale import chunk_mean, loss_weights
from jaxrnn.gradients.steps import add_wide, like, wide_zeros
from jaxrnn.randomness import with_key

__all__ = ["Gradient", "Taken", "by_autodiff", "by_method"]

_STREAM = 2**32 - 1  # folded into the base key of a stream: no step has this number


class Taken(NamedTuple):
    """What comes of one chunk.

    Fields: loss, the mean per counted token, 0 if none counts; tokens, how many count, or the
    sum of their weights; grads, of that mean; carry, for the next chunk.
    Shapes: loss and tokens `[]`; grads those of params.
    """

    loss: Array
    tokens: Array
    grads: Any
    carry: Any


class Gradient(Protocol):
    """How the gradient of a chunk is obtained.

    Shapes: chunk `[T, B, ...]`; key `[]`, the base key, only ever folded.

        >>> callable(by_autodiff(lambda params, chunk, key: (params * 2.0, 1)).take)
        True
    """

    def init(self, params: Any, chunk: Any, key: Array) -> Any:
        """Return the carry before the first chunk; None where every chunk starts anew."""
        ...

    def take(self, params: Any, carry: Any, chunk: Any, key: Array, step: Array) -> Taken:
        """Return loss, gradient and carry of chunk number `step`."""
        ...


def _no_update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
    del params
    return jax.tree.map(jnp.zeros_like, updates), add_wide(state, updates)


# with it `online` moves nothing and sums the gradients: `accumulate`, from a memory it is given
_SUM = optax.GradientTransformation(wide_zeros, _no_update)


@dataclasses.dataclass(frozen=True)
class by_method:
    """The gradient of a problem by a gradient method, with one update per chunk.

        weights = counted / sum(counted);   loss, grads = sum over the windows of the chunk

    Off a stream every chunk starts anew, with masks drawn from (key, step). On a stream the memory
    of the method is carried: the state, and the traces of a method that goes forward in time. A
    reset in the stream starts the state anew and leaves the key and the time of its masks alone.
    Fields: problem; method; stream; start, `(cell params, batch) -> state` before the first step,
    a constant; None is `problem.cell.init_state`, differentiated too if it is learned.
    Shapes: chunk `[T, *batch, ...]`, on a stream the same for all chunks; grads those of params.
    Raises: what the method raises.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import bptt
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> taken = by_method(problem, bptt()).take(params, None, chunk, jax.random.key(1), 0)
        >>> float(taken.tokens), taken.grads.cell.w_h.shape
        (24.0, (2, 2))
    """

    problem: Problem
    method: GradientMethod
    stream: bool = dataclasses.field(default=False, kw_only=True)
    start: Callable[[Any, tuple[int, ...]], Any] | None = dataclasses.field(
        default=None, kw_only=True
    )

    def init(self, params: Params, chunk: Chunk, key: Array) -> Any:
        """Return the memory before the first chunk of a stream; None off a stream."""
        if not self.stream:
            return None
        state = self._first(params, chunk, jax.random.fold_in(key, _STREAM))
        return self.method.init(self.problem, params, state, _scaled(chunk))

    def take(self, params: Params, carry: Any, chunk: Chunk, key: Array, step: Array) -> Taken:
        """Return loss, gradient and memory of chunk number `step`."""
        key = jax.random.fold_in(key, step)
        masks, draws = jax.random.fold_in(key, 0), jax.random.fold_in(key, 1)
        count, chunk = loss_weights(chunk).sum(), _scaled(chunk)
        if self.stream:
            (_, grads, carry), losses = online(
                self.method, self.problem, _SUM, params, wide_zeros(params), carry, chunk, key=draws
            )
            return Taken(losses.sum(), count, like(params, grads), carry)
        state = self._first(params, chunk, masks)
        if self.start is None and start_is_learned(self.problem, params):
            chunk = from_the_start(chunk)
        loss, grads, _ = accumulate(self.method, self.problem, params, state, chunk, key=draws)
        return Taken(loss, count, grads, None)

    def _first(self, params: Params, chunk: Chunk, key: Array) -> Any:
        start = self.problem.cell.init_state if self.start is None else self.start
        return with_key(start(params.cell, chunk.xs.shape[1:-1]), key)


def _scaled(chunk: Chunk) -> Chunk:
    return chunk_mean(jax.tree.map(jnp.asarray, chunk))


@dataclasses.dataclass(frozen=True)
class by_autodiff:
    """The gradient of any differentiable loss, for models that no gradient method takes.

        total, count = loss(params, chunk, key);   grads = d(total / count) / dparams

    Every chunk starts anew. The key is that of the step; no key is put anywhere for you.
    Fields: loss, a pure function `(params, chunk, key) -> (sum of losses, how many count)`.
    Shapes: total and count `[]`; grads those of params.
    Raises: what the loss raises.

        >>> gradient = by_autodiff(lambda params, chunk, key: ((params * chunk).sum(), chunk.size))
        >>> taken = gradient.take(jnp.float32(3), None, jnp.ones((2, 2)), jax.random.key(0), 0)
        >>> [x.item() for x in taken[:3]]
        [3.0, 4.0, 1.0]
    """

    loss: Callable[[Any, Any, Array], tuple[Array, Any]]

    def init(self, params: Any, chunk: Any, key: Array) -> None:
        """Return None: every chunk starts anew."""
        del params, chunk, key

    def take(self, params: Any, carry: Any, chunk: Any, key: Array, step: Array) -> Taken:
        """Return loss and gradient of chunk number `step`."""
        del carry

        def mean(params: Any) -> tuple[Array, Array]:
            total, count = self.loss(params, chunk, jax.random.fold_in(key, step))
            count = jnp.asarray(count, total.dtype)
            some = count != 0
            # where nothing counts: 0, and no gradient
            return jnp.where(some, total, 0) / jnp.where(some, count, 1), count

        (loss, count), grads = jax.value_and_grad(mean, has_aux=True)(params)
        return Taken(loss, count, grads, None)
