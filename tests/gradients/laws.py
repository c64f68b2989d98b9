"""What methods that go forward in time have in common."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxrnn import Elman
from jaxrnn.gradients import accumulate, bptt, online
from tests.gradients.cases import distance, problem_of


def is_exact(method, cell, chunk_marks, state=None, steps=7):
    """Sum of gradients, losses and last state are those of full BPTT."""
    problem, params, chunk = problem_of(cell, steps, **chunk_marks)
    full_loss, full, after = accumulate(bptt(), problem, params, state, chunk)
    loss, grads, memory = accumulate(method, problem, params, state, chunk)
    np.testing.assert_allclose(loss, full_loss, rtol=1e-12)
    assert distance(grads.cell, full.cell) < 1e-12
    assert distance(grads.head, full.head) < 1e-12
    assert jax.tree.structure(memory.state) == jax.tree.structure(after.state)
    for got, want in zip(*map(jax.tree.leaves, (memory.state, after.state)), strict=True):
        if not jnp.issubdtype(want.dtype, jax.dtypes.prng_key):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)


def keeps_losses_and_head(method, cell, key=None):
    """Whatever the cell's gradient is: losses and the head's gradient are exact."""
    problem, params, chunk = problem_of(cell)
    full_loss, full, _ = accumulate(bptt(), problem, params, None, chunk)
    loss, grads, _ = accumulate(method, problem, params, None, chunk, key=key)
    np.testing.assert_allclose(loss, full_loss, rtol=1e-12)
    assert distance(grads.head, full.head) < 1e-12
    assert distance(grads.cell, full.cell) > 1e-3
    return grads


def resumes_bit_for_bit(method, key=None):
    """A stream whose carry was numpy arrays for a while goes on as if it had not been."""
    problem, params, chunk = problem_of(Elman(2), 8)
    optimizer = optax.sgd(0.01, momentum=0.9)
    memory = method.init(problem, params, problem.cell.init_state(params.cell, 2), chunk)
    start = (params, optimizer.init(params), memory)
    keys = (None, None) if key is None else jax.random.split(key)
    parts = [jax.tree.map(lambda a, s=s: a[s : s + 4], chunk) for s in (0, 4)]

    def stream(between):
        carry, each = start, []
        for part, part_key in zip(parts, keys, strict=True):
            carry = between(carry)
            carry, losses = online(method, problem, optimizer, *carry, part, key=part_key)
            each.append(losses)
        return carry, jnp.concatenate(each)

    saved = stream(lambda tree: jax.tree.map(lambda a: jnp.asarray(np.asarray(a)), tree))
    chex.assert_trees_all_equal(saved, stream(lambda tree: tree))
    if key is None:  # nothing is drawn for each call: one call is the same stream
        chex.assert_trees_all_equal(saved, online(method, problem, optimizer, *start, chunk))
    moved = jax.tree.map(lambda a, b: jnp.abs(a - b).max(), saved[0][0], params)
    assert min(map(float, jax.tree.leaves(moved))) > 0
