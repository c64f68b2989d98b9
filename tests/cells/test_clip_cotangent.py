"""Clipping on the way back: a chain of vjps with a clip between them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, ClipCotangent, Zoneout, scan, with_key
from jaxrnn.testing.cells import randomise
from jaxrnn.treemath import split_floats

LIMIT = 0.02


@pytest.mark.parametrize("inner", [GRU(3), LSTM(2), Zoneout(GRU(2), 0.3)], ids=repr)
def test_the_gradient_is_the_clipped_chain(inner):
    with jax.enable_x64(True):
        cell = ClipCotangent(inner, LIMIT)
        params = randomise(cell.init(jax.random.key(0), 2), 1)
        xs = randomise(jnp.zeros((5, 3, 2)), 2)
        start, join = split_floats(with_key(cell.init_state(params, 3), jax.random.key(1)))

        def loss(params, floats, cell=cell):
            return scan(cell, params, join(floats), xs)[1][-1].sum()

        got = jax.grad(loss, (0, 1))(params, start)
        states = [join(start)]
        for x in xs[:-1]:
            states.append(inner.step(params, states[-1], inner.project(params, x))[0])
        grads, back = jax.tree.map(jnp.zeros_like, params), None
        for state, x in zip(states[::-1], xs[::-1], strict=True):
            floats, put = split_floats(state)

            def step(params, floats, put=put, x=x):
                new, y = inner.step(params, put(floats), inner.project(params, x))
                return split_floats(new)[0], y

            (new, y), pull = jax.vjp(step, params, floats)
            last = back is None
            seed = [jnp.zeros_like(a) for a in new] if last else back
            by_params, back = pull((seed, jnp.ones_like(y) if last else jnp.zeros_like(y)))
            grads = jax.tree.map(jnp.add, grads, by_params)
            back = [jnp.clip(b, -LIMIT, LIMIT) for b in back]
        for a, b in zip(jax.tree.leaves(got), jax.tree.leaves((grads, back)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)
        free = jax.grad(loss)(params, start, inner)
        assert np.abs(free.w_h - got[0].w_h).max() > 1e-3  # it does clip
        np.testing.assert_array_equal(loss(params, start), loss(params, start, inner))


def test_the_limit_is_checked():
    with pytest.raises(ValueError, match="ClipCotangent: limit must be greater than zero"):
        ClipCotangent(GRU(2), 0.0)
