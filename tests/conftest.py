"""Strict promotion everywhere: a float32 that silently widens is a mistake."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax

jax.config.update("jax_numpy_dtype_promotion", "strict")
