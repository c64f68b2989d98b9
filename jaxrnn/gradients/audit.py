"""Any gradient method against full BPTT, on the user's own model and data, at frozen params."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from jaxrnn.checks import as_positive, as_positive_int
from jaxrnn.compiled import Compiled, compile_program
from jaxrnn.gradients.bptt import bptt
from jaxrnn.gradients.method import GradientMethod, accumulate
from jaxrnn.gradients.problem import Chunk, Params, Problem
from jaxrnn.gradients.tbptt import tbptt

__all__ = [
    "Finding",
    "NoGradientError",
    "audit",
    "shortest_within",
    "smallest_window",
    "window_errors",
]

REPEATS = 5  # timed runs of each program; the median counts


class NoGradientError(ValueError):
    """Full BPTT has no gradient to measure others against: it is zero, or not finite.

    Shapes: none.

        >>> issubclass(NoGradientError, ValueError)
        True
    """


class Finding(NamedTuple):
    """What one method costs and how wrong it is.

    Fields: error, mean of ||g' - g|| / ||g|| over draws; bias, ||mean of g' - g|| / ||g||; std, the
    root of the mean of ||g' - mean||^2, over ||g||; cosine, mean of that of g' and g; draws, how
    many keys these are over, 1 if the method draws nothing; temp_bytes, the most memory the
    compiled program needs beside arguments and results, None where the backend doesn't tell;
    milliseconds of one run over the chunk, median; compile_seconds.

        >>> Finding(0.5, 0.5, 0.0, 0.9, 1, 1024, 0.1, 0.2).bias
        0.5
    """

    error: float
    bias: float
    std: float
    cosine: float
    draws: int
    temp_bytes: int | None
    milliseconds: float
    compile_seconds: float


def audit(
    problem: Problem,
    params: Params,
    state: Any,
    chunk: Chunk,
    methods: Mapping[str, GradientMethod],
    *,
    key: Array | None = None,
    draws: int = 16,
    tell: Callable[[str], None] = lambda name: None,
) -> dict[str, Finding]:
    """Measure each method against full BPTT at frozen params.

    Shapes: chunk `[T, *batch, ...]`; the state's own, None for the cell's first.
    Args: methods by name; key, for those that draw; draws, how many gradients of such a method are
        made: its bias is known to about std / sqrt(draws); tell, called with the name of each
        method before it is measured: large ones take a while.
    Returns: a `Finding` for each name. Times are of this machine, now; the rest is not.
    Raises: ValueError if the gradient of full BPTT is zero or not finite; what the methods raise.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import Elman
        >>> cell = Elman(3)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 2), None)
        >>> chunk = Chunk(jnp.ones((8, 4, 2)), jnp.zeros((8, 4, 3)))
        >>> found = audit(problem, params, None, chunk, {"full": bptt(), "cut": tbptt(2)})
        >>> found["full"].error < 1e-5 < found["cut"].bias
        True
    """
    draws = as_positive_int("audit", "draws", draws)
    key = jax.random.key(0) if key is None else key
    exact = _exact("audit", problem, params, state, chunk)
    keys = jax.random.split(key, draws)
    found = {}
    for name, method in methods.items():
        tell(name)
        found[name] = _find(_program(method, problem, params, state, chunk, key), keys, exact)
    return found


def window_errors(
    problem: Problem,
    params: Params,
    state: Any,
    chunk: Chunk,
    *,
    lengths: Sequence[int] | None = None,
) -> dict[int, float]:
    """Return how wrong the gradient of `tbptt(k)` is, for several k.

        errors[k] = ||g' - g|| / ||g||

    Shapes: chunk `[T, *batch, ...]`.
    Args: lengths k to try; T, T / 2, T / 4 .. 1, rounded up, if not given.
    Returns: errors by k, the shortest first.
    Raises: as `audit`.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import Elman
        >>> cell = Elman(3)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 2), None)
        >>> chunk = Chunk(jnp.ones((8, 4, 2)), jnp.zeros((8, 4, 3)))
        >>> list(window_errors(problem, params, None, chunk))
        [1, 2, 4, 8]
    """
    return _window_errors("window_errors", problem, params, state, chunk, lengths)


def smallest_window(
    problem: Problem,
    params: Params,
    state: Any,
    chunk: Chunk,
    *,
    tolerance: float = 0.1,
    lengths: Sequence[int] | None = None,
) -> int | None:
    """Return the least k tried from which on `tbptt(k)` stays near full BPTT.

    The error need not fall with every step of k, so all longer lengths that were tried are within
    the tolerance too.

    Shapes: chunk `[T, *batch, ...]`.
    Args: tolerance, of ||g' - g|| / ||g||; lengths to try; T, T / 2, T / 4 .. 1, rounded up, if
        not given.
    Returns: k, or None if not even the longest length will do.
    Raises: as `audit`.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import Elman
        >>> cell = Elman(3)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 2), None)
        >>> chunk = Chunk(jnp.ones((8, 4, 2)), jnp.zeros((8, 4, 3)))
        >>> smallest_window(problem, params, None, chunk, tolerance=1e-6)
        8
    """
    as_positive("smallest_window", "tolerance", tolerance)
    errors = _window_errors("smallest_window", problem, params, state, chunk, lengths)
    return shortest_within(errors, tolerance)


def shortest_within(errors: Mapping[int, float], tolerance: float) -> int | None:
    """Return the least k from which on all errors are within the tolerance.

    Shapes: none.
    Returns: k, or None if not even the longest is.

        >>> shortest_within({1: 0.5, 2: 0.02, 4: 0.2, 8: 0.03, 16: 0.0}, 0.1)
        8
    """
    found = None
    for length in sorted(errors, reverse=True):
        if not errors[length] <= tolerance:  # NaN too
            break
        found = length
    return found


def _window_errors(
    owner: str, problem: Problem, params: Params, state: Any, chunk: Chunk,
    lengths: Sequence[int] | None,
) -> dict[int, float]:  # fmt: skip
    steps = chunk.xs.shape[0]
    if lengths is None:
        lengths = list({-(-steps // 2**i) for i in range(steps.bit_length() + 1)})
    exact = _exact(owner, problem, params, state, chunk)
    errors = {}
    for length in sorted(lengths):
        grads = _flat(accumulate(tbptt(length), problem, params, state, chunk)[1])
        errors[length] = float(np.linalg.norm(grads - exact) / np.linalg.norm(exact))
    return errors


def _exact(owner: str, problem: Problem, params: Params, state: Any, chunk: Chunk) -> np.ndarray:
    """Return the gradient of full BPTT, which has to be one."""
    exact = _flat(accumulate(bptt(), problem, params, state, chunk)[1])
    size = np.linalg.norm(exact)
    if not (np.isfinite(size) and size > 0):
        raise NoGradientError(
            f"{owner}: the gradient of full BPTT has the norm {size}: nothing can be measured "
            "against it. Look at the losses and at lag_profile first; training may have "
            "diverged, or the learning rate be too high."
        )
    return exact


def _flat(tree: Any) -> np.ndarray:
    return np.concatenate([np.asarray(leaf, np.float64).ravel() for leaf in jax.tree.leaves(tree)])


def _program(
    method: GradientMethod, problem: Problem, params: Params, state: Any, chunk: Chunk, key: Array
) -> Any:
    """Compile the method's gradient, a function of the key only to its user."""

    def gradient(params: Params, state: Any, chunk: Chunk, key: Array) -> Params:
        return accumulate(method, problem, params, state, chunk, key=key)[1]

    compiled = compile_program(gradient, params, state, chunk, key)
    return compiled._replace(call=partial(compiled.call, params, state, chunk))


def _find(program: Compiled, keys: Array, exact: np.ndarray) -> Finding:
    grads = np.stack([_flat(program.call(k)) for k in keys])
    if (grads == grads[0]).all():  # nothing was drawn
        grads = grads[:1]
    size, mean = np.linalg.norm(exact), grads.mean(0)
    norms = np.linalg.norm(grads, axis=1)
    cosines = grads @ exact / np.where(norms > 0, norms * size, 1)
    return Finding(
        error=float(np.linalg.norm(grads - exact, axis=1).mean() / size),
        bias=float(np.linalg.norm(mean - exact) / size),
        std=float(np.sqrt(np.square(grads - mean).sum(1).mean()) / size),
        cosine=float(cosines.mean()),
        draws=len(grads),
        temp_bytes=program.temp_bytes,
        milliseconds=_milliseconds(program, keys[0]),
        compile_seconds=program.seconds,
    )


def _milliseconds(program: Compiled, key: Array) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        jax.block_until_ready(program.call(key))
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1e3)
