"""Errors at the door for plain values: what was expected, what came, and what to do."""

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.core import Tracer

from jaxrnn.cell import Cell

__all__ = [
    "as_batch", "as_bool", "as_cell", "as_number", "as_positive", "as_positive_int", "as_rate",
    "check_input_size", "check_unroll",
]  # fmt: skip


def as_positive_int(owner: str, name: str, value: Any) -> int:
    """Return `value` as an int above zero.

    Shapes: none.
    Raises: TypeError if it is no integer; ValueError if it is below 1.

        >>> as_positive_int("LSTM", "hidden_size", np.int64(3))
        3
    """
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{owner}: {name} should be of type int, got: {type(value).__name__} ({value!r})"
        )
    number = operator.index(value)
    if number < 1:
        raise ValueError(f"{owner}: {name} must be greater than zero, got {number}")
    return number


def as_bool(owner: str, name: str, value: Any) -> bool:
    """Return `value` if it is True or False.

    Shapes: none.
    Raises: TypeError for anything else, 0 and 1 included.

        >>> as_bool("LSTM", "bias", True)
        True
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            f"{owner}: {name} should be of type bool, got: {type(value).__name__} ({value!r})"
        )
    return bool(value)


def as_rate(owner: str, name: str, value: Any) -> float:
    """Return `value` as a float in [0, 1]; a concrete 0-d array is accepted.

    Shapes: `[]`.
    Raises: ValueError outside the range, for NaN, bools and anything that is no number.

        >>> as_rate("RNN", "dropout", np.float32(0.5))
        0.5
    """
    number = math.nan
    if not isinstance(value, bool | np.bool_ | str | Tracer):
        try:
            number = float(value)
        except (TypeError, ValueError):
            pass
    if not 0 <= number <= 1:
        raise ValueError(
            f"{owner}: {name} should be a number in range [0, 1], the probability of an element "
            f"being zeroed, got {value!r}"
        )
    return number


def as_batch(batch: int | Sequence[int]) -> tuple[int, ...]:
    """Return the leading axes as a tuple; an int is one axis.

    Shapes: none.
    Raises: ValueError for anything else.

        >>> as_batch(4), as_batch(())
        ((4,), ())
    """
    sizes: Any = (batch,) if hasattr(batch, "__index__") else batch
    try:
        axes = tuple(operator.index(size) for size in sizes)
    except TypeError:
        axes = (-1,)
    if isinstance(batch, bool) or any(size < 0 for size in axes):
        raise ValueError(
            f"init_state: batch should be a size or a tuple of sizes, got {batch!r}. "
            "Use (B,) for a batch, () for none."
        )
    return axes


def as_cell(owner: str, cell: Any, contract: type = Cell) -> None:
    """Check that `cell` keeps the contract.

    Shapes: none.
    Raises: TypeError naming the missing methods.

        >>> from jaxrnn import LSTM
        >>> as_cell("RNN", LSTM(3))
    """
    if isinstance(cell, type) or not isinstance(cell, contract):
        methods = ("init", "init_state", "project", "step", "recur", "update")
        lacks = [m for m in methods if hasattr(contract, m) and not hasattr(cell, m)]
        got = (
            f"the class {cell.__name__}, not an instance" if isinstance(cell, type) else repr(cell)
        )
        missing = f" It has no {', '.join(lacks)}." if lacks else ""
        raise TypeError(f"{owner}: cell should be a {contract.__name__}, got {got}.{missing}")
    try:
        hash(cell)
    except TypeError as error:
        raise TypeError(
            f"{owner}: {type(cell).__name__} can't be hashed ({error}). The fields of a cell are "
            "static; arrays, traced or learned values belong in params."
        ) from None


def as_positive(owner: str, name: str, value: Any) -> float:
    """Return `value` as a float above zero.

    Shapes: none.
    Raises: TypeError if it is no number; ValueError if it is not above zero.

        >>> as_positive("LayerNorm", "eps", 1e-5)
        1e-05
    """
    number = as_number(owner, name, value)
    if not number > 0:
        raise ValueError(f"{owner}: {name} must be greater than zero, got {value}")
    return number


def as_number(owner: str, name: str, value: Any) -> float:
    """Return `value` as a finite float.

    Shapes: none.
    Raises: TypeError if it is no number; ValueError if it is NaN or infinite.

        >>> as_number("LSTM", "forget_bias", 1)
        1.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{owner}: {name} should be a number, got: {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{owner}: {name} should be finite, got {value}")
    return float(value)


def check_input_size(owner: str, input_size: Any) -> int:
    """Return the width of x for `init`.

    Shapes: none.
    Raises: as `as_positive_int`.

        >>> check_input_size("LSTM.init", 3)
        3
    """
    return as_positive_int(owner, "input_size", input_size)


def check_unroll(owner: str, unroll: Any) -> int:
    """Return how many steps the loop body does at once.

    Shapes: none.
    Raises: ValueError unless it is an int of at least 1.

        >>> check_unroll("scan", 5)
        5
    """
    whole = hasattr(unroll, "__index__") and not isinstance(unroll, bool)
    if not whole or operator.index(unroll) < 1:
        raise ValueError(
            f"{owner}: unroll should be an int of at least 1, got {unroll!r}. It is how many steps "
            "the body of the loop does; 1 is plain."
        )
    return operator.index(unroll)
