"""A split cell whose linear maps can be seen from outside: what forward traces are made of.

The derivative of a step by a matrix is an outer product: what the matrix multiplies, times the
derivative of the step by what comes out of the product. `Watched` shows the first factor in its
output and lets the second be taken: `u` and `r` in its params are added to the projected input and
to the recurrent product. It runs under `jaxrnn.scan`, so mask and resets keep their one meaning.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.drivers import scan
from jaxrnn.gradients.problem import Chunk, Params, Problem, losses
from jaxrnn.treemath import split_floats

__all__ = [
    "Local", "Watched", "Weights", "advance", "has_matrix", "leaves_beside", "local_gradient",
    "weights",
]  # fmt: skip


class Weights(NamedTuple):
    """Params of a `Watched` cell: the cell's own, and zeros at which derivatives are taken."""

    cell: Any
    u: Array  # [G*H], added to the projected input
    r: Array  # [G*H], added to the recurrent product


@dataclasses.dataclass(frozen=True)
class Watched:
    """The cell itself, with outputs (y, x, h): beside y what `w_x` and `w_h` multiply.

    Fields: cell; detached, whether the state inside `recur` is a constant.
    Shapes: the cell's; h `[..., H]`, None if the cell has no recurrent matrix.

        >>> from jaxrnn import LSTM
        >>> cell = Watched(LSTM(2), detached=True)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> _, (y, x, h) = scan(cell, params, None, jnp.ones((5, 4, 3)))
        >>> y.shape, x.shape, h.shape, bool((y[:-1] == h[1:]).all())
        ((5, 4, 2), (5, 4, 3), (5, 4, 2), True)
    """

    cell: Any  # a SplitCell, which is checked while a method is set up
    detached: bool

    def init(self, key: Array, input_size: int) -> Weights:
        """Draw the cell's params."""
        return weights(self.cell.init(key, input_size))

    def init_state(self, params: Weights, batch: int | Sequence[int] = ()) -> Any:
        """Return the cell's first state."""
        return self.cell.init_state(params.cell, batch)

    def project(self, params: Weights, x: Array) -> tuple[Array, Array]:
        """Return (x, u)."""
        u = self.cell.project(params.cell, x)
        return x, u + params.u.astype(u.dtype)

    def step(self, params: Weights, state: Any, u: Any) -> tuple[Any, Any]:
        """Advance one step."""
        x, u = u
        seen = _constant(state) if self.detached else state
        r = self.cell.recur(params.cell, seen)
        r = r + params.r.astype(r.dtype)
        state, y = self.cell.update(params.cell, state, u, r)
        return state, (y, x, self._multiplied(params.cell, seen))

    def _multiplied(self, params: Any, state: Any) -> Array | None:
        """Return what `w_h` multiplies: what comes out of an identity in its place."""
        if not has_matrix(params, "w_h"):
            return None
        rows, columns = params.w_h.shape
        eye = jnp.eye(rows, columns, dtype=params.w_h.dtype)
        return self.cell.recur(params._replace(w_h=eye), state)[..., :rows]


def _constant(state: Any) -> Any:
    floats, join = split_floats(state)
    return join(jax.lax.stop_gradient(floats))


def has_matrix(params: Any, name: str) -> bool:
    """Tell whether params hold a matrix of that name.

    Shapes: any.

        >>> from jaxrnn import Elman, IndRNN
        >>> [has_matrix(c(2).init(jax.random.key(0), 3), "w_h") for c in (Elman, IndRNN)]
        [True, False]
    """
    return getattr(getattr(params, name, None), "ndim", 0) == 2


def leaves_beside(params: Any) -> tuple[list[Array], Callable[[Sequence[Array]], Any]]:
    """Return the floating leaves beside the matrices `w_x` and `w_h`, and what puts others there.

    Shapes: unchanged.

        >>> from jaxrnn import GRU
        >>> leaves, put = leaves_beside(GRU(2).init(jax.random.key(0), 3))
        >>> [leaf.shape for leaf in leaves], put(leaves).w_h.shape
        ([(6,), (2,)], (2, 6))
    """
    matrices = {name: getattr(params, name) for name in ("w_x", "w_h") if has_matrix(params, name)}
    leaves, join = split_floats(params._replace(**dict.fromkeys(matrices)))
    return leaves, lambda leaves: join(leaves)._replace(**matrices)


def weights(params: Any) -> Weights:
    """Return the params of a `Watched` cell around params with a matrix `w_x`.

    Shapes: w_x `[D, G*H]`; u and r `[G*H]`.

        >>> from jaxrnn import GRU
        >>> weights(GRU(2).init(jax.random.key(0), 3)).u.shape
        (6,)
    """
    u, r = (jnp.zeros(params.w_x.shape[-1], params.w_x.dtype) for _ in "ur")
    return Weights(params, u, r)


def advance(
    view: Watched, params: Weights, state: Any, part: Chunk
) -> tuple[list[Array], tuple[Any, Any]]:
    """Take one step: (floating leaves of the state after it, (state, outputs)).

    Shapes: part `[1, *batch, ...]`; outputs (y, x, h) with the same leading axes.

        >>> from jaxrnn import GRU
        >>> view, part = Watched(GRU(2), detached=False), Chunk(jnp.ones((1, 4, 3)), None)
        >>> floats, _ = advance(view, view.init(jax.random.key(0), 3), None, part)
        >>> floats[0].shape
        (4, 2)
    """
    state, outputs = scan(view, params, state, part.xs, mask=part.mask, resets=part.resets)
    return split_floats(state)[0], (state, outputs)


class Local(NamedTuple):
    """What one step gives without its past, and what its past has to be multiplied with."""

    losses: Array  # [1]
    grads: Params  # at a constant state before the step
    back: list[Array]  # dl_t / ds_{t-1}, leaves [*batch, ...]
    state: Any  # after the step
    x: Array  # [*batch, D], what w_x multiplies
    h: Array | None  # [*batch, H], what w_h multiplies


def local_gradient(
    problem: Problem, view: Watched, params: Params, state: Any, part: Chunk,
    signal: Callable[[Any], Any] = lambda signal: signal,
) -> Local:  # fmt: skip
    """Differentiate the loss of one step by params and by the state before it.

    `signal` replaces dl_t/dy_t on its way into the cell; the head keeps its exact gradient.

    Shapes: part `[1, *batch, ...]`; the signal that of y.

        >>> from jaxrnn import Elman
        >>> problem = Problem(Elman(2), lambda head, ys, targets: ys.sum(-1))
        >>> params = Params(Elman(2).init(jax.random.key(0), 3), None)
        >>> state = Elman(2).init_state(params.cell, 4)
        >>> view, part = Watched(Elman(2), detached=False), Chunk(jnp.ones((1, 4, 3)), None)
        >>> local_gradient(problem, view, params, state, part).back[0].shape
        (4, 2)
    """
    floats, join = split_floats(state)

    def forward(cell_params: Any, floats: list[Array]) -> tuple[Any, Any]:
        _, (new, (ys, xs, hs)) = advance(view, weights(cell_params), join(floats), part)
        return ys, (new, xs, hs)

    ys, pullback, (new, xs, hs) = jax.vjp(forward, params.cell, floats, has_aux=True)

    def total(head: Any, ys: Any) -> tuple[Array, Array]:
        each = losses(problem, head, ys, part)
        return each.sum(), each

    (head, at_ys), each = jax.grad(total, argnums=(0, 1), has_aux=True)(params.head, ys)
    cell, back = pullback(signal(at_ys))
    return Local(each, Params(cell, head), back, new, xs[0], None if hs is None else hs[0])
