"""The table of a comparison, as rows of text for a page or a terminal."""

from typing import Any, NamedTuple

from jaxrnn.report.words import number

__all__ = ["Table", "comparison_table"]


class Table(NamedTuple):
    """A table of texts.

    Fields: columns; groups, each a letter, a heading and its rows, with one text a column.

        >>> Table(("a",), (("B", "first", (("1",),)),)).columns
        ('a',)
    """

    columns: tuple[str, ...]
    groups: tuple[tuple[str, str, tuple[tuple[str, ...], ...]], ...]


def comparison_table(task: dict[str, Any], *, brief: bool = False) -> Table:
    """Return one row for each method and cadence.

    Units: as the headings say; a step is a chunk of T x B tokens.
    Shapes: none.
    Args: brief, for a terminal: gradient errors and cosines after training only, not before it
        too, and shorter heads.

        >>> run = {"updates": 5, "final_loss": 1.0, "final_score": 0.5, "ms_per_step": 2.0,
        ...        "ms_per_token": 0.25, "compile_seconds": 1.0, "temp_bytes": 2**20}
        >>> audit = [{"error": 0.0, "cosine": 1.0}] * 2
        >>> method = {"name": "full", "audit": audit, "same_run": True, "same_updates": run,
        ...           "online": run}
        >>> table = comparison_table({"T": 8, "metric": "accuracy", "methods": [method]})
        >>> table.groups[0][2][0]
        ('full', '5', '1.00', '0.500', '2.00', '250', '1.00', '1.00', '0 / 0', '1.00 / 1.00')
    """
    compiling, error = ("comp. s", "grad. error") if brief else ("compile s", "gradient error")
    columns = (
        "method", "updates", "loss", task["metric"], "ms per step", "µs per token", compiling,
        "temp MiB", error, "cosine",
    )  # fmt: skip
    methods = task["methods"]
    same = all(m["same_run"] for m in methods)
    of_b = tuple(_row(m, m["same_updates"], brief) for m in methods)
    of_c = () if same else tuple(_row(m, m["online"], brief) for m in methods)
    text = "each method at its own cadence" + (": the same runs as B" if same else "")
    return Table(
        columns,
        (
            ("B", f"one update per T = {task['T']} steps, for every method", of_b),
            ("C", text, of_c),
        ),
    )


def _row(method: dict[str, Any], run: dict[str, Any], brief: bool) -> tuple[str, ...]:
    audit, temp = method["audit"], run["temp_bytes"]
    shown = audit[-1:] if brief else (audit[0], audit[-1])
    return (
        method["name"],
        f"{run['updates']:,}",
        number(run["final_loss"]),
        number(run["final_score"]),
        number(run["ms_per_step"]),
        number(1000 * run["ms_per_token"]),
        number(run["compile_seconds"]),
        "not told" if temp is None else number(temp / 2**20),
        " / ".join(number(a["error"]) for a in shown),
        " / ".join(number(a["cosine"]) for a in shown),
    )
