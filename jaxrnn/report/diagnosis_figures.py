"""The figures of a diagnosis: reach, Jacobians, gates."""

import math
from typing import Any

from jaxrnn.report.style import as_image, lighter, look, new_figure, plain_log

__all__ = ["gate_figure", "jacobian_figure", "reach_figure"]

Record = dict[str, Any]

_COLOURS = {"start": "#0072b2", "trained": "#d55e00"}
_FLOOR = 1e-12  # relative to the largest: below it is rounding


def _real(values: list[float | None]) -> list[float]:
    return [math.nan if v is None else v for v in values]


def reach_figure(task: Record) -> str:
    """Return the figure of the lags and of the gradient norms, at each moment.

    Shapes: none; an HTML image.

        >>> norms = {"each": [0.5, 2.0], "clipped_fraction": 0.5}
        >>> moment = {"at": "start", "lags": [1.0, 0.5], "effective_memory": 2, "norms": norms}
        >>> reach_figure({"T": 2, "clip_norm": 1.0, "moments": [moment]})[:17]
        '<img alt="How far'
    """
    with look():
        figure, axes = new_figure(10.5, 3.8, 1, 2, width_ratios=(1.4, 1))
        lags, norms = axes[0]
        seen: list[float] = []
        for moment in task["moments"]:
            colour, at = _COLOURS[moment["at"]], moment["at"]
            values = _real(moment["lags"])
            seen += [v for v in values if v > 0 and math.isfinite(v)]
            lags.plot(range(1, len(values) + 1), values, color=colour, lw=2, label=at)
            reach = moment["effective_memory"]
            if reach is not None:
                lags.axvline(reach, color=lighter(colour), ls="--", lw=1.4)
            each = _real(moment["norms"]["each"])
            shares = [(i + 1) / len(each) for i in range(len(each))]
            norms.step(each, shares, where="post", color=colour, lw=2, label=at)
        if seen:
            plain_log(lags.yaxis, max(min(seen), _FLOOR * max(seen)) / 1.5, max(seen) * 1.5)
        lags.set_title("Gradient of a loss, by lag")
        lags.set_xlabel("lag in steps; dashed: effective memory")
        lags.set_ylabel("||dL / ds||")
        lags.legend()
        norms.axvline(task["clip_norm"], color="#444444", ls="--", lw=1.4)
        if any(v > 0 for m in task["moments"] for v in _real(m["norms"]["each"])):
            norms.set_xscale("log")
        norms.set_ylim(0, 1.03)
        norms.set_title("Gradients of single sequences")
        norms.set_xlabel("norm; dashed: where clipping begins")
        norms.set_ylabel("share of sequences below")
        return as_image(figure, "How far a loss reaches, and the norms of single gradients")


def jacobian_figure(task: Record) -> str:
    """Return the figure of singular values over time, of the whole run, and Lyapunov exponents.

    Shapes: none; an HTML image.

        >>> found = {"least": [0.1], "median": [0.5], "largest": [1.0], "log_product": [0.0],
        ...          "lyapunov": [-0.5]}
        >>> jacobian_figure({"moments": [{"at": "start", "jacobians": found}]})[:17]
        '<img alt="Singula'
    """
    with look():
        figure, axes = new_figure(10.5, 3.8, 1, 3, width_ratios=(1.3, 1, 1))
        steps, product, exponents = axes[0]
        tops: list[float] = []
        for moment in task["moments"]:
            found, colour, at = moment["jacobians"], _COLOURS[moment["at"]], moment["at"]
            if found is None:
                continue
            for field, style, width in (("largest", "-", 2.0), ("median", "--", 1.4)):
                values = _real(found[field])
                tops += [v for v in values if v > 0 and math.isfinite(v)]
                label = f"{field}, {at}"
                steps.plot(values, style, color=colour, lw=width, label=label)
            logs = [v / math.log(10) for v in _real(found["log_product"])]
            _ranked(product, logs, colour, at)
            _ranked(exponents, _real(found["lyapunov"]), colour, at)
        if tops:
            # room at the top for the legend
            plain_log(steps.yaxis, max(min(tops), 1e-6) / 1.5, max(tops) * 8)
        steps.axhline(1, color="#888888", lw=1)
        steps.set_title("Singular values of a step")
        steps.set_xlabel("t")
        steps.legend(fontsize=8.5, loc="upper right", ncols=2)
        for panel, title, label in (
            (product, "Gain over the whole run", "log10 of singular value"),
            (exponents, "Lyapunov exponents", "growth per step (log)"),
        ):
            panel.axhline(0, color="#888888", lw=1)
            panel.set_title(title)
            panel.set_ylabel(label)
            panel.set_xlabel("rank")
        return as_image(figure, "Singular values of steps and of the run, Lyapunov exponents")


def _ranked(panel: Any, values: list[float], colour: str, label: str) -> None:
    shown = [v if math.isfinite(v) else math.nan for v in values]
    panel.plot(range(1, len(shown) + 1), shown, color=colour, lw=2, label=label)


def gate_figure(task: Record) -> str:
    """Return the figure of the histograms of every gate, at each moment.

    Shapes: none; an HTML image.

        >>> gates = {"f": {"histogram": [0.5, 0.5]}}
        >>> gate_figure({"moments": [{"at": "start", "gates": gates}]})[:17]
        '<img alt="Histogr'
    """
    names = list(task["moments"][0]["gates"])
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    with look():
        figure, axes = new_figure(10.5, 0.5 + 2.3 * rows, rows, columns, sharex=True, sharey=True)
        for panel, name in zip(axes.flat, names, strict=False):
            for moment in task["moments"]:
                shares = _real(moment["gates"][name]["histogram"])
                edges = [i / len(shares) for i in range(len(shares) + 1)]
                panel.stairs(
                    shares, edges, color=_COLOURS[moment["at"]], lw=1.8, label=moment["at"]
                )
            panel.set_title(f"gate {name}")
            panel.set_xlim(0, 1)
        for panel in list(axes.flat)[len(names) :]:
            panel.set_visible(False)
        axes[0, 0].legend(fontsize=8.5)
        axes[0, 0].set_ylabel("share of values")
        return as_image(figure, "Histograms of the values of every gate")
