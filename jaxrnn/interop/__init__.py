"""Weights of other systems in ours, and ours in theirs: plain arrays in, plain arrays out.

One file for each system. None of them imports that system, so each works where it is absent.

    >>> import jaxrnn.interop
    >>> jaxrnn.interop.torch.__name__
    'jaxrnn.interop.torch'
"""

import importlib
from typing import Any

_SYSTEMS = ("torch",)


def __getattr__(name: str) -> Any:
    if name in _SYSTEMS:
        return importlib.import_module(f"jaxrnn.interop.{name}")
    raise AttributeError(f"module 'jaxrnn.interop' has no attribute {name!r}")
