"""Every test here starts with no data at hand, and an empty cache of its own."""

from tests.data.conftest import nothing_at_hand

__all__ = ["nothing_at_hand"]
