"""SIGTERM and Ctrl-C become a wish: finish the step, save, and leave."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["Asked", "asked_to_stop", "second_ends"]

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
    leaves with 143 or 130. The second one ends the process at once, saved or not, even while XLA is
    compiling. What stood there before takes the signals again after the block. Outside the main
    thread, where signals cannot be taken, nothing is done.

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
        with second_ends():
            yield asked
    finally:
        for number, handler in before.items():
            # None: set by something that is not Python, which can't be put back
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if asked.number is not None:
        raise SystemExit(128 + asked.number)


@contextlib.contextmanager
def second_ends() -> Iterator[None]:
    """End the process at the second SIGTERM or SIGINT inside the block, whatever it is doing.

    Python's own handlers wait until the main thread is back in Python, which may be minutes while
    XLA compiles. Here a thread counts what the system hands over at once, and the second signal
    leaves with 143 or 130. Signals that Python has no handler for end the process by themselves.
    Outside the main thread, and on Windows, nothing is done.

    Shapes: none.

        >>> with second_ends():
        ...     pass
    """
    if threading.current_thread() is not threading.main_thread() or os.name == "nt":
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # nothing in a signal may wait
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reader,), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)
        watcher.join()
        os.close(reader)


def _watch(reader: int) -> None:
    """Leave at the second signal; return when the other end of the pipe is closed."""
    taken = 0
    while number := os.read(reader, 1):
        taken += number[0] in _SIGNALS
        if taken > 1:
            os._exit(128 + number[0])
