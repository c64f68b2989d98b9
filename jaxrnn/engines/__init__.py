"""Faster ways to run the same scan, each tested against it."""

from jaxrnn.engines.choose import AUTO, ENGINES, Choice, choose, explained, find_engine
from jaxrnn.engines.compiled import COMPILED, Compiled
from jaxrnn.engines.engine import Engine, Walk
from jaxrnn.engines.plain import SCAN, Scan

__all__ = [
    "AUTO", "COMPILED", "ENGINES", "SCAN", "Choice", "Compiled", "Engine", "Scan", "Walk",
    "choose", "explained", "find_engine",
]  # fmt: skip
