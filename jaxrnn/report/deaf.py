"""A stream that never fails: training goes on when nobody reads any more."""

import contextlib
import os
from typing import Any

__all__ = ["Deaf"]


class Deaf:
    """A stream that takes whatever is written, also when the one behind it takes nothing more.

    A reader that left (`| head`), a terminal that is gone and a closed file are all the same. What
    the encoding has no word for becomes "?".

    Shapes: none.
    Args: stream, such as `sys.stdout`; None, as after `>&-`, takes everything too.

        >>> import io
        >>> closed = io.StringIO()
        >>> closed.close()
        >>> Deaf(closed).write("hello")
        5
    """

    def __init__(self, stream: Any) -> None:
        """Take the stream behind."""
        self._stream = stream
        self._gone = False

    def write(self, text: str) -> int:
        """Write, or not."""
        if self._gone:
            return len(text)
        try:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                self._stream.write(text.encode("ascii", "replace").decode())
        except (AttributeError, OSError, ValueError):
            self._give_up()
        return len(text)

    def flush(self) -> None:
        """Flush, or not."""
        try:
            if not self._gone:
                self._stream.flush()
        except (AttributeError, OSError, ValueError):
            self._give_up()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _give_up(self) -> None:
        """Send the rest to where nobody looks; the descriptor too: Python flushes it at its end."""
        self._gone = True
        with contextlib.suppress(OSError, ValueError, AttributeError):
            target = self._stream.fileno()
            descriptor = os.open(os.devnull, os.O_WRONLY)
            os.dup2(descriptor, target)
            os.close(descriptor)
