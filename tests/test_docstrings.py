"""Every public function and class says its shapes and shows an example; doctest runs it."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import jaxrnn

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(jaxrnn.__path__, "jaxrnn.")
    if not info.name.endswith("__main__")
)


def public_objects():
    """Yield (where, object) for each name in each module's `__all__` that is defined there."""
    for name in MODULES:
        module = importlib.import_module(name)
        assert hasattr(module, "__all__") or not public_names(module), f"{name} has no __all__"
        for item in getattr(module, "__all__", ()):
            value = getattr(module, item)
            if getattr(value, "__module__", None) == name and callable(value):
                yield f"{name}.{item}", value


def public_names(module):
    return [
        n for n, v in vars(module).items()
        if not n.startswith("_") and inspect.isfunction(v) and v.__module__ == module.__name__
    ]  # fmt: skip


def is_record(value):
    """NamedTuples say the shape of each field beside it; they have nothing to run."""
    return isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields")


OBJECTS = dict(public_objects())
DOCUMENTED = {name: value for name, value in OBJECTS.items() if not is_record(value)}


@pytest.mark.parametrize("name", OBJECTS)
def test_public_names_are_explained(name):
    assert len(inspect.getdoc(OBJECTS[name]) or "") > 20


@pytest.mark.parametrize("name", DOCUMENTED)
def test_public_functions_say_shapes_and_show_an_example(name):
    text = inspect.getdoc(DOCUMENTED[name])
    assert "Shapes:" in text, f"{name} says no shapes"
    assert doctest.DocTestParser().get_examples(text), f"{name} shows no example"


def test_the_root_exports_what_it_lists():
    for name in jaxrnn.__all__:
        assert getattr(jaxrnn, name) is not None
    for name in jaxrnn._ROOMS:
        assert getattr(jaxrnn, name).__name__ == f"jaxrnn.{name}"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        jaxrnn.nonsense  # noqa: B018
