"""The figures of a comparison, one for each question and one for the costs."""

import math
from typing import Any

from jaxrnn.report.style import as_image, lighter, look, new_figure, plain_log, short, top_legend

__all__ = ["cost_figure", "gradient_figure", "learning_figure"]

Record = dict[str, Any]
Colours = dict[str, str]

_CADENCES = ("same_updates", "online")
_MOMENTS = {"start": "start of\ntraining", "half-way": "half-way", "end": "end of\ntraining"}


def _numbers(values: list[float | None]) -> list[float]:
    """Return a curve with gaps where there is no number."""
    return [math.nan if v is None else v for v in values]


def gradient_figure(task: Record, colours: Colours) -> str:
    """Return the figure of question A: error, cosine and lag profile at frozen params.

    Shapes: none; an HTML image.

        >>> audit = [{"at": "start", "error": 0.0, "cosine": 1.0}]
        >>> methods = [{"name": "full", "k2": 8, "audit": audit}]
        >>> task = {"T": 8, "methods": methods, "lag_profile": []}
        >>> gradient_figure(task, {"full": "#000000"})[:17]
        '<img alt="Gradien'
    """
    with look():
        figure, axes = new_figure(10.5, 3.8, 1, 3, width_ratios=(1, 1, 1.25))
        error, cosine, lag = axes[0]
        _bars(error, task, colours, "error")
        error.set_title("A. Error of the gradient")
        error.set_ylabel("||g' - g|| / ||g||")
        _bars(cosine, task, colours, "cosine")
        cosine.set_title("A. Its direction")
        cosine.set_ylabel("cosine with full BPTT")
        lowest = min([0.0, *(a["cosine"] or 0.0 for m in task["methods"] for a in m["audit"])])
        cosine.set_ylim(1.1 * lowest, 1.05)
        _lags(lag, task, colours)
        if len(task["methods"]) > 1:
            top_legend(figure, error)
        text = "Gradient error and cosine of each method against full BPTT, and the lag profile"
        return as_image(figure, text)


def _moment(record: Record) -> str:
    at: str = record["at"]
    return _MOMENTS.get(at, at)


def _bars(axes: Any, task: Record, colours: Colours, field: str) -> None:
    """Draw one group of bars for each moment, one bar for each method but full BPTT."""
    methods = [m for m in task["methods"] if m["name"] != "full"]
    width = 0.8 / max(1, len(methods))
    for i, method in enumerate(methods):
        values = _numbers([a[field] for a in method["audit"]])
        places = [x + (i - (len(methods) - 1) / 2) * width for x in range(len(values))]
        axes.bar(places, values, 0.9 * width, color=colours[method["name"]], label=method["name"])
    moments = [_moment(a) for a in task["methods"][0]["audit"]]
    axes.set_xticks(range(len(moments)), moments)
    axes.grid(False, axis="x")


def _lags(axes: Any, task: Record, colours: Colours) -> None:
    """Draw how strongly the last loss pulls at each earlier state, and where methods cut."""
    axes.set_title("A. How far back the last loss reaches")
    axes.set_xlabel("lag: steps back from the last loss")
    axes.set_ylabel("||dL_T / dh_t||,  t = T - lag")
    looks = {"start": ":", "half-way": "--", "end": "-"}
    seen = []
    for profile in task["lag_profile"]:
        norms = _numbers(profile["norm_by_lag"])
        seen += [n for n in norms if n > 0 and math.isfinite(n)]
        name = _moment(profile).replace("\n", " ")
        line = looks.get(profile["at"], "-")
        axes.plot(range(1, len(norms) + 1), norms, line, color="#444444", lw=1.7, label=name)
    if not seen:
        axes.text(0.5, 0.5, "not defined for this task", transform=axes.transAxes, ha="center")
        axes.set_yticks([])
        return
    high = max(seen)
    low = max(min(seen), 1e-10 * high)  # what is smaller is rounding
    # room at the top for the legend
    plain_log(axes.yaxis, low / 1.5, high * (high / low) ** 0.35 * 1.5)
    for method in task["methods"]:
        if method["name"] != "full":
            axes.axvline(method["k2"], color=colours[method["name"]], lw=1.6)
    axes.legend(fontsize=8.5, loc="upper right", handlelength=2.4, facecolor="white")
    axes.set_xlim(0, task["T"] + 1)


def _has_metric(task: Record) -> bool:
    """Tell whether the metric is another curve than the loss."""
    return any(m[c]["loss"] != m[c]["score"] for m in task["methods"] for c in _CADENCES)


def learning_figure(task: Record, colours: Colours, cadence: str) -> str:
    """Return the figure of question B ("same_updates") or C ("online"): curves of held-out data.

    Both figures have the same axes, so that they can be compared by eye.

    Shapes: none; an HTML image.

        >>> run = {"tokens": [0, 8], "seconds": [0.0, 1.0], "loss": [1.0, 0.5], "score": [0.1, 0.2]}
        >>> method = {"name": "full", "same_updates": run, "online": run}
        >>> task = {"metric": "accuracy", "methods": [method]}
        >>> learning_figure(task, {"full": "#000000"}, "online")[:17]
        '<img alt="Held-ou'
    """
    both = _has_metric(task)
    rows = [("loss", "held-out loss" if both else f"held-out loss ({task['metric']})")]
    if both:
        rows.append(("score", f"held-out {task['metric']}"))
    question = "B. Same updates" if cadence == "same_updates" else "C. Own cadence"
    units = {"tokens": "tokens read", "seconds": "seconds of training"}
    with look():
        size = (10.5, 0.7 + 2.75 * len(rows))
        figure, axes = new_figure(*size, len(rows), 2, sharex="col", sharey="row")
        for row, (field, label) in zip(axes, rows, strict=True):
            for panel, axis in zip(row, units, strict=True):
                _curves(panel, task, colours, (cadence, axis, field))
            row[0].set_ylabel(label)
            _same_range(row[0], task, field)
        for panel, axis in zip(axes[0], units, strict=True):
            panel.set_title(f"{question}: against {axis}")
        for panel, (axis, unit) in zip(axes[-1], units.items(), strict=True):
            last = max(m[c][axis][-1] for m in task["methods"] for c in _CADENCES)
            panel.set_xlim(0, 1.03 * last or 1)
            panel.set_xlabel(unit)
            panel.xaxis.set_major_formatter(lambda value, _: short(value))
        top_legend(figure, axes[0, 0])
        return as_image(figure, f"Held-out curves of each method. {question}")


def _curves(panel: Any, task: Record, colours: Colours, what: tuple[str, str, str]) -> None:
    cadence, axis, field = what
    for i, method in enumerate(task["methods"]):
        run = method[cadence]
        # curves may lie on each other: the lower ones are wider
        panel.plot(
            run[axis], _numbers(run[field]), color=colours[method["name"]],
            linewidth=max(1.5, 3.4 - 0.6 * i), label=method["name"],
        )  # fmt: skip


def _same_range(panel: Any, task: Record, field: str) -> None:
    """Give both designs one range; a loss that falls by orders of magnitude gets a log axis."""
    values = [
        v
        for method in task["methods"]
        for cadence in _CADENCES
        for v in method[cadence][field]
        if v is not None and math.isfinite(v)
    ]
    if not values:
        return
    low, high = min(values), max(values)
    if field == "loss" and low > 0 and high / low > 20:
        plain_log(panel.yaxis, low / 1.3, high * 1.3)
    else:
        pad = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        panel.set_ylim(low - pad, high + pad)


def cost_figure(task: Record, colours: Colours) -> str:
    """Return the figure of the costs: memory, time per step, time to compile.

    Shapes: none; an HTML image.

        >>> run = {"temp_bytes": 2**20, "ms_per_step": 2.0, "compile_seconds": 1.0}
        >>> method = {"name": "full", "same_run": True, "same_updates": run, "online": run}
        >>> cost_figure({"methods": [method]}, {"full": "#000000"})[:17]
        '<img alt="Memory,'
    """
    fields = (
        ("temp_bytes", "Temporary memory", "MiB", 2**20),
        ("ms_per_step", "Time of a step", "milliseconds", 1),
        ("compile_seconds", "Time to compile", "seconds", 1),
    )
    bars = []
    for method in task["methods"]:
        shade, name = colours[method["name"]], method["name"]
        if method["same_run"]:
            bars.append((name, shade, method["same_updates"]))
        else:
            bars.append((f"{name}  B", shade, method["same_updates"]))
            bars.append((f"{name}  C", lighter(shade), method["online"]))
    with look():
        figure, axes = new_figure(10.5, 0.9 + 0.34 * len(bars), 1, 3, sharey=True)
        for panel, (field, title, unit, scale) in zip(axes[0], fields, strict=True):
            values = [_numbers([run[field]])[0] / scale for _, _, run in bars]
            drawn = panel.barh(
                range(len(bars)), values, 0.72, color=[shade for _, shade, _ in bars]
            )
            panel.bar_label(drawn, [f"{v:.3g}" for v in values], padding=3, fontsize=9)
            panel.set_title(title)
            panel.set_xlabel(unit)
            panel.margins(x=0.18)
            panel.grid(False, axis="y")
        axes[0, 0].set_yticks(range(len(bars)), [name for name, _, _ in bars])
        axes[0, 0].invert_yaxis()
        return as_image(figure, "Memory, time of a step and time to compile of each method")
