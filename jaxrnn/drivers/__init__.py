"""Ways to run a cell through time (and depth); every one is tested against a Python loop."""

from jaxrnn.drivers.bidirectional import Directions, bidirectional
from jaxrnn.drivers.generate import Generated, generate
from jaxrnn.drivers.scan import scan
from jaxrnn.drivers.stack import Driver, stack
from jaxrnn.drivers.walk import explain

__all__ = [
    "Directions", "Driver", "Generated", "bidirectional", "explain", "generate", "scan", "stack",
]  # fmt: skip
