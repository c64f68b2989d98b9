"""The contract suites, for users' own cells and drivers too (needs chex and hypothesis)."""

from jaxrnn.testing.cells import CELL_LAWS, check_cell, example
from jaxrnn.testing.drivers import DRIVER_LAWS, Subject, check_driver, value_and_gradients
from jaxrnn.testing.oracle import loop, loop_bidirectional, loop_stack

__all__ = [
    "CELL_LAWS", "DRIVER_LAWS", "Subject", "check_cell", "check_driver", "example", "loop",
    "loop_bidirectional", "loop_stack", "value_and_gradients",
]  # fmt: skip
