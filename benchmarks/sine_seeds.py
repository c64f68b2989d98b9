"""A noisy sine, one step ahead and alone, over 20 seeds, each with noise and weights of its own.

    python benchmarks/sine_seeds.py            two to five minutes on two cores
    python benchmarks/sine_seeds.py --small    two seeds, to see that it works

Each run is that of `jaxrnn train sine --preset NAME --seed S --set data.draw=S`, examined on 1000
points that come after those it was trained on. Beside the preset `full` stands the series of
tutorials, 100 points and windows of 10, with the same model and as many updates.

Prints a table; writes it to results/sine_seeds.md with the picture of the first seed,
sine_seeds.svg, and appends each row, as one line of JSON with command, machine, versions and date,
to results/sine_seeds.jsonl.
"""

import contextlib
import io
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import typer
from common import RESULTS, Out, Row, Small, about_run, head, keep, line, title

from jaxrnn.files import write_whole
from jaxrnn.runs.folder import RunFolder
from jaxrnn.runs.reading import updated
from jaxrnn.runs.settings import default_settings
from jaxrnn.runs.training import train_run

NAME = "sine_seeds"
SEEDS = 20
VARIANCE = 0.01  # of the noise
SERIES: dict[str, dict[str, Any]] = {
    "2000 points, windows of 40": {},
    "100 points, windows of 10": {"data": {"points": 100, "steps": 10}},
}
MEASURED = ("one step, noisy", "one step, clean", "alone, clean")


def measure(changes: dict[str, Any], seed: int, folder: Path) -> dict[str, float]:
    """Return the mean squared errors of one run, over the variance of the noise."""
    settings = updated(default_settings("sine", "full"), changes)
    settings = updated(settings, {"seed": seed, "data": {"draw": seed}})
    with contextlib.redirect_stdout(io.StringIO()):
        train_run(settings, RunFolder(folder), command=NAME)
    findings = json.loads((folder / "result.json").read_text())["findings"]
    return {name: f["value"] / VARIANCE for name, f in zip(MEASURED, findings, strict=True)}


def main(out: Out = RESULTS, small: Small = False) -> None:
    """Measure and write."""
    about, rows = about_run(NAME), []
    for series, changes in SERIES.items():
        for seed in range(2 if small else SEEDS):
            with tempfile.TemporaryDirectory() as folder:
                begin = time.perf_counter()
                found = measure(changes, seed, Path(folder))
                seconds = time.perf_counter() - begin
                rows.append({"series": series, "seed": seed, "seconds": round(seconds, 1), **found})
                print(rows[-1], flush=True)
                if seed == 0 and not changes:
                    write_whole(out / f"{NAME}.svg", (Path(folder) / "picture.svg").read_text())
    document = table(rows, about)
    print("\n".join(document))
    keep(out, NAME, rows, about, document)


def table(rows: list[Row], about: Row) -> list[str]:
    """Return the document."""
    widths = (26, 5, *(15,) * len(MEASURED), 8)
    lines = [
        *title("A noisy sine over many seeds", about),
        "Mean squared errors over the variance of the noise, 0.01: mean and, in brackets, the "
        "worst of the seeds. To reach: at most 1.5 against noisy targets, at most 0.5 against "
        "clean ones. Alone: 200 steps in which the model reads its own answers.",
        "",
        *head(("series", "seeds", *MEASURED, "s a run"), widths, left=1),
    ]
    for series in SERIES:
        some = [row for row in rows if row["series"] == series]
        if not some:
            continue
        cells = [
            f"{statistics.mean(values):.3f} ({max(values):.3f})"
            for name in MEASURED
            for values in [[row[name] for row in some]]
        ]
        seconds = f"{statistics.median(row['seconds'] for row in some):.1f}"
        lines.append(line((series, str(len(some)), *cells, seconds), widths, left=1))
    return [*lines, "", f"![The first seed]({NAME}.svg)", ""]


if __name__ == "__main__":
    typer.run(main)
