"""What is learned: data, a loss and a metric, a few lines for each task.

>>> [TASKS[name]().metric for name in ("digits", "text", "sine")]
['accuracy', 'accuracy', 'MSE']
"""

from jaxrnn.tasks.digits import digits
from jaxrnn.tasks.sine import sine
from jaxrnn.tasks.task import Task
from jaxrnn.tasks.text import text

__all__ = ["TASKS", "Task", "digits", "sine", "text"]

# name -> builder `(*, seed=0, steps=None, batch=None) -> Task`
TASKS = {"digits": digits, "text": text, "sine": sine}
