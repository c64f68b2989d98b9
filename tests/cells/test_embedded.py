"""The embedding wrapper: one-hot in, a learned vector to the cell."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Elman, OrthogonalCayley, Stack, generate, scan
from jaxrnn.cells.embedded import Embedded
from jaxrnn.compare.methods import parse_method
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, snap
from jaxrnn.testing import CELL_LAWS
from jaxrnn.testing.cells import resolved_is_step


@pytest.mark.parametrize("law", CELL_LAWS, ids=lambda law: law.__name__)
def test_embedded_keeps(law):
    law(Embedded(Elman(2), 3, 2), 3)


def test_a_resolved_cell_inside():
    resolved_is_step(Embedded(OrthogonalCayley(Elman(2)), 3, 2), 3)


def test_it_is_the_cell_on_the_rows_of_the_table():
    cell, ids = Embedded(LSTM(4), 6, 3), np.array([[5, 0], [2, 2], [1, 4]])
    params = cell.init(jax.random.key(0), 6)
    xs = jax.nn.one_hot(ids, 6)
    state, ys = scan(cell, params, None, xs, lengths=np.array([3, 1]))
    rows = params.w_x[ids]
    state_2, ys_2 = scan(LSTM(4), params.cell, None, rows, lengths=np.array([3, 1]))
    np.testing.assert_allclose(ys, ys_2, atol=1e-6)
    np.testing.assert_allclose(state.c, state_2.c, atol=1e-6)


def test_only_rows_that_were_read_get_a_gradient_by_any_method():
    cell = Embedded(GRU(3), 5, 2)
    problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
    params = Params(cell.init(jax.random.key(0), 5), None)
    xs = jax.nn.one_hot(np.array([[0, 3], [3, 0], [0, 0]]), 5)
    chunk = Chunk(xs, jnp.ones((3, 2, 3)))
    for method in (bptt(), snap(3)):
        _, grads, _ = accumulate(method, problem, params, None, chunk)
        read = np.abs(np.asarray(grads.cell.w_x)).sum(-1) > 0
        assert read.tolist() == [True, False, False, True, False]


def test_rows_are_about_as_long_as_a_one_hot_vector():
    w_x = Embedded(GRU(2), 500, 64).init(jax.random.key(1), 500).w_x
    assert w_x.shape == (500, 64)
    np.testing.assert_allclose(np.linalg.norm(w_x, axis=-1).mean(), 1, atol=0.05)


def test_the_first_layer_of_a_stack():
    cell = Stack((Embedded(GRU(4), 7, 3), GRU(5)))
    _, ys = scan(cell, cell.init(jax.random.key(0), 7), None, jnp.ones((2, 1, 7)))
    assert ys.shape == (2, 1, 5)


def test_wrong_sizes_are_named():
    cell = Embedded(GRU(2), 5, 3)
    with pytest.raises(ValueError, match=r"Embedded\.init: input_size is 4, expected the voc.* 5"):
        cell.init(jax.random.key(0), 4)
    params = cell.init(jax.random.key(0), 5)
    with pytest.raises(ValueError, match=r"Embedded\.project: x has 4 features.*input_size=5"):
        scan(cell, params, None, jnp.ones((2, 1, 4)))
    with pytest.raises(ValueError, match=r"expected ids \[\.\.\., 1\].*or one-hot floats"):  # E34
        scan(cell, params, None, np.zeros((2, 1, 5), np.int32))
    with pytest.raises(ValueError, match="Embedded: features must be greater than zero"):
        Embedded(GRU(2), 5, 0)
    with pytest.raises(TypeError, match="Embedded: cell should be a Cell"):
        Embedded(5, 5, 2)


def _ids_and_one_hot():
    ids = np.array([[0, 3], [3, 0], [4, 0], [1, 1]])
    return jnp.asarray(ids)[..., None], jax.nn.one_hot(ids, 5)


@pytest.mark.parametrize("name", ["full", "tbptt:1:2", "snap:1", "uoro"])
def test_ids_are_one_hot_to_every_kind_of_gradient_method(name):
    cell = Embedded(Elman(3), 5, 2)
    problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
    params = Params(cell.init(jax.random.key(0), 5), None)
    found, method = [], parse_method(name).method
    for xs in _ids_and_one_hot():
        chunk, key = Chunk(xs, jnp.ones((4, 2, 3))), jax.random.key(1)
        found.append(accumulate(method, problem, params, None, chunk, key=key)[:2])
    chex.assert_trees_all_close(*found, rtol=1e-5, atol=1e-6)


def test_ids_with_lengths_and_generated():
    ids, one_hot = _ids_and_one_hot()
    cell = Stack((Embedded(GRU(4), 5, 3), GRU(5)))
    params, lengths = cell.init(jax.random.key(0), 5), np.array([4, 2])
    state, ys = scan(cell, params, None, ids, lengths=lengths)
    state_2, ys_2 = scan(cell, params, None, one_hot, lengths=lengths)
    chex.assert_trees_all_close((state, ys), (state_2, ys_2), atol=1e-6)
    back = [
        generate(cell, params, state, xs[0], 3, feedback)[1]
        for xs, feedback in (
            (ids, lambda y, key: y.argmax(-1)[..., None]),
            (one_hot, lambda y, key: jax.nn.one_hot(y.argmax(-1), 5)),
        )
    ]
    np.testing.assert_allclose(back[0].ys, back[1].ys, atol=1e-6)
    assert (back[0].xs[..., 0] == back[1].xs.argmax(-1)).all()


@pytest.mark.parametrize("wrong", [-1, 5, 2**31 - 1])
def test_e70_an_id_outside_gives_nan_and_no_other_row(wrong):
    cell = Embedded(GRU(4), 5, 3)
    params = cell.init(jax.random.key(0), 5)
    ys = scan(cell, params, None, jnp.array([[[0], [wrong]]]))[1]
    assert np.isfinite(ys[0, 0]).all() and np.isnan(ys[0, 1]).all()


def test_ids_without_their_axis_and_ids_for_a_cell_without_a_table():
    cell = Embedded(GRU(4), 5, 3)
    params = cell.init(jax.random.key(0), 5)
    with pytest.raises(ValueError, match=r"expected ids \[..., 1\]"):
        scan(cell, params, None, jnp.zeros((3, 2), jnp.int32))
    with pytest.raises(TypeError, match="int32"):
        scan(GRU(4), params.cell, None, jnp.zeros((3, 2, 3), jnp.int32))
