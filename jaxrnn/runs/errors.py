"""What the user of a run can mend, told apart from mistakes of this library."""

import contextlib
from collections.abc import Iterator

__all__ = ["RunError", "mendable"]


class RunError(Exception):
    """A run can't begin or go on, and the message says why.

    Shapes: none.

        >>> str(RunError("the data has changed"))
        'the data has changed'
    """


@contextlib.contextmanager
def mendable() -> Iterator[None]:
    """Turn errors of values and types into RunError: only around what reads the user's own things.

    Shapes: none.

        >>> with mendable():
        ...     int("x")
        Traceback (most recent call last):
        jaxrnn.runs.errors.RunError: invalid literal for int() with base 10: 'x'
    """
    try:
        yield
    except (OverflowError, TypeError, ValueError) as error:
        raise RunError(str(error)) from error
