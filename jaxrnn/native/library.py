"""The compiled library: found, loaded and made known to JAX when it is first needed."""

import ctypes
import functools
import importlib.machinery
import re
from pathlib import Path

import jax

__all__ = ["absent", "choose_machine", "machine", "require"]

TARGETS = tuple(f"jaxrnn_{name}" for name in
                ("lstm", "lstm_back", "gru", "gru_back", "elman", "elman_back"))  # fmt: skip


def _file(folder: Path) -> Path | None:
    """Return the library in a folder that this Python built, if there is one."""
    names = (folder / f"_kernels{end}" for end in importlib.machinery.EXTENSION_SUFFIXES)
    return next((path for path in names if path.exists()), None)


def _interface() -> tuple[int, int]:
    """Return the version of the foreign-function interface of the JAX that is running."""
    text = (Path(jax.ffi.include_dir()) / "xla/ffi/api/c_api.h").read_text(encoding="utf-8")
    major, minor = (
        re.search(rf"#define XLA_FFI_API_{part} (\d+)", text) for part in ("MAJOR", "MINOR")
    )
    if major is None or minor is None:
        raise ValueError("the headers of jaxlib tell no version of their interface")
    return int(major[1]), int(minor[1])


def _check_interface(library: ctypes.CDLL) -> None:
    """Refuse a library made for a newer JAX: registered, it would keep the CPU from starting."""
    built = library.jaxrnn_interface_major(), library.jaxrnn_interface_minor()
    here = _interface()
    if built[0] != here[0] or built[1] > here[1]:
        raise ValueError(
            f"compiled for version {built[0]}.{built[1]} of the foreign-function interface, "
            f"here is {here[0]}.{here[1]}"
        )


@functools.cache
def _load() -> tuple[ctypes.CDLL | None, str | None]:
    """Return (the library, None), its functions registered with JAX, or (None, why not)."""
    folder = Path(__file__).parent / "lib"
    path = _file(folder)
    if path is None:
        others = sorted(file.name for file in folder.glob("_kernels*"))
        return None, (
            f"the compiled engine is absent: {', '.join(others)} is for another Python; install "
            "jaxrnn again with this one."
            if others
            else "the compiled engine is absent: when jaxrnn was installed there was no C++17 "
            "compiler (GCC), or no headers of jaxlib, or it did not compile; pip install -v shows "
            "which. Install jaxrnn again then."
        )
    try:
        library = ctypes.CDLL(str(path))
        _check_interface(library)
        for name in TARGETS:
            capsule = jax.ffi.pycapsule(getattr(library, name))
            jax.ffi.register_ffi_target(name, capsule, platform="cpu")
    except Exception as error:  # whatever the loader or JAX dislikes: the pure engine still works
        return None, (
            f"the compiled engine is absent: {path.name} does not fit JAX {jax.__version__} "
            f"({error}); install jaxrnn again beside this JAX, by pip install --no-build-isolation."
        )
    library.jaxrnn_machine.restype = ctypes.c_char_p
    library.jaxrnn_choose_machine.argtypes = [ctypes.c_char_p]
    return library, None


def absent() -> str | None:
    """Return why there is no compiled engine, in one sentence; None if there is one.

    Shapes: none.

        >>> absent() is None or absent().startswith("the compiled engine is absent")
        True
    """
    return _load()[1]


def require() -> ctypes.CDLL:
    """Return the library.

    Shapes: none.
    Raises: RuntimeError with what `absent` says, if there is none.

        >>> require() is None if absent() is None else False
        False
    """
    library, why = _load()
    if library is None:
        raise RuntimeError(f"jaxrnn.native: {why}")
    return library


def machine() -> str:
    """Return which kernels run here: "avx512", "avx2" or "portable".

    Shapes: none.
    Raises: RuntimeError if the compiled engine is absent.

        >>> absent() is not None or machine() in ("avx512", "avx2", "portable")
        True
    """
    return require().jaxrnn_machine().decode()


def choose_machine(name: str) -> None:
    """Run other kernels than the widest, in the whole process: for tests.

    Shapes: none.
    Raises: ValueError for a name that this processor cannot run; RuntimeError as `machine`.

        >>> if absent() is None:
        ...     widest = machine()
        ...     choose_machine("portable")
        ...     choose_machine(widest)
    """
    if not require().jaxrnn_choose_machine(name.encode()):
        raise ValueError(f"choose_machine: this processor has no {name!r}; it runs {machine()!r}.")
