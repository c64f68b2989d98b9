"""Behaviour at the edges, E34-E39: number formats."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, RNN, Elman, ElmanState, scan
from jaxrnn.testing.cells import randomise

CELL = LSTM(4)
PARAMS = CELL.init(jax.random.key(0), 3)
NET = RNN(LSTM(4), 2)


def runs(xs):
    scan(CELL, PARAMS, None, xs)


@pytest.mark.parametrize("dtype", ["int32", "bool", "complex64", "bfloat16"])
@pytest.mark.parametrize(
    "run",
    [
        lambda xs: scan(CELL, PARAMS, None, xs),
        lambda xs: NET.apply(NET.init(jax.random.key(0), 3), xs),
        lambda xs: CELL.project(PARAMS, xs),
    ],
)
def test_e34_input_of_another_dtype(run, dtype):
    message = rf"RNN input dtype \({dtype}\) does not match weight dtype \(float32\). Convert"
    with pytest.raises(TypeError, match=message):
        run(jnp.ones((5, 2, 3), dtype))


def test_e34_no_array():
    with pytest.raises(TypeError, match=r"xs should be an array \[T, B, D\], got list"):
        scan(CELL, PARAMS, None, [[1.0, 2.0, 3.0]])


def test_e35_numpy_float64_with_x64_off():
    xs = np.ones((5, 2, 3))
    with jax.enable_x64(False):
        with jax.numpy_dtype_promotion("standard"):
            _, ys = scan(CELL, PARAMS, None, xs)
            assert ys.dtype == jnp.float32
        with (
            jax.numpy_dtype_promotion("strict"),
            pytest.raises(TypeError, match="float64.*x64 is off"),
        ):
            scan(CELL, PARAMS, None, xs)


def test_e36_float64_input_and_float32_params():
    with jax.enable_x64(True), pytest.raises(TypeError, match=r"RNN input dtype \(float64\)"):
        scan(CELL, PARAMS, None, jnp.ones((5, 2, 3)))


def test_e37_bfloat16_params_have_a_float32_state():
    params = jax.tree.map(lambda a: a.astype(jnp.bfloat16), PARAMS)
    state, ys = scan(CELL, params, None, jnp.ones((5, 2, 3), jnp.bfloat16))
    assert state.c.dtype == jnp.float32 and ys.dtype == jnp.bfloat16


def test_e37_a_bfloat16_state_for_float32_params_is_refused():
    state = jax.tree.map(lambda a: a.astype(jnp.bfloat16), CELL.init_state(PARAMS, 2))
    with pytest.raises(TypeError, match="state.h: expected float32, got bfloat16"):
        scan(CELL, PARAMS, state, jnp.ones((5, 2, 3)))


def test_e38_a_scalar_state_is_refused():
    cell = Elman(4)
    params = cell.init(jax.random.key(0), 3)
    with pytest.raises(ValueError, match=r"state.h: Expected hidden size \(2, 4\), got \[\]"):
        scan(cell, params, ElmanState(h=0.0), jnp.ones((5, 2, 3)))


def test_e38_a_weak_typed_state_is_made_strong():
    cell = Elman(4)
    params, xs = cell.init(jax.random.key(0), 3), jnp.ones((5, 2, 3))
    weak = jax.lax.full((2, 4), 0.0)
    assert jnp.asarray(weak).weak_type
    traces = []

    def counting(params, state, u):
        traces.append(1)
        return Elman.step(cell, params, state, u)

    class Counted:
        init, init_state, project, step = (
            cell.init,
            cell.init_state,
            cell.project,
            staticmethod(counting),
        )

    counted = Counted()
    state, _ = scan(counted, params, ElmanState(h=weak), xs)
    first = len(traces)
    scan(counted, params, ElmanState(h=jnp.zeros((2, 4))), xs)
    assert not state.h.weak_type and len(traces) == first


@pytest.mark.parametrize("cell", [LSTM(64), GRU(64)], ids=repr)
@pytest.mark.parametrize("steps", [16, 256])
def test_e39_errors_of_small_formats(cell, steps):
    with jax.enable_x64(True):
        params = cell.init(jax.random.key(0), 16)
        xs = randomise(jnp.zeros((steps, 2, 16)), 2)

        def run(dtype, state_dtype):
            p, x = jax.tree.map(lambda a: a.astype(dtype), (params, xs))
            state = jax.tree.map(lambda a: a.astype(state_dtype), cell.init_state(params, 2))
            return jax.lax.scan(lambda s, u: cell.step(p, s, u), state, cell.project(p, x))[0].h

        exact = run("float64", "float64")
        for dtype, carry, bound in (
            ("float32", "float32", 1e-6),
            ("bfloat16", "float32", 5e-3),
            ("bfloat16", "bfloat16", 2e-2),
        ):
            error = jnp.abs(run(dtype, carry).astype("float64") - exact).max()
            assert float(error) <= bound, (dtype, carry, float(error))


def test_parameters_have_no_integer_leaves():
    for net in (NET, RNN(GRU(3), 3, True, 0.2)):
        for leaf in jax.tree.leaves(net.init(jax.random.key(0), 3)):
            assert jnp.issubdtype(leaf.dtype, jnp.floating)
    chex.assert_tree_all_finite(PARAMS)
