"""How far may I truncate, what does it cost, and is my gradient alive? Answers for one model."""

from jaxrnn.diagnose.auditing import audit_task, fitting
from jaxrnn.diagnose.classic import gallery
from jaxrnn.diagnose.diagnosing import diagnose_task

__all__ = ["audit_task", "diagnose_task", "fitting", "gallery"]
