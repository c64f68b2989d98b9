"""The figures of an audit: error by window, error and cost by method."""

import math
from typing import Any

from jaxrnn.report.style import as_image, lighter, look, new_figure, plain_log, top_legend
from jaxrnn.report.words import number

__all__ = ["cost_figure", "error_figure", "window_figure"]

Record = dict[str, Any]

_BIAS, _SPREAD, _QUIET = "#d55e00", "#0072b2", "#444444"
_CUT = 3  # a bias or spread above it says nothing more
_EXACT = 1e-4  # what lies below is as good as exact, and drawn here


def window_figure(task: Record) -> str:
    """Return the figure of the error against the window, at each moment.

    Shapes: none; an HTML image.

        >>> windows = [{"k": 1, "error": 0.5}, {"k": 2, "error": 0.0}]
        >>> moment = {"at": "start", "windows": windows, "smallest_window": 2}
        >>> window_figure({"T": 2, "tolerance": 0.1, "moments": [moment]})[:17]
        '<img alt="Error o'
    """
    with look():
        figure, axes = new_figure(7.5, 3.6, 1, 1)
        panel = axes[0, 0]
        for moment, style in zip(task["moments"], (":", "-"), strict=False):
            ks = [w["k"] for w in moment["windows"]]
            errors = [_shown(w["error"]) for w in moment["windows"]]
            panel.plot(ks, errors, style, color=_QUIET, marker="o", ms=3, label=moment["at"])
            best = moment["smallest_window"]
            if best is not None:
                panel.plot([best], [errors[ks.index(best)]], "o", color=_BIAS, ms=9)
        panel.axhline(task["tolerance"], color=_BIAS, ls="--", lw=1.2)
        panel.set_xscale("log", base=2)
        panel.set_xlim(0.85, 1.2 * task["T"])
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        plain_log(panel.yaxis, *_range(task["moments"], task["tolerance"]))
        panel.set_xlabel("k, steps of a window")
        panel.set_ylabel("||g' - g|| / ||g||, from 0.0001 up")
        panel.set_title("Error of the truncated gradient")
        panel.legend()
        return as_image(figure, "Error of truncated BPTT against the length of its window")


def _range(moments: list[Record], tolerance: float) -> tuple[float, float]:
    found = [w["error"] for m in moments for w in m["windows"]]
    real = [_shown(e) for e in found if e is not None and math.isfinite(e)]
    return min([tolerance, *real]) / 2, max([tolerance, *real]) * 2


def _shown(value: float | None) -> float:
    return math.nan if value is None else max(value, _EXACT)


def error_figure(task: Record) -> str:
    """Return the figure of bias, spread and cosine of every method.

    Shapes: none; an HTML image.

        >>> row = {"name": "tbptt:2", "error": 0.5, "bias": 0.5, "std": 0.0, "cosine": 0.9}
        >>> error_figure({"moments": [{"at": "start", "methods": [row]}]})[:17]
        '<img alt="Bias, s'
    """
    moments = [(m["at"], _inexact(m)) for m in task["moments"]]
    height = 0.8 / len(moments)
    with look():
        figure, axes = _bars([r["name"] for r in moments[0][1]], "Bias and spread", "Direction")
        size, cosine = axes
        for i, (at, rows) in enumerate(moments):
            where = [y + (i - (len(moments) - 1) / 2) * height for y in range(len(rows))]
            fade = 0.5 if at == "start" else 0.0
            for field, colour, side in (("bias", _BIAS, -1), ("std", _SPREAD, 1)):
                places = [y + side * height / 4 for y in where]
                values = [_real(row[field]) for row in rows]
                size.barh(
                    places, values, 0.45 * height, color=lighter(colour, fade),
                    label=f"{field}, {at}",
                )  # fmt: skip
            values = [_real(row["cosine"]) for row in rows]
            cosine.barh(where, values, 0.9 * height, color=lighter(_QUIET, fade))
        if _largest(task) > _CUT:
            size.set_xlim(0, _CUT)
        size.set_xlabel(f"over ||g||; drawn up to {_CUT}")
        cosine.set_xlabel("cosine with full BPTT")
        top_legend(figure, size)
        return as_image(figure, "Bias, spread and cosine of every method against full BPTT")


def _inexact(moment: Record) -> list[Record]:
    return [row for row in moment["methods"] if row["name"] != "full"]


def _largest(task: Record) -> float:
    values = [r[f] for m in task["moments"] for r in m["methods"] for f in ("bias", "std")]
    return max([v for v in values if v is not None and math.isfinite(v)], default=0.0)


def _real(value: float | None) -> float:
    return math.nan if value is None else value


def _bars(names: list[str], *titles: str) -> tuple[Any, list[Any]]:
    """Return a figure of panels side by side, with a line for each name."""
    figure, axes = new_figure(10.5, 1.4 + 0.36 * max(2, len(names)), 1, len(titles), sharey=True)
    for panel, title in zip(axes[0], titles, strict=True):
        panel.set_title(title)
        panel.grid(False, axis="y")
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].invert_yaxis()
    return figure, list(axes[0])


def cost_figure(task: Record) -> str:
    """Return the figure of memory and time of every method, at the last moment.

    Shapes: none; an HTML image.

        >>> row = {"name": "full", "temp_bytes": 2**20, "milliseconds": 2.0}
        >>> cost_figure({"moments": [{"at": "start", "methods": [row]}]})[:17]
        '<img alt="Memory '
    """
    rows = task["moments"][-1]["methods"]
    units = (
        ("temp_bytes", "Temporary memory", "MiB", 2**20),
        ("milliseconds", "Time of a gradient", "ms", 1),
    )
    with look():
        figure, axes = _bars([row["name"] for row in rows], *(title for _, title, _, _ in units))
        for panel, (field, _, unit, scale) in zip(axes, units, strict=True):
            values = [_real(row[field]) / scale for row in rows]
            colours = [_QUIET if row["name"] == "full" else _SPREAD for row in rows]
            drawn = panel.barh(range(len(rows)), values, 0.6, color=colours)
            panel.bar_label(drawn, [number(v) for v in values], padding=3, fontsize=9)
            if any(v > 0 for v in values):  # a backend may not tell its memory
                panel.set_xscale("log")
            panel.set_xlabel(unit)
            panel.margins(x=0.2)
        return as_image(figure, "Memory and time of every method")
