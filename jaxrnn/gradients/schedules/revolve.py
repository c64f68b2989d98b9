"""The binomial schedule as a table: which steps to advance, store, restore and differentiate."""

from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np

__all__ = ["Table", "binomial_evaluations", "revolve"]


def _repetitions(steps: int, slots: int) -> int:
    """Return the least rho with C(slots + rho, slots) >= steps: no step is advanced more often."""
    rho = 0
    while comb(slots + rho, slots) < steps:
        rho += 1
    return rho


def binomial_evaluations(steps: int, slots: int) -> int:
    """Return the least forward evaluations of a gradient over T steps with m stored states.

        (rho + 1) T - C(m + rho, rho - 1),   rho the least with C(m + rho, m) >= T

    The state before the first step takes one of the slots; the evaluation that is differentiated
    counts too.
    Source: Griewank (1992), Optimization Methods and Software 1.
    Shapes: none.

        >>> [binomial_evaluations(1000, m) for m in (1, 2, 10, 44)]
        [500500, 29820, 4636, 2954]
    """
    rho = _repetitions(steps, slots)
    return (rho + 1) * steps - (comb(slots + rho, rho - 1) if rho else 0)


def _split(steps: int, slots: int) -> int:
    """Return an optimal number of steps to advance before the next state is stored."""
    rho = _repetitions(steps, slots)
    before = comb(slots + rho - 2, slots) if rho > 1 else 0
    return max(1, before, steps - comb(slots - 1 + rho, rho))


class Table(NamedTuple):
    """A schedule as data, one row for each step in the order of reversal: T-1, T-2, ..., 0.

    To reverse step t: take the state before step `start` out of slot `restore`, advance it through
    the steps start, ..., t - 1, and differentiate step t. After each of these advances the state
    goes into the slot that `store` names, from its row `first` on; slot m is nowhere.
    """

    restore: np.ndarray  # [T] int32
    start: np.ndarray  # [T] int32
    first: np.ndarray  # [T] int32
    store: np.ndarray  # [advances] int32


@lru_cache(maxsize=64)
def revolve(steps: int, slots: int) -> Table:
    """Return the table of the binomial schedule for T steps and m slots.

    Source: Griewank and Walther (2000), ACM Transactions on Mathematical Software 26, algorithm
    799.
    Shapes: as `Table`; `len(store) + T` is the number of forward evaluations.

        >>> table = revolve(4, 2)
        >>> table.restore.tolist(), table.start.tolist(), table.store.tolist()
        ([0, 1, 1, 0], [0, 1, 1, 0], [1, 2, 2, 2])
    """
    restore, start, first, store = [], [], [], []
    tasks = [(0, steps, 0)] if steps else []  # reverse `count` steps from `begin`, in slot `slot`
    while tasks:
        begin, count, slot = tasks.pop()
        restore.append(slot)
        start.append(begin)
        first.append(len(store))
        while count > 1 and slot < slots - 1:  # store on the way to the last step
            advance = _split(count, slots - slot)
            tasks.append((begin, advance, slot))
            store += [slots] * (advance - 1) + [slot + 1]
            begin, count, slot = begin + advance, count - advance, slot + 1
        if count > 1:  # no slot is left: all but the last step from the start again
            tasks.append((begin, count - 1, slot))
            store += [slots] * (count - 1)
    return Table(*(np.asarray(column, np.int32) for column in (restore, start, first, store)))
