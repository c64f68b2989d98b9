"""One look for every figure: colours by method, quiet axes, and SVG that stands alone."""

import base64
import html
import io
import math
from typing import Any

__all__ = [
    "as_image",
    "colours",
    "lighter",
    "look",
    "new_figure",
    "plain_log",
    "short",
    "top_legend",
]

_FULL = "#1a1a1a"
# Okabe and Ito's palette: told apart by the colour-blind too
_CUT = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#8c564b")

_LOOK: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "jaxrnn",  # the same picture is the same text
}


def colours(tasks: list[dict[str, Any]]) -> dict[str, str]:
    """Return a colour for each method name, the same in all figures of a page.

    Full BPTT is black. Others take the colour of their place in the list, so that T/8, T/4 and T/2
    look alike in every task, unless a method of that task has it already.

    Shapes: none.

        >>> names = [["full", "a"], ["b", "a"]]
        >>> tasks = [{"methods": [{"name": n} for n in some]} for some in names]
        >>> sorted(colours(tasks).items())
        [('a', '#d55e00'), ('b', '#0072b2'), ('full', '#1a1a1a')]
    """
    chosen: dict[str, str] = {}
    for task in tasks:
        names = [m["name"] for m in task["methods"]]
        for place, name in enumerate(names):
            if name in chosen:
                continue
            taken = {chosen[n] for n in names if n in chosen}
            wheel = [_CUT[(max(place, 1) - 1 + i) % len(_CUT)] for i in range(len(_CUT))]
            free = [c for c in wheel if c not in taken]
            chosen[name] = _FULL if name == "full" else (free or wheel)[0]
    return chosen


def look() -> Any:
    """Return a context in which figures are drawn and saved in the house look.

    Shapes: none.

        >>> with look():
        ...     figure, axes = new_figure(4, 3, 1, 2)
        >>> axes.shape
        (1, 2)
    """
    from matplotlib import rc_context

    return rc_context(_LOOK)


def new_figure(width: float, height: float, rows: int, columns: int, **options: Any) -> Any:
    """Return (figure, axes array); inches.

    Shapes: axes `[rows, columns]`.

        >>> new_figure(4, 3, 2, 1)[1].shape
        (2, 1)
    """
    from matplotlib.figure import Figure  # no pyplot: nothing global, no display needed
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
    figure = Figure(figsize=(width, height), layout=engine)
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def top_legend(figure: Any, axes: Any) -> None:
    """Put one legend, in a row, above all panels.

    Shapes: none.

        >>> figure, axes = new_figure(4, 3, 1, 1)
        >>> _ = axes[0, 0].plot([1, 2], label="full")
        >>> top_legend(figure, axes[0, 0])
    """
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", ncols=min(len(labels), 8), frameon=False
    )


def lighter(colour: str, share: float = 0.5) -> str:
    """Return a colour mixed with white.

    Shapes: none.

        >>> lighter("#000000")
        '#808080'
    """
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + share * (255 - part)):02x}" for part in parts)


def short(value: float) -> str:
    """Return a number for a tick: 1.5 M, 20 k, 0.02.

    Shapes: none.

        >>> short(1500000), short(20000), short(300), short(0.02)
        ('1.5 M', '20 k', '300', '0.02')
    """
    for limit, unit in ((1e6, " M"), (1e4, " k")):
        if abs(value) >= limit:
            scale = limit if unit == " M" else 1e3
            return f"{value / scale:g}{unit}"
    return f"{value:g}"


def plain_log(axis: Any, low: float, high: float) -> None:
    """Make an axis logarithmic from low to high, with ticks that read as plain numbers.

    Shapes: none.

        >>> figure, axes = new_figure(4, 3, 1, 1)
        >>> plain_log(axes[0, 0].yaxis, 0.5, 20.0)
        >>> axes[0, 0].get_yscale()
        'log'
    """
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    getattr(axis.axes, f"set_{axis.axis_name}lim")(low, high)
    decades = math.log10(high / low)
    subs = (1.0, 2.0, 5.0) if decades < 2.5 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=9))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
    if decades < 6:
        axis.set_major_formatter(lambda value, _: short(value))


def as_image(figure: Any, description: str) -> str:
    """Return an HTML image that carries the whole figure as SVG.

    Shapes: none.
    Args: description, what the figure shows, for those who can't see it.

        >>> figure, axes = new_figure(4, 3, 1, 1)
        >>> as_image(figure, "nothing")[:40]
        '<img alt="nothing" src="data:image/svg+x'
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{html.escape(description)}" src="data:image/svg+xml;base64,{data}">'
