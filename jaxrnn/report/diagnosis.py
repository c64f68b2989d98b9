"""The page that `jaxrnn diagnose` writes."""

import math
from typing import Any

from jaxrnn.report.diagnosis_figures import gate_figure, jacobian_figure, reach_figure
from jaxrnn.report.page import (
    bullets,
    definitions,
    environment_pairs,
    page,
    paragraph,
    section,
    table_html,
)
from jaxrnn.report.table import Table
from jaxrnn.report.words import looked_at, number, percent

__all__ = ["diagnosis_headline", "diagnosis_page", "diagnosis_table"]

Record = dict[str, Any]

_WITHOUT = (
    "Left out: the state is too large for its Jacobians, or the cell has a backward rule of its "
    "own (a custom_vjp, as in ClipCotangent) and no derivative forwards."
)


def diagnosis_headline(task: Record) -> str:
    """Return what a reader in a hurry takes along: is this gradient alive?

    Shapes: none.

        >>> moment = {"at": "start", "updates": 0, "effective_memory": 5, "lags": [1.0] * 10,
        ...           "jacobians": {"lyapunov": [-0.1]}, "norms": {"clipped_fraction": 0.25}}
        >>> print(diagnosis_headline({"T": 10, "share": 0.05, "clip_norm": 1, "moments": [moment]}))
        At the start 95 % of a loss's gradient lies within 5 of T = 10 steps; the state's ...
    """
    return " ".join(_sentence(task, moment) for moment in task["moments"])


def _sentence(task: Record, moment: Record) -> str:
    start = "At the start" if moment["at"] == "start" else f"After {moment['updates']:,} updates"
    reach = moment["effective_memory"]
    if reach is None:
        return f"{start} the gradient is beyond numbers, it has exploded or there is NaN in it."
    text = (
        f"{start} {percent(1 - task['share'])} of a loss's gradient lies within {reach} of "
        f"T = {task['T']} steps"
    )
    jacobians = moment["jacobians"]
    if jacobians is not None:
        first = jacobians["lyapunov"][0]
        if first is not None and math.isfinite(first):
            verb = "grows" if first > 0 else "shrinks"
            text += (
                f"; the state's most lasting change {verb} by a factor of "
                f"{number(math.exp(first))} a step"
            )
    return f"{text}. {_clipped(task, moment)}"


def _clipped(task: Record, moment: Record) -> str:
    share = percent(moment["norms"]["clipped_fraction"])
    return f"Clipping at norm {task['clip_norm']:g} would shorten {share} of single gradients."


def diagnosis_table(task: Record) -> Table:
    """Return one row for each moment.

    Units: steps, logarithms per step, shares.
    Shapes: none.

        >>> moment = {"at": "start", "updates": 0, "effective_memory": 5, "lags": [1.0, 0.5],
        ...           "jacobians": None, "gates": {}, "outputs": {"saturated": 0, "dead_units": 0},
        ...           "norms": {"clipped_fraction": 0.25, "each": [1.0, 2.0, 3.0]}}
        >>> diagnosis_table({"moments": [moment]}).groups[0][2][0]
        ('5', '0.500', '-', '-', '-', '0 %', '0 %', '2.00', '25 %')
    """
    columns = (
        "memory", "farthest / nearest lag", "first Lyapunov", "last", "largest |gain|, log10",
        "saturated y", "dead units", "median norm", "clipped",
    )  # fmt: skip
    groups = tuple(
        (m["at"][0].upper(), f"{m['at']}, {m['updates']:,} updates", (_row(m),))
        for m in task["moments"]
    )
    return Table(columns, groups)


def _row(moment: Record) -> tuple[str, ...]:
    lags, jacobians, norms = moment["lags"], moment["jacobians"], moment["norms"]["each"]
    found = ("-", "-", "-")
    if jacobians is not None:
        exponents, gains = jacobians["lyapunov"], jacobians["log_product"]
        found = (
            number(exponents[0]),
            number(exponents[-1]),
            number(None if gains[0] is None else gains[0] / math.log(10)),
        )
    return (
        "-" if moment["effective_memory"] is None else str(moment["effective_memory"]),
        number(lags[-1] / lags[0] if lags[0] and lags[-1] is not None else None),
        *found,
        percent(moment["outputs"]["saturated"]),
        percent(moment["outputs"]["dead_units"]),
        number(norms[len(norms) // 2]),
        percent(moment["norms"]["clipped_fraction"]),
    )


def diagnosis_page(results: Record) -> str:
    """Return the whole report as one HTML text, for the record that `jaxrnn diagnose` writes.

    Shapes: none.

        >>> environment = {"device": "cpu", "platform": "cpu", "cpu": "x", "cores": 2,
        ...                "system": "Linux", "versions": {"jax": "0"}, "date": "today"}
        >>> "http" in diagnosis_page({"command": "c", "environment": environment, "tasks": []})
        False
    """
    body = [section(task["title"], _task(task)) for task in results["tasks"]]
    body.append(
        section("How this was measured", [definitions(environment_pairs(results)), _measures()])
    )
    return page("Is the gradient alive?", body)


def _measures() -> str:
    return bullets(
        [
            "Lags: the size of the gradient of a loss with respect to the states before it, on "
            "average over up to eight losses spread over those of the chunk that count.",
            "Singular values: of the Jacobian ds_t / ds_{t-1} of every step, for the first "
            "sequences of the chunk; the whole state, an LSTM's h and c together.",
            "Gain over the run: the singular values of the product of all these Jacobians, found "
            "without forming it.",
            "Lyapunov exponents: the mean growth per step of small changes of the state, the first "
            "quarter of the steps left out.",
            "Gates: all values over time, batch and units, padding included; below 0.1 or above "
            "0.9 they hardly answer to a gradient. A gate that keeps a share f of the state "
            "forgets at a time constant of -1 / log f steps; the median is given.",
            "Norms: the gradient of the mean loss of every single sequence by itself.",
        ]
    )


def _task(task: Record) -> list[str]:
    parts = [
        paragraph(diagnosis_headline(task), "finding"),
        paragraph(looked_at(task), "quiet"),
        "<h3>How far does a loss reach, and how long are the gradients?</h3>",
        reach_figure(task),
        "<h3>What does a step do to a small change of the state?</h3>",
    ]
    if all(moment["jacobians"] is None for moment in task["moments"]):
        parts.append(paragraph(_WITHOUT, "quiet"))
    else:
        parts.append(jacobian_figure(task))
    if any(moment["gates"] for moment in task["moments"]):
        parts += ["<h3>Where do the gates stand?</h3>", gate_figure(task)]
        parts.append(bullets([_gate_words(m) for m in task["moments"]]))
    return [*parts, "<h3>Numbers</h3>", table_html(diagnosis_table(task))]


def _gate_words(moment: Record) -> str:
    texts = []
    for name, gate in moment["gates"].items():
        text = f"{name}: {percent(gate['low'])} shut, {percent(gate['high'])} open"
        if gate["fading_steps"] is not None:
            text += f", time constant {number(gate['fading_steps'])} steps"
        texts.append(text)
    return f"{moment['at']}: " + "; ".join(texts) + "."
