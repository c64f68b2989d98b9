"""Pictures that examinations leave: figures as SVG, and which class was taken for which."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["as_svg", "confusion", "confusion_picture"]


def as_svg(figure: Any) -> str:
    """Return a figure, drawn inside `jaxrnn.report.style.look`, as the text of an SVG file.

    Shapes: none.

        >>> from jaxrnn.report.style import new_figure
        >>> as_svg(new_figure(2, 1, 1, 1)[0])[:5]
        '<?xml'
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def confusion(truth: np.ndarray, said: np.ndarray, count: int) -> np.ndarray:
    """Return how often each class was taken for each: rows are the truth.

    Shapes: truth and said int `[N]`; result int `[count, count]`.

        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (truth, said), 1)
    return table


def confusion_picture(truth: np.ndarray, said: np.ndarray, names: Sequence[str]) -> str:
    """Return the table of `confusion` as a picture, SVG.

    Shapes: truth and said int `[N]`.

        >>> confusion_picture(np.array([0, 1]), np.array([0, 1]), ("no", "yes"))[:5]
        '<?xml'
    """
    from jaxrnn.report.style import look, new_figure  # matplotlib is heavy

    table = confusion(truth, said, len(names))
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    side = 2 + 0.45 * len(names)
    with look():
        figure, axes = new_figure(side, side, 1, 1)
        plot = axes[0, 0]
        plot.imshow(share, cmap="Blues", vmin=0, vmax=1)
        plot.grid(False)
        ticks = range(len(names))
        plot.set_xticks(ticks, names, rotation=45, ha="right")
        plot.set_yticks(ticks, names)
        plot.set(xlabel="said", ylabel="is", title=f"{np.trace(table)} of {table.sum()} right")
        for row, column in np.argwhere(table):
            colour = "white" if share[row, column] > 0.5 else "black"
            plot.text(column, row, str(table[row, column]), ha="center", va="center", color=colour)
        return as_svg(figure)
