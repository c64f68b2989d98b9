"""Strict promotion everywhere: a float32 that silently widens is a mistake."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# orthogonal draws are small QRs: on busy cores the threads of OpenBLAS wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jax
import pytest

jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture(autouse=True, scope="module")
def forget_compiled_programs():
    """Give the memory of compiled programs back: some thousands of them would not fit."""
    yield
    jax.clear_caches()
