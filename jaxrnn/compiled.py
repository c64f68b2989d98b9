"""A compiled program with what compiling it cost and what running it needs."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

__all__ = ["Compiled", "compile_program"]


class Compiled(NamedTuple):
    """A program for arguments of fixed shapes.

    Fields: call; seconds, to trace, lower and compile; temp_bytes, the most memory it needs beside
    its arguments and results, None where the backend doesn't tell.

        >>> Compiled(abs, 0.0, None).call(-1)
        1
    """

    call: Callable[..., Any]
    seconds: float
    temp_bytes: int | None


def compile_program(function: Callable[..., Any], *args: Any) -> Compiled:
    """Compile `function` for arguments like `args`.

    Shapes: any.
    Raises: what tracing raises.

        >>> compile_program(lambda x: x + 1, jax.numpy.ones(3)).call(jax.numpy.ones(3)).tolist()
        [2.0, 2.0, 2.0]
    """
    start = time.perf_counter()
    program = jax.jit(function).lower(*args).compile()
    seconds = time.perf_counter() - start
    memory = program.memory_analysis()
    return Compiled(program, seconds, None if memory is None else int(memory.temp_size_in_bytes))
