"""Kronecker-factored real-time recurrent learning: the influence of a matrix as one product."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.split_checks import check_split, refuse
from jaxrnn.gradients.steps import each_step
from jaxrnn.gradients.watch import (
    Local,
    Watched,
    Weights,
    advance,
    has_matrix,
    leaves_beside,
    local_gradient,
)
from jaxrnn.randomness import typed_key
from jaxrnn.treemath import select, split_floats

__all__ = ["Factors", "KFMemory", "kf_rtrl", "signed_step"]

TINY = 1e-12  # keeps the balance of two factors finite while both are zero


class Factors(NamedTuple):
    """An estimate of d state / d matrix: `a[d] * b[s, k]` for the entry `[d, k]`."""

    a: Array  # [*batch, rows]
    b: Array  # [*batch, S, G*H]


class KFMemory(NamedTuple):
    """What `kf_rtrl` keeps: the state, and how it depends on the params."""

    state: Any
    factors: list[Factors]  # of w_x, and of w_h if that is a matrix
    columns: list[Array]  # [*batch, S, n], exact, for every other leaf of n params


@dataclasses.dataclass(frozen=True)
class kf_rtrl:
    """Kronecker-factored RTRL: unbiased, with a random sign for each matrix, example and step.

        d s_t / d w = a_t (x) b_t                     for w = w_x with input x, w_h with input h
        a_t = p0 a_{t-1} + sign p1 input,             b_t = A_t b_{t-1} / p0 + sign (d s_t/d z) / p1
        p0 = sqrt(norm(A_t b_{t-1}) / norm(a_{t-1})),   p1 = sqrt(norm(d s_t/d z) / norm(input))
        grad_t = dl_t/dp at constant s_{t-1}  +  (dl_t / d s_{t-1}) (d s_{t-1} / dp)

    z is what comes out of the product with w; A_t is the whole state Jacobian. The cross terms
    carry the sign and have mean zero, so that the expectation of the gradient, summed over a stream
    at frozen params, is BPTT's. The paper's two signs are one here: only their product shows. Two
    things lower its variance: the last step's own part is exact, and so are vectors (b, b_hn,
    peepholes), which go forward column by column in `[S, n]` for n params, no larger than b. While
    params move, the estimates mix derivatives at old ones.
    Source: Mujika, Meier and Steger (2018), arXiv:1805.10842.
    For a split cell whose w_x and w_h enter as plain products.
    Fields: length, steps between gradients.
    Shapes: gradients those of params; for each example and matrix a `[D]` or `[H]`, b `[S, G*H]`.
    Raises: ValueError if `length < 1`, and in `consume` without a key; TypeError for another type,
    and in `init` for a cell that it does not fit.

        >>> from jaxrnn import GRU
        >>> from jaxrnn.gradients import accumulate
        >>> problem = Problem(GRU(2), lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(GRU(2).init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> key = jax.random.key(1)
        >>> loss, grads, memory = accumulate(kf_rtrl(), problem, params, None, chunk, key=key)
        >>> grads.cell.w_h.shape
        (2, 6)
    """

    length: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", as_positive_int("kf_rtrl", "length", self.length))

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> KFMemory:
        """Return the memory before the first step; the state is a constant."""
        cell, weights = problem.cell, params.cell
        check_split(
            "kf_rtrl", cell, weights, jax.eval_shape(cell.init_state, weights), "uoro() or rtrl()"
        )
        rest = leaves_beside(weights)[0]
        if any(leaf.size > weights.w_x.shape[-1] for leaf in rest):
            why = "needs params that are w_x, w_h and vectors of at most G*H numbers"
            raise refuse("kf_rtrl", why, cell, "uoro() or rtrl()")
        batch = chunk.xs.shape[1:-1]
        flat = _flatten(split_floats(state)[0], batch)

        def zeros(*sizes: int) -> Array:
            return jnp.zeros((*batch, *sizes), flat.dtype)

        matrices = [getattr(weights, name) for name in ("w_x", "w_h") if has_matrix(weights, name)]
        size = flat.shape[-1]
        factors = [Factors(zeros(len(w)), zeros(size, w.shape[-1])) for w in matrices]
        return KFMemory(state, factors, [zeros(size, leaf.size) for leaf in rest])

    def consume(
        self, problem: Problem, params: Params, memory: KFMemory, chunk: Chunk, *,
        key: Array | None = None,
    ) -> tuple[KFMemory, Array, Params]:  # fmt: skip
        """Return (memory, losses `[length]`, gradient), with signs drawn from the key."""
        if key is None:
            raise ValueError(
                "kf_rtrl: draws random signs and needs a key, got None. Pass "
                "key=jax.random.key(0) to accumulate or online."
            )
        shape = (len(memory.factors), *chunk.xs.shape[1:-1])

        def step(memory: KFMemory, part: Chunk, key: Array | None) -> Any:
            signs = jax.random.rademacher(typed_key(key), shape, memory.factors[0].a.dtype)
            return signed_step(problem, params, memory, part, signs)

        return each_step(step, params, memory, chunk, typed_key(key))


def signed_step(
    problem: Problem, params: Params, memory: KFMemory, part: Chunk, signs: Array
) -> tuple[KFMemory, Array, Params]:
    """Take one step with given signs: (memory, loss `[1]`, gradient).

    Shapes: part `[1, *batch, ...]`; signs `[matrices, *batch]`, each 1 or -1.

        >>> from jaxrnn import GRU
        >>> problem = Problem(GRU(2), lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(GRU(2).init(jax.random.key(0), 3), None)
        >>> state, part = GRU(2).init_state(params.cell, 4), Chunk(jnp.ones((1, 4, 3)), None)
        >>> memory = kf_rtrl().init(problem, params, state, part)
        >>> signed_step(problem, params, memory, part, jnp.ones((2, 4)))[0].factors[1].b.shape
        (4, 2, 6)
    """
    view = Watched(problem.cell, detached=False)
    local = local_gradient(problem, view, params, memory.state, part)
    grads = local.grads._replace(cell=_add_past(local.grads.cell, local, memory, part))

    keep, by_u, by_r, by_rest = _linear_step(view, params.cell, memory.state, part)
    steps = [(local.x, by_u)] if local.h is None else [(local.x, by_u), (local.h, by_r)]
    factors = [
        _advanced(_fresh(old, part), keep(old.b), factor, immediate, sign)
        for old, (factor, immediate), sign in zip(memory.factors, steps, signs, strict=True)
    ]
    if part.mask is not None:  # the product is held anyway; so are the factors, to the bit
        factors = select(part.mask[0], factors, memory.factors)
    columns = [keep(old) + new for old, new in zip(memory.columns, by_rest, strict=True)]
    return KFMemory(local.state, factors, columns), local.losses, grads


def _flatten(floats: list[Array], batch: tuple[int, ...]) -> Array:
    """Return the state as vectors `[*batch, S]`."""
    return jnp.concatenate([a.reshape(*batch, _size(a, batch)) for a in floats], axis=-1)


def _size(leaf: Array, batch: tuple[int, ...]) -> int:
    return math.prod(leaf.shape[len(batch) :])


def _add_past(grads: Any, local: Local, memory: KFMemory, part: Chunk) -> Any:
    """Add (dl_t / d s_{t-1}) (d s_{t-1} / dp), summed over the batch, to the gradient of a step."""
    back = _flatten(local.back, part.xs.shape[1:-1])

    def add(grad: Array, past: Array) -> Array:
        return grad + past.reshape(grad.shape).astype(grad.dtype)

    def rows(a: Array) -> Array:
        return a.reshape(-1, a.shape[-1])

    rest, put = leaves_beside(grads)
    past = [rows(jnp.einsum("...s,...sn->...n", back, old)).sum(0) for old in memory.columns]
    grads = put([add(grad, along) for grad, along in zip(rest, past, strict=True)])
    for name, (a, b) in zip(("w_x", "w_h"), memory.factors, strict=False):
        along = rows(a).T @ rows(jnp.einsum("...s,...sk->...k", back, b))
        grads = grads._replace(**{name: add(getattr(grads, name), along)})
    return grads


def _linear_step(
    view: Watched, params: Any, state: Any, part: Chunk
) -> tuple[Callable[[Array], Array], Array, Array, list[Array]]:
    """Return v -> A_t v for `[*batch, S, n]`, and d s_t by u, by r and by every other leaf."""
    batch = part.xs.shape[1:-1]
    floats, join = split_floats(state)
    flat = _flatten(floats, batch)
    rest, put = leaves_beside(params)
    ends = np.cumsum([_size(a, batch) for a in floats])[:-1]

    def step(flat: Array, u: Array, r: Array, rest: list[Array]) -> Array:
        parts = jnp.split(flat, ends, axis=-1)
        start = join([new.reshape(a.shape) for new, a in zip(parts, floats, strict=True)])
        after, _ = advance(view, Weights(put(rest), u, r), start, part)
        return _flatten(after, batch)

    zero = jnp.zeros(params.w_x.shape[-1], flat.dtype)
    at = (flat, zero, zero, rest)
    _, push = jax.linearize(step, *at)
    still = jax.tree.map(jnp.zeros_like, at)

    def keep(old: Array) -> Array:
        return jax.vmap(lambda v: push(v, *still[1:]), in_axes=-1, out_axes=-1)(old)

    def by(index: int) -> Array:
        return jax.vmap(
            lambda v: push(*still[:index], v, *still[index + 1 :]), out_axes=-1
        )(jnp.eye(zero.size, dtype=zero.dtype))  # fmt: skip

    def by_leaf(index: int) -> Array:
        leaf = rest[index]

        def along(v: Array) -> Array:
            moves = [*still[3]]
            moves[index] = v.reshape(leaf.shape)
            return push(*still[:3], moves)

        return jax.vmap(along, out_axes=-1)(jnp.eye(leaf.size, dtype=leaf.dtype))

    return keep, by(1), by(2), [by_leaf(i) for i in range(len(rest))]


def _fresh(factors: Factors, part: Chunk) -> Factors:
    """Forget what the matrix was multiplied with before a reset: nothing depends on it now."""
    if part.resets is None:
        return factors
    kept = select(~part.resets[0], factors.a, jnp.zeros_like(factors.a))
    return factors._replace(a=kept)


def _advanced(old: Factors, past: Array, factor: Array, immediate: Array, sign: Array) -> Factors:
    """Return a (x) b for the sum of a (x) past and factor (x) immediate, cross terms signed."""
    factor = factor.astype(old.a.dtype)
    p0 = _balance(past, old.a)
    p1 = _balance(immediate, factor)
    sign = sign.astype(p1.dtype)
    a = p0[..., None] * old.a + (sign * p1)[..., None] * factor
    b = past / p0[..., None, None] + immediate * (sign / p1)[..., None, None]
    return Factors(a, b)


def _balance(b: Array, a: Array) -> Array:
    """Return the scale that makes the norms of two factors equal."""
    norm_a = jnp.sqrt(jnp.square(a).sum(-1))
    norm_b = jnp.sqrt(jnp.square(b).sum((-2, -1)))
    return jnp.sqrt((norm_b + TINY) / (norm_a + TINY))
