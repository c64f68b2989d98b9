"""The figures of an audit: error by window, error and cost by method."""

import math
from typing import Any

from jaxrnn.report.style import as_image, lighter, look, new_figure, plain_log

__all__ = ["cost_figure", "error_figure", "window_figure"]

Record = dict[str, Any]

_BIAS, _SPREAD, _QUIET = "#d55e00", "#0072b2", "#444444"
_EXACT = 1e-7  # what lies below is rounding, and drawn here


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
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        plain_log(panel.yaxis, *_range(task["moments"], task["tolerance"]))
        panel.set_xlabel("k, steps of a window")
        panel.set_ylabel("||g' - g|| / ||g||")
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
    with look():
        figure, axes, names = _bars(task, 2, "Bias and spread", "Direction")
        for i, moment in enumerate(task["moments"]):
            rows = _inexact(moment)
            where = [y + (i - (len(task["moments"]) - 1) / 2) * 0.4 for y in range(len(names))]
            fade = 0.0 if moment["at"] != "start" else 0.5
            for field, colour, shift in (("bias", _BIAS, -0.1), ("std", _SPREAD, 0.1)):
                axes[0].barh(
                    [y + shift * 0.9 for y in where], [_real(r[field]) for r in rows], 0.17,
                    color=lighter(colour, fade), label=f"{field}, {moment['at']}",
                )  # fmt: skip
            axes[1].barh(
                where, [_real(r["cosine"]) for r in rows], 0.36,
                color=lighter(_QUIET, fade), label=moment["at"],
            )  # fmt: skip
        axes[0].set_xlabel("over ||g||, cut at 3")
        axes[0].set_xlim(0, 3 if _largest(task) > 3 else None)
        axes[1].set_xlabel("cosine with full BPTT")
        for panel in axes:
            panel.legend(fontsize=8.5, loc="lower right", frameon=True, facecolor="white")
        return as_image(figure, "Bias, spread and cosine of every method against full BPTT")


def _inexact(moment: Record) -> list[Record]:
    return [row for row in moment["methods"] if row["name"] != "full"]


def _largest(task: Record) -> float:
    values = [r[f] for m in task["moments"] for r in m["methods"] for f in ("bias", "std")]
    return max([v for v in values if v is not None and math.isfinite(v)], default=0.0)


def _real(value: float | None) -> float:
    return math.nan if value is None else value


def _bars(task: Record, count: int, *titles: str) -> tuple[Any, list[Any], list[str]]:
    """Return panels with a line for each method that isn't exact by definition."""
    names = [row["name"] for row in _inexact(task["moments"][0])]
    figure, axes = new_figure(10.5, 1.4 + 0.36 * max(2, len(names)), 1, count, sharey=True)
    for panel, title in zip(axes[0], titles, strict=True):
        panel.set_title(title)
        panel.grid(False, axis="y")
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].invert_yaxis()
    return figure, list(axes[0]), names


def cost_figure(task: Record) -> str:
    """Return the figure of error against memory and against time, at the last moment.

    Shapes: none; an HTML image.

        >>> row = {"name": "full", "error": 0.0, "temp_bytes": 2**20, "milliseconds": 2.0}
        >>> cost_figure({"moments": [{"at": "start", "methods": [row]}]})[:17]
        '<img alt="Error a'
    """
    rows = task["moments"][-1]["methods"]
    with look():
        figure, axes = new_figure(10.5, 4.4, 1, 2, sharey=True)
        units = (("temp_bytes", "temporary memory, MiB", 2**20), ("milliseconds", "ms", 1))
        for panel, (field, label, scale) in zip(axes[0], units, strict=True):
            seen = [r for r in rows if r[field] is not None and _real(r["error"]) < math.inf]
            for i, row in enumerate(seen):
                x, y = row[field] / scale, max(row["error"], _EXACT)
                panel.plot([x], [y], "o", color=_QUIET if row["name"] == "full" else _BIAS)
                # neighbours one above, one below
                above = i % 2 == 0
                panel.annotate(
                    row["name"], (x, y), (4, 5 if above else -5), textcoords="offset points",
                    fontsize=8, va="bottom" if above else "top",
                )  # fmt: skip
            if seen:
                xs = [r[field] / scale for r in seen]
                plain_log(panel.xaxis, min(xs) / 1.6, max(xs) * 3)
                errors = [max(r["error"], _EXACT) for r in seen]
                plain_log(panel.yaxis, min(errors) / 3, max(errors) * 4)
            panel.set_xlabel(label)
        axes[0, 0].set_ylabel("||g' - g|| / ||g||")
        axes[0, 0].set_title("Error against memory")
        axes[0, 1].set_title("Error against time")
        return as_image(figure, "Error against memory and against time of every method")
