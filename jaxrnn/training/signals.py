"""SIGTERM and Ctrl-C become a wish: finish the step, save, and leave."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["Asked", "asked_to_stop"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Asked:
    """Whether somebody asked the process to end; it is true from the first signal on.

    Shapes: none; `number` is that of the signal, None before.

        >>> bool(Asked())
        False
    """

    def __init__(self) -> None:
        """Begin without a signal."""
        self.number: int | None = None

    def __bool__(self) -> bool:
        return self.number is not None


@contextlib.contextmanager
def asked_to_stop() -> Iterator[Asked]:
    """Take SIGTERM and SIGINT inside the block; at its end exit as the signal asked.

    The first one only makes `Asked` true: the block ends when its state is saved, then the process
    leaves with 143 or 130. The second one ends the process at once, saved or not. What stood there
    before takes the signals again after the block. Outside the main thread, where signals cannot be
    taken, nothing is done.

    Shapes: none.
    Raises: SystemExit at the end of the block if there was a signal.

        >>> with asked_to_stop() as asked:
        ...     bool(asked)
        False
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def take(number: int, frame: FrameType | None) -> None:
        del frame
        if asked:
            os._exit(128 + number)  # no handlers, no flushing: the older checkpoint is complete
        asked.number = number

    before = {number: signal.signal(number, take) for number in _SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            # None: set by something that is not Python, which can't be put back
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if asked.number is not None:
        raise SystemExit(128 + asked.number)
