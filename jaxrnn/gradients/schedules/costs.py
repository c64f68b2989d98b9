"""The sizes that memory schedules trade in, from shapes alone: nothing is compiled or run."""

from typing import Any, NamedTuple

import jax

from jaxrnn.gradients.problem import Chunk, Params, Problem, run
from jaxrnn.treemath import split_floats

__all__ = ["Costs", "Prediction", "costs_of"]


class Prediction(NamedTuple):
    """What a schedule needs for a gradient over a number of steps."""

    temp_bytes: int
    forward_evaluations: int  # steps of the cell, those of the first pass and padding included
    steps_once: int  # those of the first pass alone


class Costs(NamedTuple):
    """Bytes, for the whole batch."""

    state: int  # c: one state
    step: int  # r: what the backward pass needs of one step
    padded_step: int  # r with a mask, which padding brings
    inputs: int  # one step of the chunk, mask included: what padding copies
    gradient: int  # g: one gradient
    loss: int  # the loss of one step, or the number of a step
    loop: int = 1024  # scalars of a loop, and what is lost between small buffers

    def when_padded(self, padded: bool) -> "Costs":
        """Return the costs of steps that may not exist."""
        return self._replace(step=self.padded_step) if padded else self


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def _steps(chunk: Chunk, count: int) -> Any:
    """Return a chunk of `count` steps, as shapes."""
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct((count, *a.shape[1:]), a.dtype), chunk)


def _with_mask(chunk: Chunk) -> Chunk:
    mask = jax.ShapeDtypeStruct(chunk.xs.shape[:-1], bool) if chunk.mask is None else chunk.mask
    return chunk._replace(mask=mask)


def _saved_bytes(problem: Problem, params: Params, state: Any, chunk: Chunk) -> int:
    """Return the bytes that the way back of `run` keeps."""

    def pullback(params: Params, state: Any, chunk: Chunk) -> Any:
        floats, join = split_floats((params, state))

        def values(floats: Any) -> Any:
            given_params, given_state = join(floats)
            state, losses = run(problem, given_params, given_state, chunk)
            return split_floats(state)[0], losses

        return jax.vjp(values, floats)[1]

    return _bytes(jax.eval_shape(pullback, params, state, chunk))


def costs_of(problem: Problem, params: Params, state: Any, chunk: Chunk) -> Costs:
    """Return the bytes of a state, of a step and of a gradient.

    A step's part is what one more step adds to the residuals of `run`, and thrice its u: the
    cotangents of u are stacked too, and copied for the one product that makes the gradient of
    `project` at the end. That count is the CPU compiler's; `verify` says what another one needs.

    Shapes: chunk `[T, *batch, ...]`, arrays or `jax.ShapeDtypeStruct`s.

        >>> from jaxrnn import Elman
        >>> import jax.numpy as jnp
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((5, 4, 3)), jnp.zeros((5, 4, 2)))
        >>> costs_of(problem, params, cell.init_state(params.cell, 4), chunk).state
        32
    """
    params, state, chunk = jax.eval_shape(lambda *a: a, params, state, chunk)

    def losses(params: Params, state: Any, chunk: Chunk) -> Any:
        return run(problem, params, state, chunk)[1]

    def added(whole: Chunk) -> int:
        short, long = (_saved_bytes(problem, params, state, _steps(whole, n)) for n in (2, 3))
        us = jax.eval_shape(problem.cell.project, params.cell, _steps(whole, 1).xs)
        return long - short + 3 * _bytes(us)

    masked = _with_mask(chunk)
    return Costs(
        state=_bytes(state),
        step=added(chunk),
        padded_step=added(masked),
        inputs=_bytes(_steps(masked, 1)),
        gradient=_bytes(jax.eval_shape(lambda p: split_floats(p)[0], params)),
        loss=_bytes(jax.eval_shape(losses, params, state, _steps(chunk, 1))),
    )
