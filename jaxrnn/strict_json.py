"""Strict JSON: what one program writes means the same in every other, and to this one again."""

import json
import math
from collections import Counter
from typing import Any

__all__ = ["parse", "text"]

MAX_DIGITS = 20  # of an integer; 64 bits need 19 and a sign
MAX_DEPTH = 256  # objects and arrays within each other


def text(value: Any) -> str:
    """Return a value as compact JSON, in one line; the order of keys is kept.

    Shapes: none; None, bools, numbers, strings, lists, tuples (as lists) and dicts.
    Raises: ValueError for NaN and infinity; TypeError for what JSON has no word for.

        >>> text({"step": 3, "loss": 0.1, "path": ("a", None)})
        '{"step":3,"loss":0.1,"path":["a",null]}'
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def parse(text: bytes | str, what: str) -> dict[str, Any]:
    """Read strict JSON: one object, no duplicate keys, no NaN, no huge integers, no deep nesting.

    Shapes: none.
    Args: what, the name of the text, with which errors begin.
    Raises: ValueError naming the text and what is wrong with it.

        >>> parse('{"step": 3}', "config.json")
        {'step': 3}
        >>> parse('{"step": 3, "step": 4}', "config.json")
        Traceback (most recent call last):
        ValueError: config.json is no strict JSON: duplicate key 'step'
    """
    try:
        value = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_finite,
        )
        _check_depth(value)
    except RecursionError:
        raise ValueError(f"{what} is no strict JSON: {_TOO_DEEP}") from None
    except ValueError as error:
        raise ValueError(f"{what} is no strict JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no JSON object")
    return value


_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise ValueError(f"duplicate key {twice!r}")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(float(digits)):
        raise ValueError(f"{digits} is not a finite number")
    return float(digits)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)
