"""Convolutions against a slow loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.models.convolution import Convolution


def slow(params, x):
    """Return what the formula says, one place at a time; x is [H, W, C_in]."""
    for kernel, bias in params:
        window = len(kernel)
        height, width = (-(-size // 2) for size in x.shape[:2])
        needed = [
            max(2 * (n - 1) + window - s, 0) for n, s in zip((height, width), x.shape, strict=False)
        ]
        before = [n // 2 for n in needed]
        y = np.zeros((height, width, kernel.shape[-1]))
        for i in range(height):
            for j in range(width):
                for a in range(window):
                    for b in range(window):
                        row, column = 2 * i + a - before[0], 2 * j + b - before[1]
                        if 0 <= row < x.shape[0] and 0 <= column < x.shape[1]:
                            y[i, j] += x[row, column] @ np.asarray(kernel[a, b], float)
        x = np.maximum(y + np.asarray(bias), 0)
    return x


@pytest.mark.parametrize(
    ("height", "width", "window", "left"), [(8, 8, 3, (2, 2)), (7, 5, 3, (2, 2)), (6, 9, 2, (2, 3))]
)
def test_a_slow_loop_says_the_same(height, width, window, left):
    convolution = Convolution((3, 4), window)
    params = convolution.init(jax.random.key(0), 2)
    params = tuple(p._replace(bias=p.bias + 0.1 * n) for n, p in enumerate(params, 1))
    x = np.random.default_rng(0).normal(size=(3, height, width, 2)).astype(np.float32)
    found = convolution.apply(params, jnp.asarray(x))
    assert found.shape == (3, *left, 4)
    for one, picture in zip(found, x, strict=True):
        np.testing.assert_allclose(one, slow(params, picture), rtol=1e-4, atol=1e-5)


def test_axes_before_those_of_a_picture_are_kept():
    convolution = Convolution((3,))
    params = convolution.init(jax.random.key(0), 1)
    x = jax.random.normal(jax.random.key(1), (2, 3, 6, 4, 1))
    found = convolution.apply(params, x)
    assert found.shape == (2, 3, 3, 2, 3)
    np.testing.assert_allclose(found[1, 2], convolution.apply(params, x[1, 2]), rtol=1e-5)
    low = convolution.apply(params, x.astype(jnp.bfloat16))
    assert low.dtype == jnp.bfloat16


def test_f18_the_same_key_draws_the_same_and_layers_differ():
    convolution = Convolution((4, 4))
    one, other = (convolution.init(jax.random.key(3), 4) for _ in range(2))
    np.testing.assert_array_equal(one[0].kernel, other[0].kernel)
    assert (one[0].kernel != one[1].kernel).any()
    assert float(jnp.std(one[0].kernel)) == pytest.approx((2 / 36) ** 0.5, rel=0.3)


def test_e69_wrong_sizes_are_named():
    with pytest.raises(ValueError, match="channels should name at least one layer"):
        Convolution(())
    with pytest.raises(ValueError, match="channels must be greater than zero"):
        Convolution((4, 0))
    convolution = Convolution((4,))
    params = convolution.init(jax.random.key(0), 3)
    with pytest.raises(ValueError, match=r"x should be \[\.\.\., H, W, C_in=3\], got \[4, 4, 1\]"):
        convolution.apply(params, jnp.ones((4, 4, 1)))
    with pytest.raises(TypeError, match=r"floating, got uint8.*x\.astype"):
        convolution.apply(params, jnp.ones((4, 4, 3), jnp.uint8))
