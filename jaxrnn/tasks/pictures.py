"""Pictures that examinations leave."""

import io
from typing import Any

__all__ = ["as_svg"]


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
