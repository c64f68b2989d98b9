"""What is trained on a task: a cell, an output layer, an optimiser, all from one seed."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells import output_width
from jaxrnn.compare.methods import NamedMethod
from jaxrnn.gradients import Chunk, Params, Problem, accumulate
from jaxrnn.models import Output
from jaxrnn.randomness import with_key
from jaxrnn.tasks.task import Task
from jaxrnn.training.optimizers import standard_promotion

__all__ = ["CLIP_NORM", "Learner", "check_methods", "make_learner"]

CLIP_NORM = 1.0  # of the whole gradient, before Adam


@dataclasses.dataclass(frozen=True)
class Learner:
    """A model on a task, and how it is trained; the same for every gradient method.

    Fields: task; cell; output, the layer above it; problem, both as one differentiable loss;
    optimizer; learning_rate; seed.
    Shapes: params, those of the cell and of the output layer `[H, O]`.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> learner.init().head.w_hy.shape
        (4, 1)
    """

    task: Task
    cell: Cell
    output: Output
    problem: Problem
    optimizer: optax.GradientTransformation
    learning_rate: float
    seed: int

    def init(self) -> Params:
        """Draw the params that every method starts from."""
        cell_key, head_key = self._keys()[:2]
        params = self.cell.init(cell_key, self.task.input_size)
        width = output_width(self.cell, params, self.task.input_size)
        return Params(params, self.output.init(head_key, width))

    def start(self, params: Params, chunk: Chunk, number: Any) -> Any:
        """Return the state before a chunk that starts anew, with a key for whatever is random.

        Masks depend on the seed, the number of the chunk and the absolute step: not on the method.
        """
        state = self.cell.init_state(params.cell, chunk.xs.shape[1:-1])
        return with_key(state, jax.random.fold_in(self._keys()[2], number))

    def method_key(self, number: Any) -> Array:
        """Return the key of chunk `number` for gradient methods that draw."""
        return jax.random.fold_in(self._keys()[3], number)

    def _keys(self) -> Array:
        """One key for each purpose: the cell, the output layer, masks, gradient methods."""
        return jax.random.split(jax.random.key(self.seed), 4)

    def parameters(self, params: Params) -> int:
        """Return how many numbers are learned."""
        return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(params))


def make_learner(task: Task, cell: Cell, *, seed: int, learning_rate: float) -> Learner:
    """Put an output layer over `cell` and take the task's loss as the loss.

    Shapes: the output layer maps H to the task's O.
    Raises: what the cell and `Output` raise.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.tasks import TASKS
        >>> make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01).output.size
        1
    """
    output = Output(task.output_size)

    def loss(head: Any, ys: Array, targets: Any) -> Array:
        return task.loss(output.apply(head, ys), targets)

    return Learner(
        task, cell, output, Problem(cell, loss), _optimizer(learning_rate), learning_rate, seed
    )


def check_methods(task: Task, cell: Cell, methods: Sequence[NamedMethod]) -> None:
    """Find out, before anything is trained, whether each method fits the cell and the memory.

    Shapes: none; nothing is computed.
    Raises: TypeError and ValueError from the method, saying what it needs and what to use instead.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.methods import parse_methods
        >>> from jaxrnn.tasks import TASKS
        >>> check_methods(TASKS["sine"](), Elman(4), parse_methods("full,eprop"))
    """
    learner = make_learner(task, cell, seed=0, learning_rate=1.0)
    params, chunk = learner.init(), jax.tree.map(jnp.asarray, task.train(0))
    state = learner.start(params, chunk, 0)
    for named in methods:
        jax.eval_shape(partial(named.method.init, learner.problem), params, state, chunk)
        _check_derivatives(learner, named, params, state, chunk)


def _check_derivatives(
    learner: Learner, named: NamedMethod, params: Params, state: Any, chunk: Chunk
) -> None:
    """Trace the whole gradient: a method that goes forward in time needs forward mode."""
    gradient = partial(accumulate, named.method, learner.problem, key=learner.method_key(0))
    try:
        jax.eval_shape(gradient, params, state, chunk)
    except TypeError as error:
        if "custom_vjp" not in str(error):
            raise
        raise TypeError(
            f"{named.name}: needs derivatives forwards, which {learner.cell!r} does not have: a "
            "backward rule of its own (a custom_vjp, as in ClipCotangent) has none. Use "
            "tbptt(k1, k2) or bptt()."
        ) from None


def _optimizer(learning_rate: float) -> optax.GradientTransformation:
    chain = optax.chain(optax.clip_by_global_norm(CLIP_NORM), optax.adam(learning_rate))
    return standard_promotion(chain)
