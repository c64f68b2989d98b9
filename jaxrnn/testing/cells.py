"""The contract suite of cells: hold any cell of your own against it."""

import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.test_util import check_grads

from jaxrnn.cell import Cell, SplitCell
from jaxrnn.cells.resolve import resolve
from jaxrnn.checks import as_cell
from jaxrnn.numerics import jax_option, state_dtype
from jaxrnn.randomness import is_clock, with_key, without_key
from jaxrnn.treemath import split_floats

__all__ = ["CELL_LAWS", "check_cell", "example"]

BATCH = 2


def randomise(tree: Any, seed: int) -> Any:
    """Replace every floating leaf by asymmetric random numbers, so that no exchange can hide.

    Shapes: unchanged.

        >>> bool((randomise(jnp.zeros(3), 0) != 0).all())
        True
    """
    generator = np.random.default_rng(seed)

    def draw(leaf: Any) -> Any:
        if is_clock(leaf):
            return leaf
        return jnp.asarray(generator.normal(0.1, 0.6, leaf.shape), leaf.dtype)

    return jax.tree.map(draw, tree, is_leaf=is_clock)


def example(
    cell: Cell, input_size: int, batch: tuple[int, ...] = (BATCH,), seed: int = 0
) -> tuple[Any, Any, Array]:
    """Return random (params, state, x) for a cell, with random keys in its clocks.

    Shapes: state leaves `[*batch, ...]`, x `[*batch, input_size]`.

        >>> from jaxrnn import LSTM
        >>> params, state, x = example(LSTM(4), 3)
        >>> state.c.shape, x.shape
        ((2, 4), (2, 3))
    """
    params = randomise(cell.init(jax.random.key(seed), input_size), seed + 1)
    state = randomise(cell.init_state(params, batch), seed + 2)
    x = randomise(jnp.zeros((*batch, input_size)), seed + 3)
    return params, with_key(state, jax.random.key(seed)), x


def one_step(cell: Cell, params: Any, state: Any, x: Array) -> tuple[Any, Any]:
    """Project and step.

    Shapes: as the cell's.

        >>> from jaxrnn import GRU
        >>> one_step(GRU(4), *example(GRU(4), 3))[1].shape
        (2, 4)
    """
    return cell.step(params, state, cell.project(params, x))


def _close(a: Any, b: Any, tolerance: float = 1e-12) -> None:
    chex.assert_trees_all_close(_numbers(a), _numbers(b), atol=tolerance, rtol=tolerance)


def _numbers(tree: Any) -> Any:
    """Replace keys by their data: chex compares numbers."""
    is_key = lambda a: jnp.issubdtype(a.dtype, jax.dtypes.prng_key)  # noqa: E731
    return jax.tree.map(lambda a: jax.random.key_data(a) if is_key(a) else a, tree)


def keeps_structure_shape_and_dtype(cell: Cell, input_size: int) -> None:
    """`step` returns a state of the structure, shapes and dtypes that it received."""
    params, state, x = example(cell, input_size)
    new, _ = one_step(cell, params, state, x)
    chex.assert_trees_all_equal_structs(new, state)
    chex.assert_trees_all_equal_shapes_and_dtypes(_numbers(new), _numbers(state))


def float64_and_bfloat16(cell: Cell, input_size: int) -> None:
    """Float64 stays float64; bfloat16 params keep a float32 state and give bfloat16 outputs."""
    for dtype in ("float64", "bfloat16"):
        with jax.enable_x64(dtype == "float64"):
            params, _, x = example(cell, input_size)
            params, x = jax.tree.map(lambda a, to=dtype: a.astype(to), (params, x))
            state = cell.init_state(params, (BATCH,))
            new, y = one_step(cell, params, state, x)
            for leaf in _floating(new):
                assert leaf.dtype == state_dtype(jnp.dtype(dtype)), (leaf.dtype, dtype)
            chex.assert_trees_all_equal_shapes_and_dtypes(_floating(new), _floating(state))
            first = jax.tree.leaves(y)[0]
            assert first.dtype == jnp.dtype(dtype), (first.dtype, dtype)
            assert bool(jnp.isfinite(first).all())


def _floating(tree: Any) -> list[Array]:
    return [a for a in jax.tree.leaves(tree) if jnp.issubdtype(a.dtype, jnp.floating)]


def vmap_is_batch(cell: Cell, input_size: int) -> None:
    """`vmap` of the unbatched cell equals the batched call; two batch axes equal one."""
    with jax.enable_x64(True):
        params, state, x = example(cell, input_size, (6,))
        state = without_key(state)  # masks are drawn for the whole batch: vmap would draw others
        axes = jax.tree.map(lambda a: None if is_clock(a) else 0, state, is_leaf=is_clock)
        step = partial(one_step, cell, params)
        new, y = step(state, x)
        mapped, y_mapped = jax.vmap(step, in_axes=(axes, 0), out_axes=(axes, 0))(state, x)
        _close((new, y), (mapped, y_mapped))

        def fold(a: Any) -> Any:
            return a if is_clock(a) else a.reshape(2, 3, *a.shape[1:])

        folded = jax.tree.map(fold, (state, x), is_leaf=is_clock)
        _close(step(*folded), jax.tree.map(fold, (new, y), is_leaf=is_clock))


def jit_is_eager(cell: Cell, input_size: int) -> None:
    """A compiled step gives the numbers of an eager one."""
    with jax.enable_x64(True):
        arguments = example(cell, input_size)
        step = partial(one_step, cell)
        _close(jax.jit(step)(*arguments), step(*arguments))


def projects_all_steps_at_once(cell: Cell, input_size: int) -> None:
    """`project` of a sequence equals `project` of each step."""
    with jax.enable_x64(True):
        params, _, xs = example(cell, input_size, (3, BATCH))
        each = [cell.project(params, x) for x in xs]
        _close(cell.project(params, xs), jax.tree.map(lambda *u: jnp.stack(u), *each))


def split_is_step(cell: Cell, input_size: int) -> None:
    """Where there are `recur` and `update`, `step` is the one after the other, to the bit."""
    if isinstance(cell, SplitCell):
        params, state, x = example(cell, input_size)
        u = cell.project(params, x)
        split = cell.update(params, state, u, cell.recur(params, state))
        chex.assert_trees_all_equal(_numbers(split), _numbers(cell.step(params, state, u)))


def resolved_is_step(cell: Cell, input_size: int) -> None:
    """Where weights can be worked out before the loop, the steps that follow are the same."""
    with jax.enable_x64(True):
        params, state, x = example(cell, input_size)
        plain, weights = resolve(cell, params)
        _close(one_step(plain, weights, state, x), one_step(cell, params, state, x))


def second_call_does_not_retrace(cell: Cell, input_size: int) -> None:
    """Equal cells as static arguments and other numbers share one trace."""
    if jax_option("jax_disable_jit"):
        return  # nothing is traced
    chex.clear_trace_counter()
    step = jax.jit(chex.assert_max_traces(one_step, n=1), static_argnums=0)
    for seed in (0, 1):
        step(pickle.loads(pickle.dumps(cell)), *example(cell, input_size, seed=seed))


def is_static(cell: Cell, input_size: int) -> None:
    """Hash, ==, repr and pickle: the cell is its fields."""
    twin = pickle.loads(pickle.dumps(cell))
    assert twin == cell and hash(twin) == hash(cell) and repr(twin) == repr(cell)
    assert type(cell).__name__ in repr(cell)
    as_cell("check_cell", cell)


def derivatives(cell: Cell, input_size: int) -> None:
    """First and second derivatives, forward and reverse, agree with finite differences."""
    with jax.enable_x64(True):
        params, state, x = example(cell, input_size)
        leaves, join = split_floats(state)

        def step(params: Any, leaves: list[Array], x: Array) -> list[Array]:
            return _floating(one_step(cell, params, join(leaves), x))

        # jitted: operation by operation it takes five times as long where caches are off
        compiled, at = jax.jit(step), (params, leaves, x)
        check_grads(compiled, at, order=2, modes=("fwd", "rev"), atol=1e-4, rtol=1e-4)
        tangents = jax.tree.map(jnp.ones_like, (params, leaves, x))
        _, forward = jax.jvp(step, (params, leaves, x), tangents)
        out, pullback = jax.vjp(step, params, leaves, x)
        cotangents = [jnp.ones_like(a) for a in out]
        inner = sum(jnp.vdot(a, b) for a, b in zip(forward, cotangents, strict=True))
        pairs = zip(jax.tree.leaves(pullback(cotangents)), jax.tree.leaves(tangents), strict=True)
        _close(sum(jnp.vdot(a, b) for a, b in pairs), inner, 1e-10)


CELL_LAWS: tuple[Callable[[Cell, int], None], ...] = (
    keeps_structure_shape_and_dtype,
    float64_and_bfloat16,
    vmap_is_batch,
    jit_is_eager,
    projects_all_steps_at_once,
    split_is_step,
    resolved_is_step,
    second_call_does_not_retrace,
    is_static,
    derivatives,
)


def check_cell(cell: Cell, input_size: int = 3) -> None:
    """Hold a cell against every law of the contract (`CELL_LAWS`).

    Keeps structure, shape and dtype; float64, and bfloat16 with float32 state; vmap = batch;
    jit = eager; project = project of each step; step = update of recur; step =
    step of the resolved cell; no retrace; hash, ==, repr,
    pickle; first and second derivatives in both modes.

    Shapes: inputs are `[2, input_size]`.
    Raises: AssertionError from the first law that is broken.

        >>> from jaxrnn import Elman
        >>> check_cell(Elman(2))
    """
    for law in CELL_LAWS:
        law(cell, input_size)
