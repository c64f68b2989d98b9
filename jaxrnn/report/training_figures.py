"""The figures of a training run: loss, metric, gradient norm, speed."""

from typing import Any, NamedTuple

import numpy as np

from jaxrnn.report.style import (
    as_image,
    lighter,
    look,
    new_figure,
    plain_log,
    short,
    top_legend,
)

__all__ = ["envelope", "loss_figure", "smoothed", "steps_figure"]

Record = dict[str, Any]

_TRAINING, _HELD_OUT, _BEST, _BASELINE = "#444444", "#0072b2", "#d55e00", "#009e73"
_WIDE, _NARROW = 400, 130  # pieces that a panel can show beside each other
_MANY = 50  # steps from which on the curve is smoothed too


class _Curve(NamedTuple):
    """A curve with gaps: NaN where there is no number."""

    steps: np.ndarray  # [N]
    values: np.ndarray  # [N]


def smoothed(values: np.ndarray) -> np.ndarray:
    """Return the running mean of a curve that forgets, over about a fiftieth of its length.

        mean = share * mean + (1 - share) * value,  divided by the weights so far

    Where there is no number, the result has none, and the mean goes on after it.

    Shapes: `[N]`, result the same.

        >>> smoothed(np.array([1.0, 2.0, np.nan, 3.0])).round(2).tolist()
        [1.0, 2.0, nan, 3.0]
    """
    share = 1 - 1 / max(1.0, len(values) / 50)
    result, total, weight = np.full(len(values), np.nan), 0.0, 0.0
    for i, value in enumerate(values.tolist()):
        if np.isfinite(value):
            total = share * total + (1 - share) * value
            weight = share * weight + (1 - share)
            result[i] = total / weight
    return result


def envelope(steps: np.ndarray, values: np.ndarray, pieces: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve with fewer points that looks the same: spikes and gaps stay.

    The curve is cut into pieces; of each the least and the greatest value stay, and the first
    that is no number.

    Shapes: steps and values `[N]`; two arrays `[M]`, M at most `3 * pieces`.

        >>> steps, values = envelope(np.arange(6), np.array([1, 5, 2, 2, 0, 2.0]), 2)
        >>> steps.tolist(), values.tolist()
        ([0, 1, 3, 4], [1.0, 5.0, 2.0, 0.0])
    """
    if len(steps) <= 2 * pieces:
        return steps, values
    chosen: set[int] = set()
    for piece in np.array_split(np.arange(len(steps)), pieces):
        real = np.isfinite(values[piece])
        if real.any():
            kept = piece[real]
            chosen |= {int(kept[values[kept].argmin()]), int(kept[values[kept].argmax()])}
        if not real.all():
            chosen.add(int(piece[~real][0]))
    order = sorted(chosen)
    return steps[order], values[order]


def loss_figure(record: Record) -> str:
    """Return the figure of the loss: in training, on held-out data, and the baseline.

    Shapes: none; an HTML image.

        >>> rows = [{"step": 1, "loss": 2.0, "evaluation": {"loss": 1.5, "score": 0.5}}]
        >>> task = {"metric": "accuracy", "baseline": 1.8, "baseline_name": "silence"}
        >>> loss_figure({"rows": rows, "task": task, "best": None})[:17]
        '<img alt="Loss of'
    """
    rows = record["rows"]
    training, held_out = _curve(rows, "loss"), _evaluations(rows, "loss")
    baseline = record["task"]["baseline"]
    with look():
        figure, axes = new_figure(10.5, 4.0, 1, 1)
        panel = axes[0, 0]
        panel.set_title("Loss")
        panel.set_xlabel("step")
        panel.set_ylabel("loss")
        _draw_training(panel, training, _WIDE)
        _draw_held_out(panel, held_out, _WIDE)
        if baseline is not None:
            name = record["task"]["baseline_name"]
            panel.axhline(baseline, color=_BASELINE, ls="--", lw=1.5, label=name)
        best = record["best"]
        if best is not None:
            _mark_best(panel, best["step"], best["loss"])
        _scale(panel, [training.values, held_out.values, _as_array([baseline])])
        _frame(panel, training)
        top_legend(figure, panel)
        return as_image(figure, "Loss of training and of held-out data, by step")


def steps_figure(record: Record) -> str:
    """Return the figure of the metric, where it isn't the loss, the gradient norm, and the speed.

    Shapes: none; an HTML image.

        >>> rows = [{"step": 1, "loss": 2.0, "grad_norm": 1.0, "finite": True, "seconds": 0.5,
        ...          "tokens": 64.0}]
        >>> task = {"metric": "accuracy", "higher_is_better": True}
        >>> steps_figure({"rows": rows, "task": task, "best": None})[:17]
        '<img alt="Gradien'
    """
    rows, task = record["rows"], record["task"]
    score = _evaluations(rows, "score")
    # where the metric is the loss, the curve is above already
    metric = not np.array_equal(score.values, _evaluations(rows, "loss").values, equal_nan=True)
    with look():
        figure, axes = new_figure(10.5, 3.3, 1, 2 + metric)
        panels = list(axes[0])
        if metric:
            _metric(panels.pop(0), score, task, record["best"])
        _gradient(panels[0], rows)
        _speed(panels[1], rows)
        for panel in axes[0]:
            panel.set_xlabel("step")
            _frame(panel, _curve(rows, "loss"))
        names = ["Gradient norm", "speed"]
        if metric:
            names = [f"Held-out {task['metric']}", "gradient norm", "speed"]
        return as_image(figure, f"{', '.join(names[:-1])} and {names[-1]}, by step")


def _metric(panel: Any, score: _Curve, task: Record, best: Record | None) -> None:
    name = task["metric"].replace("$", r"\$")  # a name, no formula
    panel.set_title(f"Held-out {name}")
    panel.set_ylabel("higher is better" if task["higher_is_better"] else "lower is better")
    _draw_held_out(panel, score, _NARROW)
    if best is not None:
        _mark_best(panel, best["step"], best["score"])


def _gradient(panel: Any, rows: list[Record]) -> None:
    """Draw the norm of the gradient, and at the bottom the steps that were left out."""
    norms = _curve(rows, "grad_norm")
    panel.set_title("Norm of the gradient")
    panel.set_ylabel("||g||")
    real = norms.values[np.isfinite(norms.values) & (norms.values > 0)]
    if len(real):
        low = float(real.min())
        _draw_training(panel, _Curve(norms.steps, np.maximum(norms.values, low)), _NARROW)
        plain_log(panel.yaxis, low / 2, float(real.max()) * 2)
    else:
        _nothing(panel)
    lost = np.array([row["step"] for row in rows if not row["finite"]])
    if len(lost):
        places = np.unique(np.linspace(0, len(lost) - 1, min(len(lost), _NARROW)).astype(int))
        panel.plot(
            lost[places], np.full(len(places), 0.03), "^", color=_BEST, ms=6, clip_on=False,
            transform=panel.get_xaxis_transform(), label=f"no finite update: {len(lost):,}",
        )  # fmt: skip
        handles, _ = panel.get_legend_handles_labels()
        panel.legend(handles=handles[-1:], loc="upper right", fontsize=8.5, handletextpad=0.2)


def _speed(panel: Any, rows: list[Record]) -> None:
    """Draw the tokens in a second, each point over a piece of the run."""
    panel.set_title("Speed")
    panel.set_ylabel("tokens/s")
    pieces = [p for p in np.array_split(np.arange(len(rows)), 100) if len(p)]
    tokens, seconds = (_as_array([r[f] for r in rows]) for f in ("tokens", "seconds"))
    took = np.array([seconds[p].sum() for p in pieces])
    saw = np.array([tokens[p].sum() for p in pieces])
    rates = np.divide(saw, took, out=np.full(len(pieces), np.nan), where=took > 0)
    ends = np.array([rows[p[-1]]["step"] for p in pieces])
    if not np.isfinite(rates).any():
        _nothing(panel)
        return
    _draw(panel, _Curve(ends, rates), _NARROW, _TRAINING)
    panel.set_ylim(0, 1.1 * float(np.nanmax(rates)))
    panel.yaxis.set_major_formatter(lambda value, _: short(value))


def _curve(rows: list[Record], field: str) -> _Curve:
    steps = np.array([row["step"] for row in rows], np.int64)
    return _Curve(steps, _as_array([row.get(field) for row in rows]))


def _evaluations(rows: list[Record], field: str) -> _Curve:
    found = [row for row in rows if "evaluation" in row]
    steps = np.array([row["step"] for row in found], np.int64)
    return _Curve(steps, _as_array([row["evaluation"][field] for row in found]))


def _as_array(values: list[float | None]) -> np.ndarray:
    """Return numbers with NaN for all that is none."""
    array = np.array([np.nan if v is None else v for v in values], np.float64)
    return np.where(np.isfinite(array), array, np.nan)


def _draw_training(panel: Any, curve: _Curve, pieces: int) -> None:
    """Draw a curve of each step, and its mean where there are many."""
    if len(curve.steps) < _MANY:
        _draw(panel, curve, pieces, _TRAINING, "training")
        return
    _draw(panel, curve, pieces, lighter(_TRAINING, 0.65), "training, each step", width=0.9)
    mean = _Curve(curve.steps, smoothed(curve.values))
    _draw(panel, mean, pieces, _TRAINING, "training, smoothed")


def _draw(
    panel: Any, curve: _Curve, pieces: int, colour: str, label: str = "", *, width: float = 1.7
) -> None:
    """Draw a curve, and a dot where a point has no neighbour to draw a line to."""
    steps, values = envelope(*curve, pieces)
    panel.plot(steps, values, color=colour, lw=width, label=label or None)
    real = np.concatenate([[False], np.isfinite(values), [False]])
    alone = real[1:-1] & ~real[:-2] & ~real[2:]
    if alone.any():
        panel.plot(steps[alone], values[alone], ".", color=colour, ms=7)


def _draw_held_out(panel: Any, curve: _Curve, pieces: int) -> None:
    steps, values = envelope(*curve, pieces)
    if np.isfinite(values).any():
        size = 4.5 if len(steps) <= pieces // 6 else 2.0
        panel.plot(steps, values, "-o", color=_HELD_OUT, lw=1.7, ms=size, label="held-out")


def _mark_best(panel: Any, step: int, value: float | None) -> None:
    if value is not None:
        panel.plot(
            [step], [value], "o", color=_BEST, mfc="none", ms=11, mew=2.2, label="best, kept"
        )


def _nothing(panel: Any) -> None:
    place = panel.transAxes
    panel.text(0.5, 0.5, "no numbers", transform=place, ha="center", color=_TRAINING)
    panel.set_yticks([])


def _scale(panel: Any, curves: list[np.ndarray]) -> None:
    """Make the axis logarithmic where the numbers span more than a linear one can show."""
    values = np.concatenate(curves)
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > 30 * values.min():
        plain_log(panel.yaxis, float(values.min()) / 1.3, float(values.max()) * 1.3)


def _frame(panel: Any, training: _Curve) -> None:
    """Show the steps of the whole run in every panel."""
    from matplotlib.ticker import MaxNLocator

    last = int(training.steps[-1]) if len(training.steps) else 1
    # one unit for all ticks: 5 k, 10 k
    unit, name = (10**6, " M") if last >= 10**6 else (1000, " k") if last >= 10**4 else (1, "")
    panel.set_xlim(0, 1.02 * last + 0.5)
    panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    panel.xaxis.set_major_formatter(lambda v, _: f"{v / unit:g}{name if v else ''}")
