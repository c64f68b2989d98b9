"""The same model at the start and after some training: gradients change as memory grows."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxrnn.compare.audit import make_sample, state_before
from jaxrnn.compare.learner import Learner
from jaxrnn.compare.steps import first_carry, gradient_program, same_updates_step, update_program
from jaxrnn.gradients import Chunk, Params, bptt
from jaxrnn.gradients.scale import chunk_mean

__all__ = ["Moment", "Tell", "moments"]

Tell = Callable[[str], None]  # hears, in a few words, what is being done

_NEWS = 50  # updates between two words about the training


class Moment(NamedTuple):
    """Params at one time of the training, and the data to look at them with.

    Fields: at, "start" or "trained"; updates made; params; state before the chunk; chunk, weighted
    so that its loss is the mean per counted token.
    """

    at: str
    updates: int
    params: Params
    state: Any
    chunk: Chunk


def moments(learner: Learner, updates: int, tell: Tell) -> list[Moment]:
    """Train with full BPTT and return the moments before and after; without updates only before.

    Shapes: chunks `[T, B, ...]`.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> [moment.at for moment in moments(learner, 2, lambda text: None)]
        ['start', 'trained']
    """
    task, params, sample = learner.task, learner.init(), make_sample(learner)
    tell(f"{task.name}: compiling full BPTT")
    carry = first_carry(learner, None, params, sample.chunk)
    full = gradient_program(learner, bptt(), params, carry.memory, sample.chunk)
    update = same_updates_step(full, update_program(learner, params, carry.opt_state))

    def moment(at: str, made: int, params: Params) -> Moment:
        state = state_before(learner, full, params, sample)
        if state is None:
            state = learner.start(params, sample.chunk, jnp.int32(sample.number))
        return Moment(at, made, params, state, chunk_mean(sample.chunk))

    found = [moment("start", 0, params)]
    for number in range(updates):
        if number % _NEWS == 0:
            tell(f"{task.name}: training with full BPTT, {number} of {updates} updates")
        chunk = jax.tree.map(jnp.asarray, task.train(number))
        carry, _ = update(carry, chunk, jnp.int32(number))
    return [*found, moment("trained", updates, carry.params)] if updates else found
