"""The contract suites, for users' own cells, drivers and methods (needs chex and hypothesis)."""

from jaxrnn.testing.cells import CELL_LAWS, check_cell, example
from jaxrnn.testing.drivers import DRIVER_LAWS, Subject, check_driver, value_and_gradients
from jaxrnn.testing.methods import METHOD_LAWS, MethodSubject, check_method
from jaxrnn.testing.oracle import loop, loop_bidirectional, loop_stack

__all__ = [
    "CELL_LAWS", "DRIVER_LAWS", "METHOD_LAWS", "MethodSubject", "Subject", "check_cell",
    "check_driver", "check_method", "example", "loop", "loop_bidirectional", "loop_stack",
    "value_and_gradients",
]  # fmt: skip
