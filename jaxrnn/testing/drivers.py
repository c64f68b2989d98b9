"""The contract suite of drivers: each is compared with a Python loop over `step`."""

from collections.abc import Callable
from typing import Any, NamedTuple

import chex
import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.cells import GRU
from jaxrnn.numerics import jax_option
from jaxrnn.randomness import is_clock, without_key
from jaxrnn.testing.cells import randomise
from jaxrnn.testing.oracle import loop
from jaxrnn.treemath import split_floats

__all__ = ["DRIVER_LAWS", "Subject", "check_driver", "value_and_gradients"]

Driver = Callable[..., tuple[Any, Any]]

# every case compiles its own program: few cases, small shapes
SETTINGS = hypothesis.settings(
    deadline=None, derandomize=True, database=None,
    suppress_health_check=(hypothesis.HealthCheck.too_slow,),
)  # fmt: skip


class Subject(NamedTuple):
    """What is tested against what: a driver, its oracle, a cell, and how params start.

    Shapes: random cases have up to `steps` T and `batch` B.
    """

    driver: Driver
    oracle: Driver
    cell: Cell
    init: Callable[[Array, int], Any]
    input_size: int
    examples: int = 6  # random cases of the law that draws them
    steps: int = 5
    batch: int = 3


class Case(NamedTuple):
    """One random run: xs `[T, B, D]` and the options that say which steps are real."""

    xs: Array
    options: dict[str, Any]


def _params(subject: Subject) -> Any:
    return randomise(subject.init(jax.random.key(0), subject.input_size), 1)


def _state(subject: Subject, params: Any, xs: Array) -> Any:
    """Return a random state; its structure is found by running the driver's shapes."""
    shapes = jax.eval_shape(lambda: subject.driver(subject.cell, params, None, xs)[0])
    zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    return randomise(without_key(zeros), 2)


def _floats(tree: Any) -> list[Array]:
    """Return the numbers of a tree; clocks go on in padding, where a loop has no steps."""
    leaves = jax.tree.leaves(tree, is_leaf=is_clock)
    return [leaf for leaf in leaves if not is_clock(leaf)]


def value_and_gradients(
    driver: Driver, cell: Cell, params: Any, state: Any, xs: Array, options: dict[str, Any]
) -> tuple[Any, Any]:
    """Return ((final state, ys), gradients by params, state and xs) of a random linear loss.

    Shapes: the driver's own; gradients like what they belong to.

        >>> from jaxrnn import Elman, scan
        >>> cell = Elman(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state = cell.init_state(params, 2)
        >>> out, grads = value_and_gradients(scan, cell, params, state, jnp.ones((4, 2, 3)), {})
        >>> grads[2].shape
        (4, 2, 3)
    """
    numbers, join = split_floats(state)

    def loss(params: Any, numbers: list[Array], xs: Array) -> tuple[Array, Any]:
        out = driver(cell, params, join(numbers), xs, **options)
        leaves = _floats(out)
        weights = [randomise(jnp.zeros(a.shape), 10 + i) for i, a in enumerate(leaves)]
        parts = [jnp.vdot(w, a) for w, a in zip(weights, leaves, strict=True)]
        return sum(parts[1:], parts[0]), leaves

    gradient = jax.grad(loss, argnums=(0, 1, 2), has_aux=True)
    grads, out = jax.jit(gradient)(params, numbers, xs)
    return out, grads


def _compare(subject: Subject, case: Case, tolerance: float = 1e-10) -> None:
    params = _params(subject)
    state = _state(subject, params, case.xs)
    arguments = (subject.cell, params, state, case.xs, case.options)
    got = value_and_gradients(subject.driver, *arguments)
    want = value_and_gradients(subject.oracle, *arguments)
    chex.assert_trees_all_close(got, want, atol=tolerance, rtol=tolerance)


@st.composite
def _cases(draw: Any, subject: Subject) -> Case:
    steps = draw(st.integers(1, subject.steps))
    batch = draw(st.integers(1, subject.batch))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["lengths"] = np.array(draw(st.lists(
            st.integers(0, steps), min_size=batch, max_size=batch)))  # fmt: skip
    if draw(st.booleans()):
        options["mask"] = generator.random((steps, batch)) < 0.7
    if draw(st.booleans()):
        options["resets"] = generator.random((steps, batch)) < 0.3
    return Case(jnp.asarray(generator.normal(size=(steps, batch, subject.input_size))), options)


def equals_the_loop(subject: Subject) -> None:
    """Values, final states and all gradients are those of the Python loop, however ragged."""

    @hypothesis.settings(SETTINGS, max_examples=subject.examples)
    @hypothesis.given(st.data())
    def check(data: Any) -> None:
        with jax.enable_x64(True):
            _compare(subject, data.draw(_cases(subject)))

    check()


def jit_is_eager(subject: Subject) -> None:
    """A compiled run gives the numbers of one that goes operation by operation."""
    with jax.enable_x64(True):
        params, xs = _params(subject), randomise(jnp.zeros((2, 2, subject.input_size)), 3)
        lengths = jnp.array([2, 1])

        def run(params: Any, xs: Array, lengths: Array) -> list[Array]:
            return _floats(subject.driver(subject.cell, params, None, xs, lengths=lengths))

        with jax.disable_jit():
            eager = run(params, xs, lengths)
        chex.assert_trees_all_close(jax.jit(run)(params, xs, lengths), eager, atol=1e-12)


def padded_is_unpadded(subject: Subject) -> None:
    """A padded row gives what the row alone, cut to its length, gives."""
    with jax.enable_x64(True):
        params, xs = _params(subject), randomise(jnp.zeros((5, 3, subject.input_size)), 3)
        lengths = np.array([2, 5, 4])
        _, ys = subject.driver(subject.cell, params, None, xs, lengths=lengths)
        for row, length in enumerate(lengths):
            _, alone = subject.driver(subject.cell, params, None, xs[:length, row : row + 1])
            cut = jax.tree.map(lambda a, n=length, b=row: a[:n, b : b + 1], ys)
            chex.assert_trees_all_close(_floats(cut), _floats(alone), atol=1e-12)


def padding_is_harmless(subject: Subject) -> None:
    """NaN, Inf or 1e38 in padding change no bit, and have a gradient of exactly 0."""
    params = _params(subject)
    xs = randomise(jnp.zeros((5, 3, subject.input_size)), 3)
    lengths = np.array([5, 0, 3])
    padding = (np.arange(5)[:, None] >= lengths)[:, :, None]
    arguments = (_state(subject, params, xs), jnp.where(padding, 0, xs), {"lengths": lengths})
    clean = value_and_gradients(subject.driver, subject.cell, params, *arguments)
    chex.assert_tree_all_finite(clean)
    for value in (jnp.nan, jnp.inf, 1e38):
        dirty = (arguments[0], jnp.where(padding, value, xs), arguments[2])
        got = value_and_gradients(subject.driver, subject.cell, params, *dirty)
        chex.assert_trees_all_equal(got, clean)
        assert not np.asarray(got[1][2])[np.broadcast_to(padding, xs.shape)].any()


def empty_rows_do_nothing(subject: Subject) -> None:
    """Length 0 returns the initial state to the bit; then no weight has a gradient."""
    params = _params(subject)
    xs = randomise(jnp.zeros((4, 2, subject.input_size)), 3)
    state = _state(subject, params, xs)
    options = {"lengths": np.zeros(2, int)}
    _, grads = value_and_gradients(subject.driver, subject.cell, params, state, xs, options)
    final, _ = subject.driver(subject.cell, params, state, xs, **options)
    chex.assert_trees_all_equal(_floats(final), _floats(state))
    chex.assert_trees_all_equal(grads[0], jax.tree.map(jnp.zeros_like, params))
    assert not np.asarray(grads[2]).any()


def empty_axes_work(subject: Subject) -> None:
    """T = 0 returns the state to the bit, B = 0 gives an empty batch."""
    params = _params(subject)
    # JAX itself refuses an empty scan where nothing is jitted
    for shape in ((4, 0),) if jax_option("jax_disable_jit") else ((0, 2), (4, 0)):
        xs = jnp.zeros((*shape, subject.input_size))
        full = jnp.zeros((4, shape[1], subject.input_size))
        state = _state(subject, params, full)
        final, ys = subject.driver(subject.cell, params, state, xs)
        assert all(leaf.shape[:2] == shape for leaf in _floats(ys))
        if shape[0] == 0:
            chex.assert_trees_all_equal(_floats(final), _floats(state))


def rows_are_independent(subject: Subject) -> None:
    """NaN in a valid step of one row leaves every bit of the others as it is."""
    params = _params(subject)
    xs = randomise(jnp.zeros((4, 3, subject.input_size)), 3)
    _, clean = subject.driver(subject.cell, params, None, xs)
    _, dirty = subject.driver(subject.cell, params, None, xs.at[1, 1].set(jnp.nan))
    others = [0, 2]
    chex.assert_trees_all_equal(
        [a[:, others] for a in _floats(clean)], [a[:, others] for a in _floats(dirty)]
    )
    assert all(bool(jnp.isnan(a[:, 1]).any()) for a in _floats(dirty))


def lengths_do_not_retrace(subject: Subject) -> None:
    """Ten batches of one shape and different lengths share one trace."""
    if jax_option("jax_disable_jit"):
        return  # nothing is traced
    params = _params(subject)
    xs = randomise(jnp.zeros((4, 3, subject.input_size)), 3)
    chex.clear_trace_counter()

    @jax.jit
    @chex.assert_max_traces(n=1)
    def run(params: Any, xs: Array, lengths: Array) -> Any:
        return subject.driver(subject.cell, params, None, xs, lengths=lengths)

    generator = np.random.default_rng(0)
    for _ in range(10):
        run(params, xs, jnp.asarray(generator.integers(0, 5, 3)))


DRIVER_LAWS: tuple[Callable[[Subject], None], ...] = (
    equals_the_loop,
    jit_is_eager,
    padded_is_unpadded,
    padding_is_harmless,
    empty_rows_do_nothing,
    empty_axes_work,
    rows_are_independent,
    lengths_do_not_retrace,
)


def check_driver(
    driver: Driver,
    cell: Cell | None = None,
    *,
    oracle: Driver = loop,
    init: Callable[[Array, int], Any] | None = None,
    input_size: int = 3,
    examples: int = 6,
    steps: int = 5,
    batch: int = 3,
) -> None:
    """Hold a driver against every law of the contract (`DRIVER_LAWS`).

    A driver is `driver(cell, params, state, xs, *, lengths, mask, resets) -> (state, ys)`. It
    equals its oracle for any shape, lengths, masks with holes and resets, values and all gradients;
    jit is eager; padded is unpadded; NaN in padding is harmless; length 0, T = 0 and B = 0 work;
    rows are independent; lengths do not retrace.

    Shapes: xs `[T, B, input_size]`.
    Args: oracle, the slow version, `jaxrnn.testing.loop` for a driver like `scan`. init, a function
        `(key, input_size) -> params`, the cell's own if the driver takes one set of params.
        examples, how many random cases of shapes, lengths, masks and resets are drawn, up to
        `steps` T and `batch` B.
    Raises: AssertionError from the first law that is broken.

        >>> from jaxrnn import Elman, scan
        >>> check_driver(scan, Elman(2))
    """
    cell = GRU(4) if cell is None else cell
    subject = Subject(driver, oracle, cell, init or cell.init, input_size, examples, steps, batch)
    for law in DRIVER_LAWS:
        law(subject)
