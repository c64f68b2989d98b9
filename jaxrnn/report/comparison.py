"""The page that `jaxrnn compare` writes."""

from typing import Any

from jaxrnn.report import findings
from jaxrnn.report.figures import cost_figure, gradient_figure, learning_figure
from jaxrnn.report.page import (
    bold_paragraph,
    bullets,
    definitions,
    environment_pairs,
    page,
    paragraph,
    section,
    table_html,
)
from jaxrnn.report.style import colours
from jaxrnn.report.table import comparison_table

__all__ = ["comparison_page"]

Record = dict[str, Any]

_QUESTIONS = {
    "A": "A. How wrong is the gradient? Frozen parameters, the same data",
    "B": "B. What does the wrong gradient cost? The same number of updates for every method",
    "C": "C. How does it do in use? Every method at its own cadence",
    "cost": "What it takes: memory and time",
}


def comparison_page(results: Record) -> str:
    """Return the whole report as one HTML text, for the record that `jaxrnn.compare` makes.

    Shapes: none.

        >>> environment = {"device": "cpu", "platform": "cpu", "cpu": "x", "cores": 2,
        ...                "system": "Linux", "versions": {"jax": "0"}, "date": "today"}
        >>> text = comparison_page({"command": "c", "environment": environment, "tasks": []})
        >>> "http" in text
        False
    """
    tasks = results["tasks"]
    shades = colours(tasks)
    body = [_introduction(tasks)]
    body += [section(task["title"], _task(task, shades)) for task in tasks]
    body.append(section("How this was measured", [_how(results)]))
    return page("Full against truncated backpropagation through time", body)


def _introduction(tasks: list[Record]) -> str:
    return section(
        "In short",
        [
            *(bold_paragraph(task["title"], findings.headline(task)) for task in tasks),
            paragraph(
                "A recurrent network is trained by sending the gradient of its loss back through "
                "time. Full backpropagation through time (full BPTT) sends it through all T "
                "steps of a sequence, and has to keep all of them in memory. Truncated BPTT cuts "
                "it off: tbptt:k sends each gradient back through a window of k steps, "
                "tbptt:k1:k2 makes a gradient every k1 steps and sends it back through k2. The "
                "state always runs on, so predictions are the same; only the gradient is cut."
            ),
            paragraph("Below every method starts from the same weights and sees the same data. ")
            + bullets(
                [
                    "A asks how wrong the gradient is, with all parameters frozen.",
                    "B trains with one update per T steps for everyone: only the bias differs.",
                    "C trains as in practice, with one update per window: shorter windows make "
                    "more updates from the same data, so bias and number of updates act "
                    "together.",
                ]
            ),
        ],
    )


def _task(task: Record, shades: dict[str, str]) -> list[str]:
    def question(name: str) -> str:
        return f"<h3>{_QUESTIONS[name]}</h3>"

    length = "segment" if task["stream"] else "sequence"
    parts = [
        paragraph(findings.headline(task), "finding"),
        paragraph(
            f"Data: {task['source']}. Model: {task['model']} with a linear output, "
            f"{task['parameters']:,} parameters. Each {length} has T = {task['T']} steps, "
            f"{task['B']} side by side. {_stream(task)}",
            "quiet",
        ),
        question("A"),
        bullets(findings.gradient(task)),
        gradient_figure(task, shades),
        paragraph(
            "Left: how far the cut gradient is from that of full BPTT, 0 is exact. Middle: "
            "whether it points the same way, 1 is exact. Right: the size of the gradient of the "
            "last loss with respect to each earlier state; a method takes the state at its "
            "vertical line as given, and what lies to the right is lost to that loss. All at the "
            "parameters that full BPTT went through.",
            "quiet",
        ),
        question("B"),
        bullets(findings.same_updates(task)),
        learning_figure(task, shades, "same_updates"),
        question("C"),
        bullets(findings.online(task)),
    ]
    if not all(m["same_run"] for m in task["methods"]):
        parts.append(learning_figure(task, shades, "online"))
    parts += [
        question("cost"),
        bullets(findings.cost(task)),
        cost_figure(task, shades),
        "<h3>All numbers</h3>",
        table_html(comparison_table(task)),
        paragraph(
            f"A step is a chunk of T x B = {task['T']} x {task['B']} tokens. Loss and "
            f"{task['metric']} are those of held-out data at the end. Gradient error and cosine: "
            "before / after training.",
            "quiet",
        ),
    ]
    return parts


def _stream(task: Record) -> str:
    if task["stream"]:
        return (
            "The data is one long stream and the state is carried from segment to segment; full "
            f"BPTT is full over a segment of {task['T']} steps."
        )
    return "Every sequence starts from a fresh state."


def _how(results: Record) -> str:
    pairs = environment_pairs(results)
    for task in results["tasks"]:
        rule = task["optimizer"]
        pairs.append(
            (
                task["task"],
                f"seed {task['seed']}, T = {task['T']}, B = {task['B']}, {task['steps']:,} steps, "
                f"{task['tokens']:,} tokens; {rule['name']} with learning rate "
                f"{rule['learning_rate']:g}, gradients clipped at global norm "
                f"{rule['clip_global_norm']:g}, the same for all methods; {task['cell']}",
            )
        )
    return definitions(pairs) + bullets(
        [
            "Loss scale: the mean per counted token, of the chunk in A and B, of the window in C.",
            "Held-out data is run through whole, with the state carried on a stream and nothing "
            "truncated, the same for all methods.",
            "Seconds are of training alone. Compiling, preparing data and judging are left out. "
            "All methods are trained in turn, a few steps each, so that a slow moment of the "
            "machine hits all of them; the time of a step is the median over these turns.",
            "Temporary memory is what the compiled program needs beside its arguments and results, "
            "as the compiler tells it: it does not depend on chance.",
            "One run from one seed and one learning rate for all: small differences may be chance, "
            "and methods that make more updates may want another rate. Run it again with another "
            "--seed before building on a difference.",
        ]
    )
