"""Where methods meet masks, ragged tails, learned starts, dtypes and users' losses."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn import GRU, Dropout, Elman, LearnedState, Stack, Zoneout, scan, with_key
from jaxrnn.gradients import (
    Chunk,
    Params,
    Problem,
    accumulate,
    adaptive_tbptt,
    bptt,
    dni,
    folded_tbptt,
    online,
    rtrl,
    smallest_window,
    tbptt,
    uoro,
)
from tests.gradients.cases import distance, flat, marks, problem_of

EXACT = (tbptt(3, 30), folded_tbptt(2, 30), rtrl())


@pytest.mark.parametrize("method", (bptt(), *EXACT), ids=repr)
def test_a_loss_without_a_derivative_at_zero(method):
    """A norm: what is put where no loss counts must not be 0."""
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(GRU(2), 5)
        norm = Problem(
            problem.cell, lambda head, ys, t: jnp.linalg.norm(ys @ head - t[..., :2], axis=-1)
        )
        params = params._replace(head=params.head[:, :2])
        # step 4 of a masked chunk is that of a shorter one
        masked = chunk._replace(mask=jnp.ones((5, 2), bool).at[4].set(False))
        short = jax.tree.map(lambda a: a[:4], chunk)
        _, want, _ = accumulate(bptt(), norm, params, None, short)
        _, got, _ = accumulate(method, norm, params, None, masked)
        assert np.isfinite(flat(want)).all()
        assert distance(got, want) < 1e-12


@pytest.mark.parametrize("method", [tbptt(2, 4), adaptive_tbptt(2, 4)], ids=repr)
def test_a_ragged_tail_does_not_shift_the_masks_of_what_follows(method):
    cell = Stack((Zoneout(GRU(2), 0.3), Dropout(Elman(2), 0.3)))
    problem, params, chunk = problem_of(cell, 10)
    state = with_key(cell.init_state(params.cell, 2), jax.random.key(1))
    optimizer = optax.sgd(0.0)
    memory = method.init(problem, params, state, chunk)
    carry = (params, optimizer.init(params), memory)
    for start in (0, 5):
        part = jax.tree.map(lambda a, s=start: a[s : s + 5], chunk)
        carry, _ = online(method, problem, optimizer, *carry, part)
    want, _ = scan(cell, params.cell, state, chunk.xs)
    got = carry[2].state
    np.testing.assert_allclose(got[0].cell.h, want[0].cell.h, atol=1e-6)
    np.testing.assert_allclose(got[1].cell.h, want[1].cell.h, atol=1e-6)
    assert int(got[0].clock.t) == 10


@pytest.mark.parametrize("method", (bptt(), *EXACT), ids=repr)
def test_a_learned_start_is_learned_where_the_first_steps_are_padding(method):
    with jax.enable_x64(True):
        cell = LearnedState(GRU(2))
        mask = jnp.ones((5, 2), bool).at[:2, 1].set(False)
        problem, params, chunk = problem_of(cell, 5, mask=mask)

        def total(params):
            _, ys = scan(cell, params.cell, None, chunk.xs, mask=mask)
            return jnp.where(mask, problem.loss(params.head, ys, chunk.targets), 0).sum()

        _, got, _ = accumulate(method, problem, params, None, chunk)
        assert distance(got, jax.grad(total)(params)) < 1e-12


@pytest.mark.parametrize("k2", [2, 4])
def test_adaptive_keeps_a_start_that_falls_on_the_cut(k2):
    with jax.enable_x64(True):
        given = marks(9)
        measured = k2 - 1  # the last step of the first window has to count, or nothing is measured
        given = {
            "mask": given["mask"].at[measured].set(True),
            "weights": given["weights"].at[measured].set(1.0),
            "resets": given["resets"].at[measured].set(False),
        }
        problem, params, chunk = problem_of(LearnedState(GRU(2)), 9, **given)
        for tolerance, k in ((1e-12, 4), (1e9, k2)):
            method = adaptive_tbptt(k2, 4, tolerance, burn_in=0)
            _, got, memory = accumulate(method, problem, params, None, chunk)
            assert int(memory.length) == k
            _, want, _ = accumulate(tbptt(k2, k), problem, params, None, chunk)
            assert distance(got, want) < 1e-12


@pytest.mark.parametrize(
    "method", [bptt(), tbptt(2), tbptt(2, 4), folded_tbptt(2, 4), adaptive_tbptt(2, 4), rtrl()],
    ids=repr,
)  # fmt: skip
def test_bfloat16_params_and_a_float32_loss(method):
    problem, params, chunk = problem_of(GRU(3), 6)
    low = lambda tree: jax.tree.map(lambda a: a.astype(jnp.bfloat16), tree)  # noqa: E731
    wide = Problem(problem.cell, lambda head, ys, t: problem.loss(head, ys.astype(jnp.float32), t))
    mixed = Params(low(params.cell), params.head)
    part = chunk._replace(xs=low(chunk.xs), weights=jnp.ones((6, 2), bool))
    loss, grads, _ = accumulate(method, wide, mixed, None, part)
    assert loss.dtype == jnp.float32
    chex.assert_trees_all_equal_shapes_and_dtypes(grads, mixed)
    _, want, _ = accumulate(method, problem, params, None, chunk)
    assert distance(jax.tree.map(lambda a: a.astype(jnp.float32), grads), want) < 0.1


def test_dni_learns_from_losses_to_come():
    """A window without a loss still has a gradient: the predicted one."""
    problem, params, chunk = problem_of(GRU(2), 8)
    method, optimizer = dni(2, 0.1), optax.sgd(0.1)
    state = problem.cell.init_state(params.cell, 2)
    memory = method.init(problem, params, state, chunk)
    memory = memory._replace(predictor=jax.tree.map(lambda a: a + 0.1, memory.predictor))
    silent = jax.tree.map(lambda a: a[:2], chunk._replace(weights=jnp.zeros((8, 2))))
    (after, _, _), _ = online(
        method, problem, optimizer, params, optimizer.init(params), memory, silent
    )
    assert np.abs(after.cell.w_h - params.cell.w_h).max() > 0


def test_no_gradient_has_no_smallest_window():
    problem, params, chunk = problem_of(GRU(2), 4)
    broken = chunk._replace(targets=chunk.targets.at[2].set(jnp.nan))
    with pytest.raises(ValueError, match="smallest_window: the gradient of full BPTT has the norm"):
        smallest_window(problem, params, None, broken)


@pytest.mark.parametrize("method", [bptt(), tbptt(2, 3), uoro(), dni(2)], ids=repr)
def test_no_steps_and_no_rows(method):
    problem, params, chunk = problem_of(GRU(2), 4)
    key = jax.random.key(0)
    state = problem.cell.init_state(params.cell, 2)
    empty = jax.tree.map(lambda a: a[:0], chunk)
    loss, grads, memory = accumulate(method, problem, params, state, empty, key=key)
    assert float(loss) == 0 and not flat(grads).any()
    np.testing.assert_array_equal(memory.state.h, state.h)


def test_chunks_may_be_numpy():
    problem, params, chunk = problem_of(GRU(2), 4, **marks(4))
    plain = Chunk(*(np.asarray(leaf) for leaf in chunk))
    _, want, _ = accumulate(tbptt(2, 3), problem, params, None, chunk)
    _, got, _ = accumulate(tbptt(2, 3), problem, params, None, plain)
    assert distance(got, want) == 0
