"""The one condition of this room: what runs the kernels is collected only where they were built."""

from jaxrnn import native

collect_ignore_glob = [] if native.absent() is None else ["test_engine_*.py"]
