"""What a compiled program needs, against what the process may have: refused before it runs."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["available_bytes", "check_memory", "program_bytes"]


def program_bytes(program: Any, *, arguments: bool = True) -> int | None:
    """Return what a compiled program needs on each device: arguments, results and all between.

    Shapes: none; None where the backend doesn't tell.
    Args: arguments, False if they have their memory already.

        >>> import jax
        >>> program = jax.jit(lambda x: x + 1).lower(jax.numpy.ones(1000)).compile()
        >>> program_bytes(program), program_bytes(program, arguments=False)
        (8000, 4000)
    """
    memory = program.memory_analysis()
    if memory is None:
        return None
    results = memory.output_size_in_bytes - memory.alias_size_in_bytes
    held = memory.argument_size_in_bytes if arguments else 0
    return int(held + results + memory.temp_size_in_bytes)


def available_bytes(device: Any) -> int | None:
    """Return how much more memory this process may have on a device, None if nobody tells.

    On the CPU it is the smaller one of what the system has to give (`MemAvailable`) and of what the
    limits of the process (`RLIMIT_AS`) and of its container leave.

    Shapes: none.

        >>> import jax
        >>> free = available_bytes(jax.devices("cpu")[0])
        >>> free is None or free > 0
        True
    """
    if device.platform != "cpu":
        stats = device.memory_stats() or {}
        if "bytes_limit" not in stats:
            return None
        return int(stats["bytes_limit"] - stats.get("bytes_in_use", 0))
    return min(_host_limits(), default=None)


def _host_limits() -> Iterator[int]:
    try:
        import resource  # not on every system
    except ImportError:
        return
    meminfo, statm = Path("/proc/meminfo"), Path("/proc/self/statm")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024
    group = Path("/sys/fs/cgroup")  # the limit of a container
    with contextlib.suppress(OSError, ValueError):  # none, or the word max
        most = int((group / "memory.max").read_text())
        yield max(most - int((group / "memory.current").read_text()), 0)
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and statm.exists():
        pages = int(statm.read_text().split()[0])
        yield max(limit - pages * resource.getpagesize(), 0)


def check_memory(owner: str, needed: int | None, available: int | None) -> None:
    """Refuse a program that needs more memory than there is.

    Shapes: none; both in bytes, None for unknown.
    Raises: MemoryError with both numbers, in one line.

        >>> check_memory("train", 10, 20)
        >>> check_memory("train", 3 * 2**30, 2**30)
        Traceback (most recent call last):
        MemoryError: train: one step needs about 3.0 GiB (3,221,225,472 bytes), ...
    """
    if needed is None or available is None or needed <= available:
        return
    raise MemoryError(
        f"{owner}: one step needs about {_words(needed)}, and this process may have "
        f"{_words(available)} more. Use a smaller model or batch, shorter chunks, or a "
        "gradient method that stores less, such as tbptt or bptt with a schedule."
    )


def _words(size: int) -> str:
    unit = min(int(math.log(max(size, 1), 1024)), 4)
    return f"{size / 1024**unit:.1f} {('bytes', 'KiB', 'MiB', 'GiB', 'TiB')[unit]} ({size:,} bytes)"
