"""Networks and cells as plain data: the fields of frozen dataclasses as strict JSON values.

A description never names code to import: a class is found by its short name among those of this
library and those that the caller passes.
"""

import dataclasses
import math
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import jaxrnn.cells as cells
import jaxrnn.initializers as initializers
from jaxrnn.models.batch_major import BatchMajor
from jaxrnn.models.output import Output
from jaxrnn.models.rnn import RNN
from jaxrnn.numerics import ACTIVATIONS
from jaxrnn.spelling import did_you_mean

__all__ = ["KNOWN", "describe", "known_types", "rebuild"]

MAX_DEPTH = 64  # wrappers around wrappers; a bound for files that were not written by us


def _dataclasses_of(module: Any) -> list[type]:
    classes = [getattr(module, name) for name in module.__all__]
    return [c for c in classes if isinstance(c, type) and dataclasses.is_dataclass(c)]


# every class that a description may name; a new cell or initializer is in it by its `__all__`
KNOWN: dict[str, type] = {
    c.__name__: c
    for c in (*_dataclasses_of(cells), *_dataclasses_of(initializers), RNN, BatchMajor, Output)
}


def known_types(owner: str, types: Iterable[type]) -> dict[str, type]:
    """Return the classes of this library and those of the caller by their short names.

    Shapes: none.
    Raises: TypeError unless each is a dataclass; ValueError if two have the same name.

        >>> known_types("load", ())["LSTM"]
        <class 'jaxrnn.cells.lstm.LSTM'>
    """
    known = dict(KNOWN)
    for cls in (types,) if isinstance(types, type) else tuple(types):
        if not isinstance(cls, type) or not dataclasses.is_dataclass(cls):
            raise TypeError(
                f"{owner}: types should hold frozen dataclasses such as MyCell, got {cls!r}. "
                "Pass the class, not an instance: types=(MyCell,)."
            )
        if known.setdefault(cls.__name__, cls) is not cls:
            raise ValueError(
                f"{owner}: two classes are called {cls.__name__}: {known[cls.__name__]!r} and "
                f"{cls!r}. Rename one of them."
            )
    return known


def describe(owner: str, value: Any, name: str = "network") -> Any:
    """Return a value as JSON data: tuples as arrays, dataclasses as `{"type", "fields"}`.

    Shapes: none.
    Raises: ValueError naming the field, if it holds a function, NaN or anything else that JSON
    and `rebuild` have no words for.

        >>> from jaxrnn import Elman
        >>> describe("save", Elman(2))["fields"]["activation"]
        'tanh'
    """
    if isinstance(value, np.bool_ | np.integer | np.floating):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, tuple):
        return [describe(owner, item, f"{name}[{i}]") for i, item in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f.name for f in dataclasses.fields(value) if f.init]
        return {
            "type": type(value).__name__,
            "fields": {f: describe(owner, getattr(value, f), f"{name}.{f}") for f in fields},
        }
    raise ValueError(
        f"{owner}: {name}: {value!r} can't be written to a file, where a field is None, a bool, an "
        f"int, a finite float, a string, a tuple or a frozen dataclass.{_hint(value)}"
    )


def _hint(value: Any) -> str:
    names = [name for name, function in ACTIVATIONS.items() if function is value]
    if names:
        return f" Use the activation's name, {names[0]!r}."
    if callable(value):
        return " Use an activation by its name, and an initializer that is a frozen dataclass."
    return ""


def rebuild(value: Any, known: Mapping[str, type], name: str = "network", depth: int = 0) -> Any:
    """Undo `describe`.

    Shapes: none.
    Raises: ValueError naming the field, if a class or a field of it is unknown, or the class
    refuses its fields.

        >>> rebuild({"type": "Elman", "fields": {"hidden_size": 2, "bias": False}}, KNOWN)
        Elman(hidden_size=2, activation='tanh', bias=False, ...)
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"{name} is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, list):
        items = enumerate(value)
        return tuple(rebuild(item, known, f"{name}[{i}]", depth + 1) for i, item in items)
    if not isinstance(value, dict):
        return value
    if set(value) != {"type", "fields"} or not isinstance(value["fields"], dict):
        raise ValueError(f"{name}: expected an object with type and fields, got {list(value)}")
    cls = _find(value["type"], known, name)
    given = value["fields"]
    fields = {f.name for f in dataclasses.fields(cls) if f.init}
    if unknown := [f for f in given if f not in fields]:
        hint = did_you_mean(unknown[0], fields)
        raise ValueError(f"{name}: {cls.__name__} has no field {', '.join(unknown)}.{hint}")
    arguments = {f: rebuild(v, known, f"{name}.{f}", depth + 1) for f, v in given.items()}
    try:
        with warnings.catch_warnings():
            # whoever made the network was warned then
            warnings.simplefilter("ignore", UserWarning)
            return cls(**arguments)
    except Exception as error:  # whatever fields of a wrong type lead to, in any class
        raise ValueError(f"{name}: {cls.__name__} can't be made: {error}") from error


def _find(type_name: Any, known: Mapping[str, type], name: str) -> type:
    if not isinstance(type_name, str) or type_name not in known:
        raise ValueError(
            f"{name}: unknown class {type_name!r}. If it is your own, pass it: "
            f"types=({type_name},)."
        )
    return known[type_name]
