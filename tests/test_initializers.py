"""How weights start."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Elman, GRUResetBefore
from jaxrnn.initializers import (
    IDENTITY,
    ORTHOGONAL,
    RESERVOIR,
    TORCH,
    Orthogonal,
    Scheme,
    SpectralRadius,
    chrono,
    reservoir,
)

H = 64


@pytest.mark.parametrize(
    "cell, gates", [(Elman(H), 1), (LSTM(H), 4), (GRU(H), 3), (GRUResetBefore(H), 3)]
)
def test_recurrent_blocks_are_orthogonal_per_gate(cell, gates):
    params = cell.init(jax.random.key(0), 3)
    for block in np.split(np.asarray(params.w_h), gates, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(H), atol=1e-5)
        # drawn as one [H, G*H] matrix the radius would be about 0.5
        np.testing.assert_allclose(abs(np.linalg.eigvals(block)).max(), 1, atol=1e-5)


def test_forget_bias_is_1_by_default_and_what_is_asked_for():
    for cell, value in (
        (LSTM(3), 1.0),
        (LSTM(3, forget_bias=2.5), 2.5),
        (LSTM(3, coupled=True), 1.0),
    ):
        b = np.asarray(cell.init(jax.random.key(0), 2).b).reshape(-1, 3)
        forget = cell.gates.index("f")
        np.testing.assert_array_equal(b[forget], value)
        assert not np.delete(b, forget, 0).any()


TORCH_CELLS = (
    Elman(H, initializer=TORCH),
    LSTM(H, initializer=TORCH, proj_size=8),
    GRU(H, initializer=TORCH),
)


@pytest.mark.parametrize("cell", TORCH_CELLS, ids=repr)
def test_torch_draws_everything_within_one_over_sqrt_h(cell):
    for leaf in jax.tree.leaves(cell.init(jax.random.key(0), 3)):
        size = float(abs(leaf).max())
        assert 0.9 / np.sqrt(H) < size <= 1 / np.sqrt(H)
        assert float(leaf.std()) == pytest.approx(1 / np.sqrt(3 * H), rel=0.2)


def test_identity():
    params = Elman(5, activation="relu", initializer=IDENTITY).init(jax.random.key(0), 3)
    np.testing.assert_array_equal(params.w_h, np.eye(5))


def test_chrono_biases_span_the_memories():
    b = np.asarray(LSTM(2000, initializer=chrono(784)).init(jax.random.key(0), 1).b).reshape(4, -1)
    np.testing.assert_array_equal(b[0], -b[1])
    np.testing.assert_allclose(np.exp(b[1]).mean(), 784 / 2, rtol=0.05)
    assert np.exp(b[1]).min() >= 1 and np.exp(b[1]).max() <= 783 and not b[2:].any()
    z = np.asarray(GRU(50, initializer=chrono(20)).init(jax.random.key(0), 1).b).reshape(3, -1)
    assert z[1].all() and not z[0].any() and not z[2].any()
    with pytest.raises(ValueError, match="t_max must be at least 3"):
        chrono(2)


def test_schemes_are_values():
    assert Scheme() == ORTHOGONAL and hash(Scheme()) == hash(ORTHOGONAL)
    assert repr(LSTM(2, initializer=TORCH)).endswith("initializer=TORCH)")
    assert "Orthogonal(gain=2.0)" in repr(Scheme(recurrent=Orthogonal(2.0)))


def test_params_take_the_default_dtype():
    with jax.enable_x64(True):
        assert LSTM(2).init(jax.random.key(0), 3).w_x.dtype == jnp.float64
    with jax.enable_x64(False):
        assert LSTM(2).init(jax.random.key(0), 3).w_x.dtype == jnp.float32


@pytest.mark.parametrize("density", [1.0, 0.1, 1e-3])
def test_the_spectral_radius_is_exact(density):
    with jax.enable_x64(True):
        draw = jax.jit(partial(SpectralRadius(0.9, density), shape=(H, H), dtype=jnp.float64))
        w = np.asarray(draw(jax.random.key(0)))
        assert abs(np.linalg.eigvals(w)).max() == pytest.approx(0.9, abs=1e-12)
        # every unit hears the same number of units, and at least one
        np.testing.assert_array_equal((w != 0).sum(0), max(1, round(density * H)))
        assert density == 1 or len(set((w != 0).sum(1))) > 1
        both = jax.vmap(draw)(jnp.stack([jax.random.key(0), jax.random.key(1)]))
        np.testing.assert_allclose(both[0], w, atol=1e-14)
        assert abs(np.linalg.eigvals(both[1])).max() == pytest.approx(0.9, abs=1e-12)


def test_a_spectral_radius_is_set_per_gate():
    scheme = reservoir(0.5, density=0.3)
    w_h = LSTM(H, initializer=scheme).init(jax.random.key(0), 3).w_h
    for block in np.split(np.asarray(w_h), 4, axis=1):
        assert abs(np.linalg.eigvals(block)).max() == pytest.approx(0.5, abs=1e-5)
    with pytest.raises(ValueError, match="SpectralRadius: a 2 x 4 matrix has no eigenvalues"):
        LSTM(4, proj_size=2, initializer=scheme).init(jax.random.key(0), 3)


def test_bad_reservoirs():
    with pytest.raises(ValueError, match="density, the part of units .* got 0"):
        SpectralRadius(0.9, density=0)
    with pytest.raises(ValueError, match="radius must be at least 0, got -1"):
        reservoir(-1)
    with pytest.raises(ValueError, match="Within: bound should be finite"):
        reservoir(input_scale=(1.0, float("nan")))
    assert reservoir() == RESERVOIR and repr(RESERVOIR) == "RESERVOIR"
