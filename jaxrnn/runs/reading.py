"""Settings from a file and from the command line: types checked, nothing run, nothing imported."""

import dataclasses
import json
import math
import os
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from jaxrnn import strict_json
from jaxrnn.spelling import did_you_mean

__all__ = ["nested", "plain", "read_settings_file", "updated"]

_MOST_BYTES = 1 << 20
_MOST_DEPTH = 16

Settings = TypeVar("Settings")


def updated(base: Settings, changes: Mapping[str, Any], name: str = "") -> Settings:
    """Return settings with some fields changed; a dict changes a part of a part.

    Shapes: none.
    Raises: ValueError for an unknown field, with the nearest, or a value that the settings refuse;
        TypeError, naming the field, for a value of another type.

        >>> @dataclasses.dataclass(frozen=True)
        ... class Inner:
        ...     rate: float = 0.1
        >>> @dataclasses.dataclass(frozen=True)
        ... class Outer:
        ...     inner: Inner = Inner()
        >>> updated(Outer(), {"inner": {"rate": 1}})
        Outer(inner=Inner(rate=1.0))
        >>> updated(Outer(), {"inner": {"rat": 1}})
        Traceback (most recent call last):
        ValueError: inner has no field 'rat', expected one of rate. Did you mean 'rate'?
    """
    cls = type(base)
    hints = typing.get_type_hints(cls)
    new = {}
    for key, value in changes.items():
        path = f"{name}.{key}" if name else str(key)
        if key not in hints:
            hint = did_you_mean(str(key), hints)
            raise ValueError(
                f"{f'{name} has' if name else 'the settings have'} no field {key!r}, expected one "
                f"of {', '.join(hints)}.{hint}"
            )
        part = getattr(base, key)
        if not dataclasses.is_dataclass(part):
            new[key] = _checked(hints[key], value, path)
        elif isinstance(value, Mapping):
            new[key] = updated(part, value, path)
        else:
            raise TypeError(f"{path} should be a group of fields, got {_shown(value)}.")
    return dataclasses.replace(base, **new)  # pyright: ignore[reportArgumentType]


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, int) else repr(value)
    return f"the {type(value).__name__} {text if len(text) < 60 else text[:60] + '...'}"


def _checked(hint: Any, value: Any, path: str) -> Any:
    """Return a value of the type `hint`; an int may stand for a float, no more."""
    choices = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if value is None and type(None) in choices:
        return None
    kind = next(c for c in choices if c is not type(None))
    if typing.get_origin(kind) is tuple:
        if isinstance(value, list | tuple):
            inner = typing.get_args(kind)[0]
            return tuple(_checked(inner, item, f"{path}[{i}]") for i, item in enumerate(value))
    elif kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{path} should be a finite number, got {value}.")
        return value
    number = _number(value) if kind in (int, float) else None
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{path} should be a finite number, got {value}.")
    hint = "" if number is None else " Write it without quotes; YAML needs a point, as in 1.0e-3."
    raise TypeError(f"{path} should be {_named(kind)}, got {_shown(value)}.{hint}")


def _named(kind: Any) -> str:
    if typing.get_origin(kind) is tuple:
        return "a list"
    words = {int: "an int", float: "a float", bool: "true or false", str: "a string"}
    return words[kind]


def _number(value: Any) -> float | None:
    """Return the number that was read as text, such as YAML's 1e-3 or a nan; None if it is none."""
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def plain(settings: Any) -> dict[str, Any]:
    """Return settings as plain JSON data; `updated` undoes it.

    Shapes: none.

        >>> @dataclasses.dataclass(frozen=True)
        ... class Some:
        ...     names: tuple[str, ...] = ("a",)
        >>> plain(Some())
        {'names': ['a']}
    """
    return json.loads(json.dumps(dataclasses.asdict(settings), allow_nan=False))


def nested(words: Sequence[str]) -> dict[str, Any]:
    """Return what words such as `model.hidden=64` say, as a dict of dicts.

    Values are read as JSON, and as text if they are none: `true`, `0.5`, `null`, `lstm`.

    Shapes: none.
    Raises: ValueError for a word without `=`, or two that contradict each other.

        >>> nested(["model.hidden=64", "model.cell=lstm", "seed=3"])
        {'model': {'hidden': 64, 'cell': 'lstm'}, 'seed': 3}
    """
    changes: dict[str, Any] = {}
    for word in words:
        path, equals, text = word.partition("=")
        *groups, last = path.strip().split(".")
        if not equals or not last or not all(groups):
            raise ValueError(f"expected NAME=VALUE, as in model.hidden=64, got {word!r}.")
        place = changes
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                raise ValueError(f"{path}: {group} was given a value before.")
        if last in place:
            raise ValueError(f"{path} is given twice.")
        place[last] = _value(text.strip())
    return changes


def _value(text: str) -> Any:
    try:
        return strict_json.parse(f'{{"value": {text}}}', "value")["value"]
    except ValueError:
        return text


def read_settings_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a file of settings: `.json`, `.toml`, `.yaml` or `.yml`. Only data is read.

    Shapes: none.
    Raises: ValueError naming the file and what is wrong: another ending, no such format, duplicate
        keys, NaN, huge integers, deep nesting, tags and aliases of YAML; OSError if it can't be
        read.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "run.toml"
        ...     _ = file.write_text("seed = 3\\n[model]\\nhidden = 64\\n")
        ...     read_settings_file(file)
        {'seed': 3, 'model': {'hidden': 64}}
    """
    file = Path(path)
    readers = {".json": _json, ".toml": _toml, ".yaml": _yaml, ".yml": _yaml}
    if file.suffix not in readers:
        raise ValueError(f"{file}: expected a file ending in {', '.join(readers)}.")
    if file.exists() and not file.is_file():  # opening a pipe would wait
        raise ValueError(f"{file}: expected a file of settings, found a folder or a device.")
    with open(file, "rb") as opened:
        content = opened.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{file}: more than {_MOST_BYTES} bytes are no settings.")
    if not content.strip():
        raise ValueError(f"{file}: the file is empty.")
    try:
        value = readers[file.suffix](content.decode("utf-8-sig"))  # Windows puts a mark in front
        _check_plain(value)
    except UnicodeDecodeError as error:
        byte = content[error.start]
        raise ValueError(
            f"{file}: expected UTF-8 text, got the byte {byte:#04x} at place {error.start}."
        ) from None
    except RecursionError:
        raise ValueError(f"{file}: nested too deep.") from None
    except ValueError as error:
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None
    return value


def _json(text: str) -> Any:
    return strict_json.parse(text.strip(), "the file")


def _toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


def _yaml(text: str) -> Any:
    import yaml

    class Strict(yaml.SafeLoader):
        """Plain data only: no tags, no aliases, no key twice."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise ValueError("aliases (*name) are refused.")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            for key in keys:
                if keys.count(key) > 1:
                    raise ValueError(f"duplicate key {key!r} (line {node.start_mark.line + 1}).")
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Strict)
    except yaml.YAMLError as error:
        raise ValueError(f"no plain YAML: {error}") from None


def _check_plain(value: Any, depth: int = 0) -> None:
    """Refuse what is no settings, whatever format it was in."""
    if depth == 0 and not isinstance(value, dict):
        raise ValueError("expected names with values, got nothing of that kind.")
    if depth > _MOST_DEPTH:
        raise ValueError(f"nested more than {_MOST_DEPTH} levels deep.")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"the name {key!r} is no text.")
            _check_plain(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, depth + 1)
    elif isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("an integer of more than 64 bits.")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number.")
