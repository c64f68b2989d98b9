"""With or without a compiler at hand: one clear note, and nothing else changes."""

import os
import shutil

import jax
import jax.numpy as jnp
import pytest

from jaxrnn import native
from jaxrnn.native import library


def test_the_note_is_one_sentence_or_none():
    note = native.absent()
    assert note is None or (note.startswith("the compiled engine is absent: ") and "\n" not in note)


@pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="there is no C++ compiler here"
)
def test_where_there_is_a_compiler_the_engine_was_built():
    assert native.absent() is None


def test_a_library_of_another_python_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "_kernels.cpython-27-other.so").write_text("")
    loaded, note = library._load.__wrapped__()
    assert loaded is None and "_kernels.cpython-27-other.so is for another Python" in note


def test_a_folder_without_a_library_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    loaded, note = library._load.__wrapped__()
    assert loaded is None
    assert "C++17 compiler" in note and "install" in note


def test_a_library_that_does_not_fit_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    (tmp_path / "lib").mkdir()
    name = f"_kernels{library.importlib.machinery.EXTENSION_SUFFIXES[0]}"
    (tmp_path / "lib" / name).write_text("no library")
    loaded, note = library._load.__wrapped__()
    assert loaded is None
    assert name in note and "install jaxrnn again" in note and jax.__version__ in note


@pytest.mark.parametrize(("built", "fits"), [((0, 0), True), ((0, 99), False), ((9, 0), False)])
def test_a_library_for_a_newer_jax_is_not_registered(built, fits):
    class Library:
        jaxrnn_interface_major = staticmethod(lambda: built[0])
        jaxrnn_interface_minor = staticmethod(lambda: built[1])

    if fits:
        library._check_interface(Library)
    else:
        with pytest.raises(ValueError, match=f"compiled for version {built[0]}.{built[1]} of the"):
            library._check_interface(Library)


def test_without_the_engine_its_functions_raise_the_note(monkeypatch):
    monkeypatch.setattr(library, "_load", lambda: (None, "the compiled engine is absent: a test"))
    one = jnp.ones((1, 1))
    with pytest.raises(RuntimeError, match="the compiled engine is absent: a test"):
        native.elman(one, one, None, one, one[None])
