"""Ways to run a cell through time (and depth); every one is tested against a Python loop."""

from jaxrnn.drivers.bidirectional import Directions, bidirectional
from jaxrnn.drivers.generate import Generated, generate
from jaxrnn.drivers.scan import scan
from jaxrnn.drivers.stack import Driver, stack

__all__ = ["Directions", "Driver", "Generated", "bidirectional", "generate", "scan", "stack"]
