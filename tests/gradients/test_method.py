"""The loops around gradient methods."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn import GRU
from jaxrnn.gradients import (
    Chunk,
    Params,
    Problem,
    accumulate,
    bptt,
    dni,
    eprop,
    online,
    tbptt,
    uoro,
)
from jaxrnn.testing.cells import randomise

CELL = GRU(4)
PROBLEM = Problem(CELL, lambda head, ys, targets: jnp.square(ys @ head - targets).sum(-1))


def prepared(steps=8):
    params = Params(randomise(CELL.init(jax.random.key(0), 3), 1), randomise(jnp.zeros((4, 2)), 2))
    chunk = Chunk(randomise(jnp.zeros((steps, 2, 3)), 3), randomise(jnp.zeros((steps, 2, 2)), 4))
    return params, chunk


def test_online_is_one_update_per_window():
    with jax.enable_x64(True):
        params, chunk = prepared()
        method, optimizer = tbptt(3), optax.sgd(0.01, momentum=0.9)
        state = CELL.init_state(params.cell, 2)
        memory = method.init(PROBLEM, params, state, chunk)
        (got, _, memory), losses = online(
            method, PROBLEM, optimizer, params, optimizer.init(params), memory, chunk
        )
        opt_state = optimizer.init(params)
        for start in (0, 3, 6):
            part = jax.tree.map(lambda a, s=start: a[s : s + 3], chunk)
            loss, grads, after = accumulate(bptt(), PROBLEM, params, state, part)
            np.testing.assert_allclose(losses[start // 3], loss, rtol=1e-12)
            updates, opt_state = optimizer.update(grads, opt_state, params)
            params, state = optax.apply_updates(params, updates), after.state
        chex.assert_trees_all_close(got, params, rtol=1e-12)
        chex.assert_trees_all_close(memory.state, state, rtol=1e-12)


def test_a_stream_resumes_bit_for_bit():
    params, chunk = prepared(12)
    method, optimizer = tbptt(2, 4), optax.sgd(0.01, momentum=0.9)
    memory = method.init(PROBLEM, params, CELL.init_state(params.cell, 2), chunk)
    start = (params, optimizer.init(params), memory)
    whole, losses = online(method, PROBLEM, optimizer, *start, chunk)
    first, before = online(method, PROBLEM, optimizer, *start, jax.tree.map(lambda a: a[:6], chunk))
    saved = jax.tree.map(lambda a: jnp.asarray(np.asarray(a)), first)
    second, after = online(method, PROBLEM, optimizer, *saved, jax.tree.map(lambda a: a[6:], chunk))
    chex.assert_trees_all_equal(second, whole)
    chex.assert_trees_all_equal(jnp.concatenate([before, after]), losses)


def test_a_window_without_a_loss_makes_no_update():
    params, chunk = prepared(4)
    weights = jnp.zeros((4, 2)).at[3].set(1.0)
    method, optimizer = tbptt(2), optax.sgd(0.1, momentum=0.9)
    memory = method.init(PROBLEM, params, CELL.init_state(params.cell, 2), chunk)
    opt_state = optimizer.init(params)
    # a momentum that is not zero would move the params on a gradient of zero
    opt_state = jax.tree.map(lambda a: a + 1, opt_state)
    half = jax.tree.map(lambda a: a[:2], chunk._replace(weights=weights))
    (after, _, _), _ = online(method, PROBLEM, optimizer, params, opt_state, memory, half)
    chex.assert_trees_all_equal(after, params)


INPUTS = 2 * (3 + 2) * 4  # bytes of one step of xs and targets
KEY = 8


@pytest.mark.parametrize(
    ("method", "each_step"),
    [
        (tbptt(8), 0),
        (tbptt(8, 16), 0),
        (dni(8), 0),
        (eprop(), INPUTS + KEY),  # a copy of the inputs, nothing that grows with the cell
        (uoro(), INPUTS + 2 * KEY),  # one for its window, one for its step
    ],
    ids=repr,
)
def test_temp_bytes_do_not_grow_with_the_stream(method, each_step):
    """Whatever goes forward or truncates works in the same memory at T = 512 and 4096."""
    params, _ = prepared()
    state, key = CELL.init_state(params.cell, 2), jax.random.key(0)

    def temp_bytes(steps):
        shapes = [jax.ShapeDtypeStruct((steps, 2, width), jnp.float32) for width in (3, 2)]
        run = jax.jit(lambda *args: accumulate(method, PROBLEM, *args, key=key)[1])
        compiled = run.lower(params, state, Chunk(*shapes)).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert temp_bytes(4096) < 1.05 * temp_bytes(512) + (4096 - 512) * each_step
