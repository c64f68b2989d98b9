"""Question A: how wrong is the gradient? Frozen params, the same data, no training."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.compare.learner import Learner
from jaxrnn.compiled import Compiled
from jaxrnn.gradients import Chunk, Params, lag_profile
from jaxrnn.randomness import without_key

__all__ = ["Sample", "difference", "gradient_errors", "lags", "make_sample", "state_before"]


class Sample(NamedTuple):
    """The data of an audit: on a stream a chunk in the middle of things, else one that starts anew.

    Fields: before, the chunk that leads up to it on a stream, else None; chunk; number, which of
    the training chunks it is.
    """

    before: Chunk | None
    chunk: Chunk
    number: int


def make_sample(learner: Learner) -> Sample:
    """Return the first training chunk; on a stream the first after it in which no text starts.

    Shapes: chunks `[T, B, ...]`.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> make_sample(learner).number
        0
    """

    def chunk(number: int) -> Chunk:
        return jax.tree.map(jnp.asarray, learner.task.train(number))

    if not learner.task.stream:
        return Sample(None, chunk(0), 0)
    number = next((n for n in range(1, 16) if not _has_resets(chunk(n))), 1)
    return Sample(chunk(number - 1), chunk(number), number)


def _has_resets(chunk: Chunk) -> bool:
    return chunk.resets is not None and bool(chunk.resets.any())


def difference(estimate: Any, exact: Any) -> tuple[float, float]:
    """Return (||g' - g|| / ||g||, cosine of g' and g) over all leaves together.

    Shapes: two pytrees of one structure.

        >>> difference([jnp.array([3.0, 0.0])], [jnp.array([3.0, 4.0])])
        (0.8, 0.6)
    """

    def flat(tree: Any) -> np.ndarray:
        leaves = jax.tree.leaves(tree)
        return np.concatenate([np.asarray(leaf, np.float64).ravel() for leaf in leaves])

    a, b = flat(estimate), flat(exact)
    if np.array_equal(a, b):  # the method itself: no rounding in the cosine
        return 0.0, 1.0
    size_a, size_b = np.sqrt(a @ a), np.sqrt(b @ b)
    with np.errstate(invalid="ignore", divide="ignore"):  # no gradient at all: NaN, not a crash
        return float(np.sqrt((a - b) @ (a - b)) / size_b), float(a @ b / (size_a * size_b))


def state_before(learner: Learner, full: Compiled, params: Params, sample: Sample) -> Any:
    """Run up to the sample with these params; None off a stream.

    Shapes: the state's own.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> state_before(learner, None, learner.init(), make_sample(learner)) is None
        True
    """
    if sample.before is None:
        return None
    start = learner.start(params, sample.before, jnp.int32(0))
    return full.call(params, start, sample.before, jnp.int32(sample.number - 1))[2]


def gradient_errors(
    learner: Learner, programs: dict[str, Compiled], params: Params, sample: Sample
) -> dict[str, dict[str, float]]:
    """Return error and cosine of each method's gradient against that of "full".

    Shapes: programs, as `gradient_program` compiles them, by method name, "full" first.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.compare.steps import gradient_program
        >>> from jaxrnn.gradients import bptt, tbptt
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> params, sample = learner.init(), make_sample(learner)
        >>> programs = {
        ...     name: gradient_program(learner, method, params, None, sample.chunk)
        ...     for name, method in (("full", bptt()), ("tbptt:99", tbptt(99)))
        ... }
        >>> gradient_errors(learner, programs, params, sample)["tbptt:99"]["error"] < 1e-5
        True
    """
    names = list(programs)
    full = programs[names[0]]
    state = state_before(learner, full, params, sample)
    grads = {
        name: program.call(params, state, sample.chunk, jnp.int32(sample.number))[1]
        for name, program in programs.items()
    }
    pairs = {name: difference(g, grads[names[0]]) for name, g in grads.items()}
    return {name: {"error": error, "cosine": cosine} for name, (error, cosine) in pairs.items()}


def lags(learner: Learner, full: Compiled, params: Params, sample: Sample) -> list[float] | None:
    """Return `||d L_T / d s_{T - lag}||` for lag 1 .. T, None where the last loss is not one time.

    Shapes: `[T]`; the norm is over the state and the batch, the loss summed over the batch.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.compare.learner import make_learner
        >>> from jaxrnn.compare.steps import gradient_program
        >>> from jaxrnn.gradients import bptt
        >>> from jaxrnn.tasks import TASKS
        >>> learner = make_learner(TASKS["sine"](), Elman(4), seed=0, learning_rate=0.01)
        >>> params, sample = learner.init(), make_sample(learner)
        >>> full = gradient_program(learner, bptt(), params, None, sample.chunk)
        >>> len(lags(learner, full, params, sample)) == learner.task.steps
        True
    """
    if sample.chunk.mask is not None or _has_resets(sample.chunk):
        return None
    state = state_before(learner, full, params, sample)
    state = None if state is None else without_key(state)
    chunk = sample.chunk._replace(weights=None, resets=None)
    profile = lag_profile(learner.problem, params, state, chunk)
    return [float(v) for v in np.asarray(profile)[::-1]]
