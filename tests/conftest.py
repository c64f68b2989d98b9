"""Strict promotion everywhere: a float32 that silently widens is a mistake.

Most of the time of the tests is compiling. So LLVM works less hard (the program that it gets is the
same), a program is compiled in one piece, and loops are emitted by the older of XLA's two emitters,
which needs half the time. JAX 0.12 has the newer one alone and ignores the option's name: the two
Pythons of the tests thus hold both. What one process has compiled the others find in a folder of
this run.
"""

import os
import shutil
import tempfile

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_parallel_codegen_split_count=1"
    " --xla_backend_extra_options=xla_cpu_disable_new_fusion_emitters",
)
_OWN_CACHE = "JAX_COMPILATION_CACHE_DIR" not in os.environ
if _OWN_CACHE:  # set before any worker starts, so that all have one folder
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="jaxrnn-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
# where in Python an operation came from: costs a tenth of the tracing, and only dumps show it
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")
# orthogonal draws are small QRs: on busy cores the threads of OpenBLAS wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jax  # noqa: E402
import pytest  # noqa: E402

from jaxrnn.drivers import retrace  # noqa: E402

jax.config.update("jax_numpy_dtype_promotion", "strict")


def pytest_unconfigure() -> None:
    """Remove the folder of compiled programs; only the process that made it does."""
    if _OWN_CACHE:
        shutil.rmtree(os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)


@pytest.fixture(autouse=True, scope="module")
def forget_compiled_programs():
    """Give the memory of compiled programs back: some thousands of them would not fit."""
    yield
    jax.clear_caches()


@pytest.fixture(autouse=True)
def forget_lengths():
    """Start each test with no lengths seen: the warning about many of them is of one process."""
    retrace._lengths_seen.clear()
