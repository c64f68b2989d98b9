"""The page and the table that `jaxrnn audit` makes."""

from typing import Any

from jaxrnn.report.audit_figures import cost_figure, error_figure, window_figure
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

__all__ = ["audit_headline", "audit_page", "audit_table"]

Record = dict[str, Any]


def audit_headline(task: Record) -> str:
    """Return what a reader in a hurry takes along: how far this model may be truncated.

    Shapes: none.

        >>> moment = {"at": "start", "smallest_window": 8, "windows": [{"k": 8, "error": 0.01}]}
        >>> audit_headline({"T": 64, "tolerance": 0.1, "moments": [moment]})
        'At the start windows of k = 8 of T = 64 steps keep the gradient within 10 %.'
    """
    share = percent(task["tolerance"])
    sentences = []
    for moment in task["moments"]:
        when, k = _when(moment), moment["smallest_window"]
        if k is None:
            sentences.append(f"{when} no window keeps the gradient within {share}.")
        elif k >= task["T"]:
            sentences.append(
                f"{when} only the whole T = {k} steps keep the gradient within {share}."
            )
        else:
            sentences.append(
                f"{when} windows of k = {k} of T = {task['T']} steps keep the gradient within "
                f"{share}."
            )
    return " ".join(sentences)


def _when(moment: Record) -> str:
    if moment["at"] == "start":
        return "At the start"
    return f"After {moment['updates']:,} updates"


def audit_table(task: Record) -> Table:
    """Return one row for each method and moment.

    Units: as the headings say; a run is one gradient over T x B tokens.
    Shapes: none.

        >>> row = {"name": "full", "error": 0.0, "bias": 0.0, "std": 0.0, "cosine": 1.0, "draws": 1,
        ...        "temp_bytes": 2**20, "milliseconds": 2.0, "compile_seconds": 0.5}
        >>> task = {"moments": [{"at": "start", "updates": 0, "methods": [row]}]}
        >>> audit_table(task).groups[0][2][0]
        ('full', '0', '0', '0', '1.00', '1', '1.00', '2.00', '0.500')
    """
    columns = (
        "method", "error", "bias", "std", "cosine", "draws", "temp MiB", "ms", "compile s",
    )  # fmt: skip
    groups = tuple(
        (moment["at"][0].upper(), _when(moment).lower(), tuple(map(_row, moment["methods"])))
        for moment in task["moments"]
    )
    return Table(columns, groups)


def _row(found: Record) -> tuple[str, ...]:
    temp = found["temp_bytes"]
    return (
        found["name"],
        *(number(found[field]) for field in ("error", "bias", "std", "cosine")),
        str(found["draws"]),
        "not told" if temp is None else number(temp / 2**20),
        number(found["milliseconds"]),
        number(found["compile_seconds"]),
    )


def audit_page(results: Record) -> str:
    """Return the whole report as one HTML text, for the record that `jaxrnn audit` writes.

    Shapes: none.

        >>> environment = {"device": "cpu", "platform": "cpu", "cpu": "x", "cores": 2,
        ...                "system": "Linux", "versions": {"jax": "0"}, "date": "today"}
        >>> "http" in audit_page({"command": "c", "environment": environment, "tasks": []})
        False
    """
    tasks = results["tasks"]
    words = section(
        "What is asked",
        [
            paragraph(
                "Every gradient method is a way to come by the gradient of full backpropagation "
                "through time at less memory, less time, or without waiting for the end. Here all "
                "parameters are frozen, every method gets the same data, and its gradient g' is "
                "held against the exact one g."
            ),
            bullets(
                [
                    "error: ||g' - g|| / ||g||, on average over draws; 0 is exact.",
                    "bias: the error of the mean over draws; what more draws do not mend. It is "
                    "known to about std / sqrt(draws).",
                    "std: how far single draws lie from their mean; 0 if nothing is drawn.",
                    "cosine: 1 points the same way, 0 is as good as a random direction.",
                ]
            ),
        ],
    )
    body = [words, *(section(task["title"], _task(task)) for task in tasks)]
    body.append(section("How this was measured", [definitions(environment_pairs(results))]))
    return page("Gradient methods against full backpropagation through time", body)


def _task(task: Record) -> list[str]:
    parts = [
        paragraph(audit_headline(task), "finding"),
        paragraph(looked_at(task), "quiet"),
        "<h3>How far may I truncate?</h3>",
        window_figure(task),
        paragraph(
            "The error of tbptt:k for windows of k steps. The dashed line is the tolerance; the "
            "dots mark the smallest k from which on all longer windows tried stay below it.",
            "quiet",
        ),
        "<h3>How wrong is each method?</h3>",
        error_figure(task),
        "<h3>What does it cost?</h3>",
        cost_figure(task),
        "<h3>All numbers</h3>",
        table_html(audit_table(task)),
        paragraph(
            "temp MiB: the most memory the compiled gradient needs beside its arguments and "
            "results. ms: one gradient over the chunk, median of five, one method after the other.",
            "quiet",
        ),
    ]
    if task.get("left_out"):
        parts += [
            "<h3>Left out</h3>",
            bullets([f"{name}: {reason}" for name, reason in task["left_out"].items()]),
        ]
    return parts
