"""A noisy sine, one step ahead and alone, over 20 seeds, each with noise and weights of its own.

    python benchmarks/sine_seeds.py            a minute or two on two idle cores
    python benchmarks/sine_seeds.py --small    two seeds, to see that it works

Each seed is the run of `jaxrnn train sine --preset full --seed S --set data.draw=S`, but all are
trained side by side and it is the last weights that are examined, on 1000 points that come after
those that train and judge. Beside it stands the series of tutorials, 100 points and windows of 10,
with the same model and as many updates.

Prints a table; writes it to results/sine_seeds.md with the picture of the first seed,
sine_seeds.svg, and appends each row, as one line of JSON with command, machine, versions and date,
to results/sine_seeds.jsonl.
"""

import statistics
import time
from typing import Any

import jax
import jax.numpy as jnp
import typer
from common import RESULTS, Out, Row, Small, about_run, head, keep, line, title

from jaxrnn.files import write_whole
from jaxrnn.runs.building import build, first_state
from jaxrnn.runs.reading import updated
from jaxrnn.runs.settings import default_settings
from jaxrnn.tasks.examination import Examination

NAME = "sine_seeds"
SEEDS = 20
VARIANCE = 0.01  # of the noise
SERIES: dict[str, dict[str, Any]] = {
    "2000 points, windows of 40": {},
    "100 points, windows of 10": {"data": {"points": 100, "steps": 10}},
}
MEASURED = ("one step, noisy", "one step, clean", "alone, clean")


def examined(changes: dict[str, Any], seeds: int) -> list[Examination]:
    """Return what the runs of all seeds come to, trained side by side."""
    settings = updated(default_settings("sine", "full"), changes)
    runs = [
        build(updated(settings, {"seed": seed, "data": {"draw": seed}})) for seed in range(seeds)
    ]
    step = jax.jit(jax.vmap(runs[0].step))
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(first_state, runs))
    for number in range(settings.training.updates):
        chunks = [run.task.train(number) for run in runs]
        states, _ = step(states, jax.tree.map(lambda *leaves: jnp.stack(leaves), *chunks))
    params = [jax.tree.map(lambda leaf, i=i: leaf[i], states.params) for i in range(seeds)]
    pairs = zip(runs, params, strict=True)
    return [run.task.examine(run.model, own) for run, own in pairs if run.task.examine]


def main(out: Out = RESULTS, small: Small = False) -> None:
    """Measure and write."""
    about, rows = about_run(NAME), []
    out.mkdir(parents=True, exist_ok=True)
    for series, changes in SERIES.items():
        begin = time.perf_counter()
        found = examined(changes, 2 if small else SEEDS)
        seconds = round(time.perf_counter() - begin, 1)
        if not changes:
            write_whole(out / f"{NAME}.svg", found[0].files["picture.svg"])
        for seed, one in enumerate(found):
            errors = [finding.value / VARIANCE for finding in one.findings]
            measured = dict(zip(MEASURED, errors, strict=True))
            rows.append({"series": series, "seed": seed, "seconds of all": seconds, **measured})
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
        "clean ones. Alone: 200 steps in which the model reads its own answers. s: seconds for "
        "all seeds of a row.",
        "",
        *head(("series", "seeds", *MEASURED, "s"), widths, left=1),
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
        seconds = f"{some[0]['seconds of all']:.0f}"
        lines.append(line((series, str(len(some)), *cells, seconds), widths, left=1))
    return [*lines, "", f"![The first seed]({NAME}.svg)", ""]


if __name__ == "__main__":
    typer.run(main)
