"""Full against truncated: methods compared on one task, three questions kept apart."""

from jaxrnn.compare.cells import CELLS, load_cell, make_cell, split_model
from jaxrnn.compare.environment import describe_environment, select_device
from jaxrnn.compare.experiment import compare
from jaxrnn.compare.learner import CLIP_NORM, check_methods
from jaxrnn.compare.methods import (
    METHODS,
    NamedMethod,
    default_methods,
    every_method,
    parse_method,
    parse_methods,
)
from jaxrnn.compare.race import CADENCES, Event
from jaxrnn.compare.results import results, write_results

__all__ = [
    "CADENCES", "CELLS", "CLIP_NORM", "METHODS", "Event", "NamedMethod", "check_methods",
    "compare", "default_methods", "describe_environment", "every_method",
    "load_cell", "make_cell", "parse_method", "parse_methods", "results",
    "select_device", "split_model", "write_results",
]  # fmt: skip
