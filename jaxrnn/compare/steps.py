"""One chunk of training, in the two designs: the same updates for all, or each method's own."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from jaxrnn.compare.learner import Learner
from jaxrnn.compiled import Compiled, compile_program
from jaxrnn.gradients import Chunk, GradientMethod, Params, accumulate, online
from jaxrnn.gradients.scale import chunk_mean, window_counts, window_mean
from jaxrnn.tasks.task import Task

__all__ = [
    "Carry", "Step", "first_carry", "gradient_program", "loss_steps", "online_program", "same_run",
    "same_updates_step", "update_program",
]  # fmt: skip


class Carry(NamedTuple):
    """What training hands from chunk to chunk.

    Fields: params; opt_state; memory, the state of a stream or the method's memory of one, None if
    every chunk starts anew; updates made so far.

        >>> Carry(None, None, None, 3).updates
        3
    """

    params: Any
    opt_state: Any
    memory: Any
    updates: Any


# (carry, chunk, its number) -> (carry, mean loss per counted token of the chunk)
Step = Callable[[Carry, Chunk, Any], tuple[Carry, Array]]


def gradient_program(
    learner: Learner, method: GradientMethod, params: Params, state: Any, chunk: Chunk
) -> Compiled:
    """Compile `(params, state, chunk, number) -> (loss, grads, state)` at frozen params.

    Loss and gradient are those of the mean over the chunk. The audit and the training with the same
    updates call this very program.

    Shapes: chunk `[T, *batch, ...]`; loss `[]`; grads those of params; state None off a stream.

        >>> import jax
        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.gradients import tbptt
        >>> from jaxrnn.tasks import TASKS
        >>> task = TASKS["sine"]()
        >>> learner = make_learner(task, Elman(4), seed=0, learning_rate=0.01)
        >>> params, chunk = learner.init(), jax.tree.map(jnp.asarray, task.train(0))
        >>> program = gradient_program(learner, tbptt(2), params, None, chunk)
        >>> loss, grads, _ = program.call(params, None, chunk, jnp.int32(0))
        >>> grads.cell.w_h.shape
        (4, 4)
    """
    stream = learner.task.stream

    def gradient(params: Params, state: Any, chunk: Chunk, number: Array) -> tuple[Any, Any, Any]:
        if not stream:
            state = learner.start(params, chunk, number)
        loss, grads, memory = accumulate(
            method, learner.problem, params, state, chunk_mean(chunk),
            key=learner.method_key(number),
        )  # fmt: skip
        return loss, grads, memory.state if stream else None

    return compile_program(gradient, params, state, chunk, jnp.int32(0))


def update_program(learner: Learner, params: Params, opt_state: Any) -> Compiled:
    """Compile `(params, opt_state, grads) -> (params, opt_state)`, shared by all methods.

    Shapes: those of params.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> params = learner.init()
        >>> program = update_program(learner, params, learner.optimizer.init(params))
        >>> program.seconds > 0
        True
    """

    def update(params: Params, opt_state: Any, grads: Params) -> tuple[Any, Any]:
        steps, opt_state = learner.optimizer.update(grads, opt_state, params)
        return optax.apply_updates(params, steps), opt_state

    return compile_program(update, params, opt_state, params)


def same_updates_step(gradient: Compiled, update: Compiled) -> Step:
    """Return the step of design B: one update per chunk, from gradients at frozen params.

    Shapes: chunk `[T, *batch, ...]`; loss `[]`.

        >>> gradient = Compiled(lambda p, s, c, n: (p * p, 2 * p, s), 0.0, 0)
        >>> update = Compiled(lambda p, o, g: (p - 0.25 * g, o), 0.0, 0)
        >>> same_updates_step(gradient, update)(Carry(2.0, None, None, 0), None, 0)
        (Carry(params=1.0, opt_state=None, memory=None, updates=1), 4.0)
    """

    def step(carry: Carry, chunk: Chunk, number: Any) -> tuple[Carry, Array]:
        loss, grads, state = gradient.call(carry.params, carry.memory, chunk, number)
        params, opt_state = update.call(carry.params, carry.opt_state, grads)
        return Carry(params, opt_state, state, carry.updates + 1), loss

    return step


def first_carry(
    learner: Learner, method: GradientMethod | None, params: Params, chunk: Chunk
) -> Carry:
    """Return the carry before the first chunk; without a method the one of design B.

    Shapes: chunk, any stretch of the data.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> task = TASKS["sine"]()
        >>> learner = make_learner(task, Elman(4), seed=0, learning_rate=0.01)
        >>> first_carry(learner, None, learner.init(), task.train(0)).updates
        0
    """
    opt_state = learner.optimizer.init(params)
    memory = None
    if learner.task.stream:
        memory = learner.start(params, chunk, jnp.int32(0))
    if method is None:
        return Carry(params, opt_state, memory, 0)
    if learner.task.stream:
        scaled = window_mean(chunk, method.length)
        memory = method.init(learner.problem, params, memory, scaled)
    return Carry(params, opt_state, memory, jnp.int32(0))


def online_program(
    learner: Learner, method: GradientMethod, carry: Carry, chunk: Chunk
) -> Compiled:
    """Compile the step of design C: an update per window, the state carried through them.

    A window in which no loss counts makes no update.

    Shapes: chunk `[T, *batch, ...]`; loss `[]`.

        >>> import jax
        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.gradients import tbptt
        >>> from jaxrnn.tasks import TASKS
        >>> task = TASKS["sine"]()
        >>> learner = make_learner(task, Elman(4), seed=0, learning_rate=0.01)
        >>> chunk = jax.tree.map(jnp.asarray, task.train(0))
        >>> carry = first_carry(learner, tbptt(5), learner.init(), chunk)
        >>> program = online_program(learner, tbptt(5), carry, chunk)
        >>> carry, loss = program.call(carry, chunk, jnp.int32(0))
        >>> int(carry.updates) in (1, 2)
        True
    """
    stream = learner.task.stream

    def step(carry: Carry, chunk: Chunk, number: Array) -> tuple[Carry, Array]:
        scaled = window_mean(chunk, method.length)
        memory = carry.memory
        if not stream:
            state = learner.start(carry.params, chunk, number)
            memory = method.init(learner.problem, carry.params, state, scaled)
        (params, opt_state, memory), losses = online(
            method, learner.problem, learner.optimizer, carry.params, carry.opt_state, memory,
            scaled, key=learner.method_key(number),
        )  # fmt: skip
        counts = window_counts(chunk, method.length)
        # means of windows, weighted to be the mean of the chunk: comparable with the other design
        loss = (losses * counts).sum() / jnp.maximum(counts.sum(), jnp.finfo(counts.dtype).tiny)
        updates = carry.updates + (counts > 0).sum(dtype=jnp.int32)
        return Carry(params, opt_state, memory if stream else None, updates), loss

    return compile_program(step, carry, chunk, jnp.int32(0))


def loss_steps(task: Task) -> Callable[[int], np.ndarray]:
    """Return a function that tells at which steps of a training chunk a loss counts.

    Each chunk is prepared once, however often it is asked about.

    Shapes: result int `[n]`, steps in ascending order.

        >>> from jaxrnn.tasks import TASKS
        >>> loss_steps(TASKS["digits"](steps=8))(0).tolist()
        [7]
    """

    @functools.cache
    def steps(number: int) -> np.ndarray:
        chunk = task.train(number)
        # in NumPy, thousands of small calls are quick there
        counts = np.ones(chunk.xs.shape[:-1], bool)
        for given in (chunk.weights, chunk.mask):
            counts = counts if given is None else counts & (np.asarray(given) != 0)
        return np.flatnonzero(counts.reshape(len(counts), -1).any(-1))

    return steps


def same_run(
    learner: Learner, method: GradientMethod, carry: Carry, chunks: int,
    steps: Callable[[int], np.ndarray],
) -> bool:  # fmt: skip
    """Tell whether both designs are one and the same run of this method.

    They are when the window is the whole chunk and nothing but the state outlives it, or when every
    chunk starts anew and has losses in one window only, as with a single answer at the end.

    Shapes: chunks, how many are trained on; carry, that of design C; steps, `loss_steps(task)`.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.gradients import bptt, tbptt
        >>> from jaxrnn.tasks import TASKS
        >>> task = TASKS["text"](steps=4, batch=1)
        >>> learner = make_learner(task, Elman(4), seed=0, learning_rate=0.01)
        >>> carry = first_carry(learner, bptt(), learner.init(), task.train(0))
        >>> steps = loss_steps(task)
        >>> [same_run(learner, method, carry, 5, steps) for method in (bptt(), tbptt(2))]
        [True, False]
    """
    whole = not method.length or method.length >= learner.task.steps
    if whole and getattr(carry.memory, "_fields", ("state",)) == ("state",):
        return True
    if learner.task.stream:
        return False
    length = method.length or learner.task.steps
    # every chunk is looked at: a task may place its losses elsewhere in each
    return all(len(np.unique(steps(i) // length)) <= 1 for i in range(chunks))
