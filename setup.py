"""Builds the optional compiled engine; everything else about the package is in pyproject.toml."""

from pathlib import Path

from setuptools import Extension, setup

SOURCES = Path("jaxrnn/native/src")
Path("jaxrnn/native/lib").mkdir(exist_ok=True)  # `pip install -e` copies the library there

try:
    from jax.ffi import include_dir

    headers = [include_dir()]
except Exception:  # without jaxlib the compiler will say that a header is missing
    headers = []

# optional: without a compiler or those headers the package is installed all the same, without it
engine = Extension(
    "jaxrnn.native.lib._kernels",
    sources=sorted(str(path) for path in SOURCES.glob("*.cc")),
    depends=sorted(str(path) for path in SOURCES.glob("*.h")),
    include_dirs=[*headers, str(SOURCES)],
    extra_compile_args=["-std=c++17", "-O2", "-Wno-psabi", "-g0"],
    extra_link_args=["-pthread"],
    language="c++",
    optional=True,
)

setup(ext_modules=[engine])
