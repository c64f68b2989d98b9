"""What is learned: data, a loss and a metric, a few lines for each task.

>>> [TASKS[name]().metric for name in ("digits", "text", "sine")]
['accuracy', 'accuracy', 'MSE']
"""

from jaxrnn.tasks.drawn.adding import adding
from jaxrnn.tasks.drawn.copy_memory import copy_memory
from jaxrnn.tasks.drawn.delayed_recall import delayed_recall
from jaxrnn.tasks.drawn.influence_balancing import influence_balancing
from jaxrnn.tasks.drawn.temporal_order import temporal_order
from jaxrnn.tasks.language.text import text
from jaxrnn.tasks.series.digits import digits
from jaxrnn.tasks.series.sine import sine
from jaxrnn.tasks.task import Task

__all__ = [
    "TASKS", "Task", "adding", "copy_memory", "delayed_recall", "digits", "influence_balancing",
    "sine", "temporal_order", "text",
]  # fmt: skip

# name -> builder `(*, seed=0, steps=None, batch=None) -> Task`
TASKS = {
    "digits": digits,
    "text": text,
    "sine": sine,
    "adding": adding,
    "copy_memory": copy_memory,
    "delayed_recall": delayed_recall,
    "temporal_order": temporal_order,
}
