"""The page that a training run leaves behind."""

import html
import json
import math
from typing import Any

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
from jaxrnn.report.training_figures import loss_figure, steps_figure
from jaxrnn.report.words import number

__all__ = ["config_table", "evaluation_table", "training_headline", "training_page"]

Record = dict[str, Any]

_ROWS = 40  # of evaluations in a table; more are thinned
_NOTES = 30


def training_headline(record: Record) -> str:
    """Return what a reader in a hurry takes along: from where to where, and against what.

    Shapes: none.

        >>> task = {"metric": "accuracy", "baseline": 1.2, "baseline_name": "silence"}
        >>> best = {"step": 2, "loss": 0.6, "score": 0.9}
        >>> rows = [{"step": 1, "loss": 1.5}, {"step": 2, "loss": 0.5}]
        >>> said = training_headline({"task": task, "rows": rows, "best": best}).split("; ")
        >>> said[0]
        'In 2 steps the training loss went from 1.50 to 0.500'
        >>> said[1][:66]
        'the best held-out accuracy is 0.900 (loss 0.600) after step 2, its'
    """
    return f"{_training(record['rows'])}; {_held_out(record)}."


def _training(rows: list[Record]) -> str:
    losses = [row["loss"] for row in rows if _is_number(row["loss"])]
    if not rows:
        return "No step was made"
    steps = f"In {rows[-1]['step']:,} step{'s' if rows[-1]['step'] > 1 else ''}"
    if not losses:
        return f"{steps} the training loss was never a number"
    if len(losses) == 1:
        return f"{steps} the training loss was {number(losses[0])}"
    last = losses[-max(1, len(losses) // 50) :]
    mean = "" if len(last) == 1 else f" (mean of the last {len(last):,})"
    end = sum(last) / len(last)
    return f"{steps} the training loss went from {number(losses[0])} to {number(end)}{mean}"


def _held_out(record: Record) -> str:
    best, task = record["best"], record["task"]
    if best is None:
        return "held-out data were not looked at"
    loss = best["loss"]
    looks = [best, *(row["evaluation"] for row in record["rows"] if "evaluation" in row)]
    same = all(look["score"] == look["loss"] for look in looks)  # the metric is the loss
    found = f"loss is {number(loss)}"
    if not same:
        found = f"{task['metric']} is {number(best['score'])} (loss {number(loss)})"
    text = f"the best held-out {found} after step {best['step']:,}"
    baseline = task["baseline"]
    if not _is_number(baseline) or not _is_number(loss):
        return text
    its = "" if same else "its loss "
    side = "below" if loss < baseline else "no better than"
    return f"{text}, {its}{side} the {number(baseline)} of {task['baseline_name']}"


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def evaluation_table(record: Record) -> Table:
    """Return one row for each look at held-out data; of many, some, with first, best and last.

    Shapes: none.

        >>> row = {"step": 5, "loss": 0.75, "evaluation": {"loss": 0.5, "score": 0.9}}
        >>> task = {"metric": "accuracy"}
        >>> evaluation_table({"rows": [row], "task": task, "best": {"step": 5}}).groups[0][2]
        (('5', '0.750', '0.500', '0.900', 'best'),)
    """
    found = [row for row in record["rows"] if "evaluation" in row]
    best = None if record["best"] is None else record["best"]["step"]
    stride = math.ceil(len(found) / _ROWS) if found else 1
    shown = [
        row
        for i, row in enumerate(found)
        if i % stride == 0 or row["step"] == best or row is found[-1]
    ]
    rows = tuple(
        (
            f"{row['step']:,}",
            number(row["loss"]),
            number(row["evaluation"]["loss"]),
            number(row["evaluation"]["score"]),
            "best" if row["step"] == best else "",
        )
        for row in shown
    )
    some = "" if len(shown) == len(found) else f", {len(shown)} of {len(found):,} shown"
    columns = ("step", "training loss", "held-out loss", record["task"]["metric"], "")
    return Table(columns, (("A", f"Looks at held-out data{some}", rows),))


def config_table(config: Record) -> Table:
    """Return one row for each setting; a part of the config is a group.

    Shapes: none.

        >>> config_table({"seed": 0, "optimizer": {"name": "adam", "rate": 0.1}}).groups[1]
        ('2', 'optimizer', (('name', 'adam'), ('rate', '0.1')))
    """
    plain = {k: v for k, v in config.items() if not isinstance(v, dict)}
    parts = [("run", plain)] if plain else []
    parts += [(k, v) for k, v in config.items() if isinstance(v, dict)]
    groups = tuple(
        (str(i), name, tuple(_settings(part))) for i, (name, part) in enumerate(parts, start=1)
    )
    return Table(("setting", "value"), groups)


def _settings(part: Record, above: str = "") -> list[tuple[str, str]]:
    rows = []
    for name, value in part.items():
        if isinstance(value, dict):
            rows += _settings(value, f"{above}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows.append((f"{above}{name}", text))
    return rows


def training_page(record: Record) -> str:
    """Return the report of a training run as one HTML text, for a record of plain JSON values.

    Shapes: none.
    Args: record, with
        command, environment: as `describe_environment` gives it;
        config: the settings, nested; model: in words; parameters: how many; shapes: how many
        batch shapes were compiled;
        task: name, title, source, metric, higher_is_better, and baseline, the held-out loss of a
        trivial answer, or None, and baseline_name, what it answers;
        rows: one a step, in order: step (from 1), loss and grad_norm (None where they are no
        numbers), finite, and of this step alone seconds and tokens; where held-out data were looked
        at, evaluation with loss and score;
        best: step, loss and score of the best look, or None;
        stopped: why training ended; notes: what happened on the way;
        findings, lines about data that nothing was chosen by, and pictures, addresses by name, if
        there are any.

        >>> environment = {"device": "cpu", "platform": "cpu", "cpu": "x", "cores": 2,
        ...                "system": "Linux", "versions": {"jax": "0"}, "date": "today"}
        >>> task = {"name": "sine", "title": "Sine", "source": "made", "metric": "accuracy",
        ...         "higher_is_better": True, "baseline": None}
        >>> record = {"command": "c", "environment": environment, "config": {}, "task": task,
        ...           "model": "GRU(4)", "parameters": 100, "shapes": 1, "rows": [], "best": None,
        ...           "stopped": "all steps done", "notes": []}
        >>> "No step was made" in training_page(record)
        True
    """
    rows = record["rows"]
    body = [section("In short", _in_short(record))]
    if record.get("findings"):
        body.append(section("Examined, with the best weights", _examined(record)))
    if rows:
        figures = [loss_figure(record), steps_figure(record)]
        words = paragraph(_reading(record), "quiet")
        body.append(section("Learning curves", [*figures, words]))
    if any("evaluation" in row for row in rows):
        body.append(section("Held-out data", [table_html(evaluation_table(record))]))
    if record["config"]:
        body.append(section("Settings", [table_html(config_table(record["config"]))]))
    body.append(section("How this was run", [definitions(_circumstances(record))]))
    return page(f"Training: {record['task']['title']}", body)


def _in_short(record: Record) -> list[str]:
    task, notes = record["task"], record["notes"]
    looked_at = (
        f"Data: {task['source']}. Model: {record['model']}, {record['parameters']:,} parameters."
    )
    parts = [
        paragraph(training_headline(record), "finding"),
        paragraph(looked_at, "quiet"),
        paragraph(f"Why it ended: {record['stopped'].rstrip('.')}."),
    ]
    lost = sum(not row["finite"] for row in record["rows"])
    if lost:
        steps = "1 step was" if lost == 1 else f"{lost:,} steps were"
        parts.append(paragraph(f"{steps} left out: loss or gradient was no number."))
    if notes:
        more = len(notes) - _NOTES
        shown = [*notes[:_NOTES], *([f"and {more:,} more"] if more > 0 else [])]
        parts += ["<h3>On the way</h3>", bullets(shown)]
    return parts


def _examined(record: Record) -> list[str]:
    """Show what was found on data that nothing was chosen by."""
    pictures = [
        f'<figure><img alt="{html.escape(name)}" src="{address}"></figure>'
        for name, address in record.get("pictures", {}).items()
    ]
    return [bullets(record["findings"]), *pictures]


def _reading(record: Record) -> str:
    """Say how the figures are to be read."""
    text = (
        "Gaps are steps whose loss or gradient was no number. In a long run each point of the thin "
        "curves stands for the least and the greatest of several steps, so spikes stay."
    )
    if record["best"] is not None:
        text += " The ring marks the best held-out data, whose weights are kept."
    if any(not row["finite"] for row in record["rows"]):
        text += " Triangles mark the steps that were left out."
    return f"{text} Speed is of training steps alone; compiling is part of the first."


def _circumstances(record: Record) -> list[tuple[str, str]]:
    rows = record["rows"]
    tokens, seconds = (sum(row[field] for row in rows) for field in ("tokens", "seconds"))
    return [
        *environment_pairs(record),
        ("steps", f"{len(rows):,}, {number(tokens)} tokens in {number(seconds)} seconds"),
        ("batch shapes", f"{record['shapes']:,} compiled"),
    ]
