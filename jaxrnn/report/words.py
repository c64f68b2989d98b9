"""Numbers as a person reads them."""

import math
from typing import Any

__all__ = ["looked_at", "number", "percent", "size", "times"]


def number(value: float | None, digits: int = 3) -> str:
    """Return `value` with so many significant digits, no exponent where a person wants none.

    Shapes: none.

        >>> number(0.012345), number(1234567.0), number(2.0), number(None), number(3e-9)
        ('0.0123', '1,234,567', '2.00', 'no number', '3.00e-09')
    """
    if value is None or not math.isfinite(value):
        return "no number"
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    if power < -4:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, digits - 1 - power)}f}"


def percent(value: float | None) -> str:
    """Return a ratio as per cent.

    Shapes: none.

        >>> percent(0.123), percent(0.0004), percent(None), percent(3e-8)
        ('12.3 %', '0.04 %', 'no number', 'less than 0.01 %')
    """
    if value is None or not math.isfinite(value):
        return "no number"
    if 0 < abs(value) < 1e-4:
        return "less than 0.01 %"
    text = f"{100 * value:.2f}" if abs(value) < 0.01 else f"{100 * value:.1f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def size(count: float | None) -> str:
    """Return bytes in the unit that fits.

    Shapes: none.

        >>> size(512), size(3 * 2**20), size(None)
        ('512 B', '3.00 MiB', 'not told')
    """
    if count is None:
        return "not told"
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{number(count)} {unit}"
        count /= 1024
    return f"{number(count)} GiB"


def times(a: float | None, b: float | None) -> str:
    """Return how a compares with b, as in "3.2 times less" or "1.5 times as much".

    Shapes: none.

        >>> times(1.0, 3.2), times(3.0, 2.0), times(1.0, 1.01), times(1.0, None)
        ('3.2 times less', '1.5 times as much', 'as much', 'an unknown share of the')
    """
    if a is None or b is None or not 0 < a < math.inf or not 0 < b < math.inf:
        return "an unknown share of the"
    ratio = a / b
    if abs(ratio - 1) < 0.05:
        return "as much"
    return f"{1 / ratio:.1f} times less" if ratio < 1 else f"{ratio:.1f} times as much"


def looked_at(task: dict[str, Any]) -> str:
    """Return what was looked at: data, model and training of a record.

    Shapes: none.

        >>> task = {"source": "noise", "model": "GRU with 4 units", "parameters": 1000, "T": 8,
        ...         "B": 2, "seed": 0, "optimizer": {"learning_rate": 0.01}}
        >>> looked_at(task)[:71]
        'Data: noise. Model: GRU with 4 units with a linear output, 1,000 parame'
    """
    return (
        f"Data: {task['source']}. Model: {task['model']} with a linear output, "
        f"{task['parameters']:,} parameters; T = {task['T']}, B = {task['B']}; seed "
        f"{task['seed']}. Training was with full BPTT and Adam, learning rate "
        f"{task['optimizer']['learning_rate']:g}."
    )
