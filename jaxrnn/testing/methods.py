"""The contract suite of gradient methods: each is compared with full BPTT and with itself."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells import GRU
from jaxrnn.gradients import (
    Chunk,
    GradientMethod,
    Params,
    Problem,
    accumulate,
    bptt,
    online,
)
from jaxrnn.randomness import with_key
from jaxrnn.testing.cells import randomise
from jaxrnn.treemath import split_floats

__all__ = ["METHOD_LAWS", "MethodSubject", "check_method"]

STEPS, BATCH, WIDTH = 6, 2, 2


class MethodSubject(NamedTuple):
    """A method on a cell, and what it promises."""

    method: GradientMethod
    cell: Cell
    exact: bool = False  # its gradient is that of full BPTT
    exact_head: bool = True  # that of the head is, at least
    learns: bool = False  # its memory keeps what it has learned, across resets too


class Case(NamedTuple):
    """One random run."""

    problem: Problem
    params: Params
    state: Any
    chunk: Chunk


def _loss(head: Array, ys: Array, targets: Array) -> Array:
    return jnp.square(jnp.tanh(ys) @ head - targets).sum(-1)


def _case(cell: Cell, steps: int = STEPS, marked: bool = False) -> Case:
    return _drawn(cell, steps, marked, jnp.result_type(float))


@lru_cache(maxsize=32)  # the laws and methods ask for the same few runs
def _drawn(cell: Cell, steps: int, marked: bool, _: Any) -> Case:
    params = randomise(cell.init(jax.random.key(0), WIDTH), 1)
    state = with_key(cell.init_state(params, BATCH), jax.random.key(5))
    _, y = cell.step(params, state, cell.project(params, jnp.zeros((BATCH, WIDTH))))
    head = randomise(jnp.zeros((y.shape[-1], WIDTH)), 2)
    xs, targets = (randomise(jnp.zeros((steps, BATCH, WIDTH)), seed) for seed in (3, 4))
    floats, join = split_floats(state)
    state = join(randomise(floats, 6))
    marks = _marks(steps) if marked else {}
    return Case(Problem(cell, _loss), Params(params, head), state, Chunk(xs, targets, **marks))


@lru_cache(maxsize=32)
def _truth(cell: Cell, steps: int, marked: bool) -> tuple[Array, Params, Any]:
    """Return what full BPTT gives, in float64."""
    return accumulate(bptt(), *_case(cell, steps, marked))


def _marks(steps: int) -> dict[str, Array]:
    """Return weights with zeros, a mask with holes, and resets."""
    generator = np.random.default_rng(0)
    shape = (steps, BATCH)
    return {
        "weights": jnp.asarray(generator.choice([0.0, 0.5, 2.0], shape)),
        "mask": jnp.asarray(generator.random(shape) < 0.8),
        "resets": jnp.asarray(generator.random(shape) < 0.25),
    }


def _sum(subject: MethodSubject, case: Case, key: int = 0) -> tuple[Array, Params, Any]:
    return accumulate(subject.method, *case, key=jax.random.key(key))


def _part(chunk: Chunk, start: int, stop: int) -> Chunk:
    return jax.tree.map(lambda leaf: leaf[start:stop], chunk)


def _close(got: Any, want: Any, tolerance: float = 1e-11) -> None:
    chex.assert_trees_all_close(_floats(got), _floats(want), rtol=tolerance, atol=tolerance)


def _floats(tree: Any) -> list[Array]:
    return split_floats(tree)[0]


def _is_the_run(subject: MethodSubject, steps: int = STEPS, marked: bool = False) -> None:
    with jax.enable_x64(True):
        case = _case(subject.cell, steps, marked)
        loss, grads, memory = _sum(subject, case)
        want_loss, want, after = _truth(subject.cell, steps, marked)
        _close((loss, memory.state), (want_loss, after.state))
        chex.assert_trees_all_equal_shapes_and_dtypes(grads, case.params)
        if subject.exact_head or subject.exact:
            _close(grads.head, want.head)
        if subject.exact:
            _close(grads, want)


def losses_and_state_are_those_of_the_run(subject: MethodSubject) -> None:
    """At frozen params the losses and the last state have nothing to do with the method."""
    _is_the_run(subject)


def marks_are_honoured(subject: MethodSubject) -> None:
    """So it is with weights, a mask with holes, and resets."""
    _is_the_run(subject, marked=True)


def any_number_of_steps(subject: MethodSubject) -> None:
    """T need not be a multiple of the window: the tail is not lost, and adds nothing."""
    _is_the_run(subject, steps=STEPS - 1)


def padding_is_harmless(subject: MethodSubject) -> None:
    """NaN in steps that the mask leaves out changes no bit of loss and gradient."""
    with jax.enable_x64(True):
        case = _case(subject.cell, marked=True)
        padding = ~np.asarray(case.chunk.mask)[..., None]
        dirty = case.chunk._replace(
            xs=jnp.where(padding, jnp.nan, case.chunk.xs),
            targets=jnp.where(padding, jnp.nan, case.chunk.targets),
        )
        clean = _sum(subject, case)
        chex.assert_trees_all_equal(clean[:2], _sum(subject, case._replace(chunk=dirty))[:2])


def segments_are_strangers(subject: MethodSubject) -> None:
    """What comes before a reset has no part in the gradient of what comes after it."""
    if subject.learns:
        return  # two runs learn other things than one
    with jax.enable_x64(True):
        length = max(subject.method.length, 1)
        half = -(-3 // length) * length  # the reset falls on the start of a window
        case = _case(subject.cell, steps=2 * half)
        start = case.problem.cell.init_state(case.params.cell, BATCH)
        resets = jnp.zeros((2 * half, BATCH), bool).at[half].set(True)
        whole = case._replace(state=start, chunk=case.chunk._replace(resets=resets))
        first, second = (
            case._replace(state=start, chunk=_part(whole.chunk, a, a + half)) for a in (0, half)
        )
        sums = [_sum(subject, first), _sum(subject, second)]
        if _differ(sums[0], _sum(subject, first, key=1)):
            return  # the gradient is drawn, and two runs draw other numbers than one
        loss, grads, _ = _sum(subject, whole)
        _close(loss, sums[0][0] + sums[1][0])
        _close(grads, jax.tree.map(jnp.add, sums[0][1], sums[1][1]))


def _differ(one: tuple[Array, Params, Any], other: tuple[Array, Params, Any]) -> bool:
    pairs = zip(_floats(one[1]), _floats(other[1]), strict=True)
    return any(bool((a != b).any()) for a, b in pairs)


def jit_is_eager(subject: MethodSubject) -> None:
    """Compiled and operation by operation give one gradient."""
    with jax.enable_x64(True):
        case = _case(subject.cell, steps=3)
        compiled = _sum(subject, case)[:2]
        with jax.disable_jit():
            _close(compiled, _sum(subject, case)[:2])


def a_stream_resumes_bit_for_bit(subject: MethodSubject) -> None:
    """Memory written out as NumPy and read again goes on as if it had never left."""
    method, optimizer = subject.method, optax.sgd(0.01, momentum=0.9)
    problem, params, state, chunk = _case(subject.cell)

    def stream(carry: tuple[Params, Any, Any], part: Chunk, key: Array) -> Any:
        return online(method, problem, optimizer, *carry, chunk=part, key=key)

    start = (params, optimizer.init(params), method.init(problem, params, state, chunk))
    first, second = (_part(chunk, a, a + STEPS // 2) for a in (0, STEPS // 2))
    keys = jax.random.split(jax.random.key(0))
    carry, _ = stream(start, first, keys[0])
    straight = stream(carry, second, keys[1])
    resumed = stream(_written(carry), second, keys[1])
    chex.assert_trees_all_equal(_floats(straight), _floats(resumed))
    moved = optax.tree.sub(straight[0][0], params)
    assert all(bool((leaf != 0).any()) for leaf in jax.tree.leaves(moved.head)), "nothing learned"


def _written(tree: Any) -> Any:
    def through_numpy(leaf: Array) -> Array:
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(jnp.asarray(np.asarray(jax.random.key_data(leaf))))
        return jnp.asarray(np.asarray(leaf))

    return jax.tree.map(through_numpy, tree)


METHOD_LAWS: tuple[Callable[[MethodSubject], None], ...] = (
    losses_and_state_are_those_of_the_run,
    marks_are_honoured,
    any_number_of_steps,
    padding_is_harmless,
    segments_are_strangers,
    jit_is_eager,
    a_stream_resumes_bit_for_bit,
)


def check_method(
    method: GradientMethod,
    cell: Cell | None = None,
    *,
    exact: bool = False,
    exact_head: bool = True,
    learns: bool = False,
) -> None:
    """Hold a gradient method against every law of the contract (`METHOD_LAWS`).

    At frozen params losses and last state are those of the plain run; the head's gradient is exact;
    T need not be a multiple of the window; NaN in padding is harmless; a reset keeps segments
    apart; jit is eager; a stream that was written out resumes bit for bit.

    Shapes: chunks `[6, 2, 2]` and shorter.
    Args: cell, a `GRU` if not given. exact, for a method that should equal full BPTT. exact_head,
        False for a method that estimates the head's gradient too. learns, for one whose memory
        keeps what it has learned, as `dni` does.
    Raises: AssertionError from the first law that is broken.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import tbptt
        >>> check_method(tbptt(2), Elman(2))
    """
    subject = MethodSubject(method, GRU(3) if cell is None else cell, exact, exact_head, learns)
    for law in METHOD_LAWS:
        law(subject)
