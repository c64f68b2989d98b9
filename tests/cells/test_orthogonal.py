"""Matrices that stay orthogonal: exactly so, trained or not, and worked out once in a run."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.extend.core import jaxprs_in_params

from jaxrnn import (
    GRU,
    LSTM,
    ClipCotangent,
    Dropout,
    Elman,
    IndRNN,
    LearnedState,
    OrthogonalCayley,
    OrthogonalExponential,
    Residual,
    Stack,
    Zoneout,
    generate,
    scan,
)
from jaxrnn.gradients import Chunk, Params, Problem, lag_profile
from jaxrnn.testing import example

MAPS = (OrthogonalCayley, OrthogonalExponential)


def recurrent(cell, params):
    """Return the blocks of w_h as NumPy arrays."""
    w_h = np.asarray(cell.resolve(params)[1].w_h)
    return np.split(w_h, w_h.shape[1] // w_h.shape[0], axis=1)


@pytest.mark.parametrize("kind", MAPS)
@pytest.mark.parametrize("inner", [Elman(6), Elman(5), Elman(1), GRU(4)], ids=repr)
def test_every_block_is_orthogonal(kind, inner):
    with jax.enable_x64(True):
        cell = kind(inner)
        for params in (cell.init(jax.random.key(0), 3), example(cell, 3)[0]):
            for block in recurrent(cell, params):
                error = np.abs(block @ block.T - np.eye(len(block))).max()
                assert error < 1e-12
                assert np.linalg.det(block) == pytest.approx(1)


@pytest.mark.parametrize("kind", MAPS)
def test_the_start_turns_by_the_angles_of_its_paper(kind):
    with jax.enable_x64(True):
        cell = kind(Elman(40))
        (block,) = recurrent(cell, cell.init(jax.random.key(1), 3))
        angles = np.abs(np.angle(np.linalg.eigvals(block)))
        limit = np.pi / 2 if kind is OrthogonalCayley else np.pi
        assert angles.max() <= limit and angles.max() > 0.8 * limit and angles.min() < 0.2 * limit


@pytest.mark.parametrize("kind", MAPS)
def test_training_keeps_it_and_changes_it(kind):
    with jax.enable_x64(True):
        cell = kind(Elman(5))
        params, state, _ = example(cell, 3)
        xs = jnp.asarray(np.random.default_rng(0).normal(size=(4, 2, 3)))
        optimizer = optax.sgd(0.5)
        opt_state, before = optimizer.init(params), recurrent(cell, params)[0]
        for _ in range(5):
            grads = jax.grad(lambda p: jnp.square(scan(cell, p, state, xs)[1] - 0.3).sum())(params)
            updates, opt_state = optimizer.update(grads, opt_state)
            params = optax.apply_updates(params, updates)
        after = recurrent(cell, params)[0]
        assert np.abs(after @ after.T - np.eye(5)).max() < 1e-12
        assert np.abs(after - before).max() > 0.1


@pytest.mark.parametrize("kind", MAPS)
def test_the_gradient_of_a_linear_cell_neither_vanishes_nor_explodes(kind):
    with jax.enable_x64(True):
        cell = kind(Elman(6, activation="linear"))
        params = Params(cell.init(jax.random.key(0), 3), None)
        problem = Problem(cell, lambda head, ys, targets: ys[..., 0])
        chunk = Chunk(jnp.ones((50, 1, 3)), jnp.zeros((50, 1)))
        np.testing.assert_allclose(lag_profile(problem, params, None, chunk), 1, rtol=1e-10)


WRAPPED = (
    OrthogonalCayley(Elman(3)),
    LearnedState(OrthogonalCayley(Elman(3))),
    ClipCotangent(OrthogonalCayley(Elman(3)), 1.0),
    Dropout(OrthogonalCayley(Elman(3)), 0.1),
    Residual(OrthogonalCayley(Elman(3))),
    Zoneout(OrthogonalCayley(Elman(3)), 0.1),
    Stack((OrthogonalCayley(Elman(3)), OrthogonalCayley(GRU(3)))),
)


@pytest.mark.parametrize("cell", WRAPPED, ids=repr)
def test_the_map_is_done_before_the_loop(cell):
    params = cell.init(jax.random.key(0), 3)
    xs = jnp.ones((7, 2, 3))

    def total(params):
        return scan(cell, params, None, xs)[1].sum()

    for run in (total, jax.grad(total), lambda p: generate(cell, p, None, xs[0], 4)[1].ys):
        loops, solves = inside_loops(jax.make_jaxpr(run)(params).jaxpr)
        assert loops > 0 and solves == 0


def inside_loops(jaxpr, looped=False):
    """Count the loops over time, and the factorisations inside them."""
    loops = solves = 0
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        solves += looped and name in ("lu", "triangular_solve", "custom_linear_solve")
        # the map's own pivoting has a loop too; that over time is the scan
        inner = looped or name == "scan"
        loops += name == "scan"
        for part in jaxprs_in_params(equation.params):
            more = inside_loops(part, inner)
            loops, solves = loops + more[0], solves + more[1]
    return loops, solves


@pytest.mark.parametrize(
    "inner",
    [LSTM(4, proj_size=2), Dropout(LSTM(6, proj_size=3), 0.1), IndRNN(3), Stack((Elman(2),))],
    ids=repr,
)
def test_a_cell_without_such_a_matrix_is_refused(inner):
    with pytest.raises(TypeError, match=r"OrthogonalCayley: the params of .* \[H, G\*H\], got"):
        OrthogonalCayley(inner).init(jax.random.key(0), 3)
