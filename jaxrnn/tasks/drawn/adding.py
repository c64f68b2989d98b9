"""What is the sum of the two marked numbers?"""

import numpy as np

from jaxrnn.tasks.drawn.drawing import Drawn, at_least, drawn, drawn_evaluation
from jaxrnn.tasks.scores import squared_error
from jaxrnn.tasks.task import Task

__all__ = ["adding"]


def adding(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the adding task: two of T numbers are marked, and their sum is asked for at the end.

        xs[t] = (v, m),   v uniform on [0, 1],   m = 1 at one step of each half, else 0
        targets = the sum of the two marked v;   weights = 1 at the last step, else 0

    The lag of the first marked number is uniform on T/2 .. T - 1. Baseline: whoever says 1 has the
    MSE 2/12 = 0.1667. Below 0.01 the task counts as solved.

    Source: Hochreiter and Schmidhuber (1997), Neural Computation 9; this form: Arjovsky, Shah and
    Bengio (2016), arXiv:1511.06464.
    Shapes: a chunk's xs float32 `[T, B, 2]`, targets float32 `[T, B, 1]`, weights float32 `[T, B]`.
    Args: seed, of the examples. steps T, 100, at least 2. batch B, 50.
    Raises: ValueError or TypeError if steps or batch are no such numbers.

        >>> chunk = adding(steps=6, batch=2).train(0)
        >>> values, marks = chunk.xs[..., 0], chunk.xs[..., 1]
        >>> bool(((values * marks).sum(0) == chunk.targets[-1, :, 0]).all())
        True
    """
    steps = at_least("adding", "steps", 100 if steps is None else steps, 2, "two are added.")
    batch = at_least("adding", "batch", 50 if batch is None else batch, 1, "no sequence.")
    half = steps // 2

    def draw(random: np.random.Generator, batch: int) -> Drawn:
        values = random.random((steps, batch), np.float32)
        rows = np.arange(batch)
        marked = random.integers(0, half, batch), random.integers(half, steps, batch)
        marks = np.zeros((steps, batch), np.float32)
        for places in marked:
            marks[places, rows] = 1
        total = values[marked[0], rows] + values[marked[1], rows]
        weights = np.zeros((steps, batch), np.float32)
        weights[-1] = 1
        targets = np.broadcast_to(total[:, None], (steps, batch, 1))
        return Drawn(np.stack([values, marks], -1), targets, weights)

    return Task(
        name="adding",
        title="What is the sum of the two marked numbers?",
        source=f"{steps} uniform random numbers, one marked in each half",
        input_size=2,
        output_size=1,
        steps=steps,
        batch=batch,
        stream=False,
        loss=squared_error,
        score=squared_error,
        metric="MSE",
        higher_is_better=False,
        train=drawn(draw, seed, batch),
        evaluation=drawn_evaluation(draw),
        settings={
            "cell": "gru",
            "hidden": 32,
            "layers": 1,
            "learning_rate": 0.005,
            "updates": 1500,
        },
        baseline=1 / 6,
    )
