"""What each task comes to at its full setting: the very commands that users type, one process each.

    python benchmarks/tasks.py --list                      the runs, by name
    python benchmarks/tasks.py counting motions vowels     some of them
    python benchmarks/tasks.py sentiment --seeds 1 --minutes 60
    python benchmarks/tasks.py --small                     quick settings, to see that it works
    python benchmarks/tasks.py --document                  the pages again, from results/tasks.jsonl

A run that is cut off by --minutes goes on where it was when the same command is given again: its
folder is runs/tasks/NAME-SEED. What was examined at the end, beside yardstick and baselines, is
appended to results/tasks.jsonl with command, seconds, machine, versions and date, and
results/tasks.md shows the last result of each run; docs/tasks.md has the same table.
"""

import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from common import RESULTS, Out, Row, Small, about_run, head, line, title

from jaxrnn.files import write_whole
from jaxrnn.training.log import read_rows

NAME = "tasks"
DOCS = RESULTS.parent.parent / "docs" / "tasks.md"
BEGIN, END = "<!-- table of benchmarks/tasks.py -->", "<!-- end of it -->"

# name: (words of `jaxrnn train`, seeds)
RUNS: dict[str, tuple[str, int]] = {
    "counting": ("counting --preset full", 3),
    "sine": ("sine --preset full", 3),
    "motions": ("motions --preset full", 3),
    "vowels": ("vowels --preset full", 3),
    "surnames": ("surnames --preset full", 1),
    "temperatures": ("forecast --preset full --set data.series=temperatures", 1),
    "sunspots": ("forecast --preset full --set data.series=sunspots", 1),
    "etth1-hour": ("forecast --preset full --set data.series=etth1", 1),
    "etth2-hour": ("forecast --preset full --set data.series=etth2", 1),
    "etth1": ("forecast --preset full --set data.series=etth1 --set data.horizon=24", 1),
    "etth2": ("forecast --preset full --set data.series=etth2 --set data.horizon=24", 1),
    "exchange": ("forecast --preset full --set data.series=exchange", 1),
    "sp500": ("forecast --preset full --set data.series=sp500", 1),
    "vix": ("forecast --preset full --set data.series=vix", 1),
    "anomaly": ("anomaly --preset full", 1),
    "sentiment": ("sentiment --preset full", 1),
    "sentiment-nsmc": ("sentiment --preset nsmc", 1),
    "pos": ("pos --preset full", 1),
    "pos-korean": ("pos --preset full --set data.treebank=ko_gsd", 1),
    "cloze": ("cloze --preset full", 1),
    "digits": ("digits --preset full", 1),
    "charlm": ("charlm --preset full", 1),
    "wordlm": ("wordlm", 1),
    "caption": ("caption --preset full", 1),
    "caption-video": ("caption_video --preset full", 1),
    "transcribe": ("transcribe --preset full", 1),
    "speak": ("speak --preset full", 1),
    "summarise": ("summarise --preset full", 1),
    "translate": ("translate --preset full", 1),
    "word2vec": ("word2vec --preset full", 1),
    "word2vec-cbow": ("word2vec --preset full --set model.predictor=cbow", 1),
}


def run(name: str, seed: int, minutes: float, folder: Path, small: bool) -> Row | None:
    """Train to the end, or as far as the time reaches; return what was found, None if cut off."""
    words = shlex.split(RUNS[name][0])
    if small:
        words = [words[0], "--preset", "quick"]
    out = folder / f"{name}-{seed}{'-quick' if small else ''}"
    command = ["jaxrnn", "train", *words, "--seed", str(seed), "--out", str(out)]
    print(f"{' '.join(command)}", flush=True)
    begin = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "jaxrnn.cli", *command[1:]], stdout=subprocess.DEVNULL,
        env={"OPENBLAS_NUM_THREADS": "1", **os.environ},
    )  # fmt: skip
    try:
        code = child.wait(minutes * 60)
    except subprocess.TimeoutExpired:
        child.terminate()  # it finishes the step and saves
        code = child.wait()
    seconds = time.perf_counter() - begin
    if code:
        print(f"  ended with {code} after {seconds:.0f} s; the same command goes on", flush=True)
        return None
    record = json.loads((out / "result.json").read_text(encoding="utf-8"))
    rows = read_rows(out / "metrics.jsonl")
    return {
        "name": name, "seed": seed, "train": shlex.join(command[:-2]), "step": record["step"],
        "updates": rows[-1]["step"], "training_seconds": sum(row["seconds"] for row in rows),
        "process_seconds": seconds, "findings": record["findings"],
    }  # fmt: skip


def last_rows(file: Path) -> dict[str, list[Row]]:
    """Return, of each run, the newest row of each seed."""
    found: dict[str, dict[int, Row]] = {}
    if file.exists():
        for text in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            found.setdefault(row["name"], {})[row["seed"]] = row
    return {name: list(found[name].values()) for name in RUNS if name in found}


def cells(rows: list[Row], place: int) -> list[str]:
    """Return one line of the table: a finding, its mean over the seeds."""
    finding = rows[0]["findings"][place]
    values = [row["findings"][place]["value"] for row in rows]
    spread = f" ({min(values):.4g} to {max(values):.4g})" if len(values) > 1 else ""
    goal = "" if finding["goal"] is None else f"{finding['goal']:g}"
    rivals = "; ".join(f"{name} {value:.4g}" for name, value in finding["baselines"].items())
    return [
        rows[0]["name"] if place == 0 else "", finding["name"],
        f"{statistics.mean(values):.4g}{spread}", goal,
        f"{statistics.mean(row['training_seconds'] for row in rows):.0f}" if place == 0 else "",
        rivals,
    ]  # fmt: skip


def document(found: dict[str, list[Row]]) -> list[str]:
    """Return the table, then the commands with machine and date."""
    table = [
        cells(rows, place) for rows in found.values() for place in range(len(rows[0]["findings"]))
    ]
    names = ["run", "found", "value (seeds)", "to reach", "s of training", "beside it"]
    widths = [max(len(row[i]) for row in [names, *table]) for i in range(len(names))]
    widths[-1] = len(names[-1])  # rivals are long, and nothing comes after them
    lines = [
        "Examined once, with the weights that were best on validation data. Seconds are those of "
        "the steps alone; the machine is shared.",
        "",
        *head(names, widths, left=2), *(line(row, widths, left=2) for row in table), "",
    ]  # fmt: skip
    for rows in found.values():
        row = rows[-1]
        machine = row["machine"]
        lines.append(
            f"* {row['name']}: `{row['train']}`, {len(rows)} seed(s), {row['updates']} updates, "
            f"{row['process_seconds']:.0f} s in all, {row['date'][:16]}, {machine['cpu']}, "
            f"{machine['cores']} cores, jax {row['versions']['jax']}"
        )
    return [*lines, ""]


def write_pages(file: Path, about: Row) -> None:
    """Write the page beside the rows, and the table of the results that are kept into docs."""
    text = "\n".join(document(last_rows(file)))
    head_lines = "\n".join(title("Every task at its full setting", about))
    write_whole(file.with_suffix(".md"), f"{head_lines}\n{text}")
    if file == RESULTS / f"{NAME}.jsonl":
        before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        write_whole(DOCS, f"{before}{BEGIN}\n{text}\n{END}{after}")


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if not told.")] = None,
    seeds: Annotated[int, typer.Option(help="How many; 0: as many as planned.")] = 0,
    minutes: Annotated[float, typer.Option(help="For each run, before it is cut off.")] = 120,
    folder: Annotated[Path, typer.Option(help="Where the runs are kept.")] = Path("runs/tasks"),
    listed: Annotated[bool, typer.Option("--list", help="Show the runs, and end.")] = False,
    documents: Annotated[
        bool, typer.Option("--document", help="Write the pages from what is kept, and end.")
    ] = False,
    out: Out = RESULTS,
    small: Small = False,
) -> None:
    """Train, examine, write."""
    if listed:
        for name, (words, planned) in RUNS.items():
            print(f"{name:15s} jaxrnn train {words}  ({planned} seeds)")
        return
    if unknown := [name for name in names or [] if name not in RUNS]:
        raise typer.BadParameter(f"no run {', '.join(unknown)}; --list shows them")
    about: dict[str, Any] = about_run(NAME)
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{NAME}{'_small' if small else ''}.jsonl"
    if documents:
        write_pages(file, about)
        return
    for name in names or RUNS:
        for seed in range(seeds or RUNS[name][1]):
            row = run(name, seed, minutes, folder, small)
            if row is None:
                continue
            with open(file, "a", encoding="utf-8") as opened:
                opened.write(json.dumps({**row, **about}, allow_nan=False) + "\n")
            for place in range(len(row["findings"])):
                print("  " + "  ".join(cells([row], place)[1:]), flush=True)
            write_pages(file, about)


if __name__ == "__main__":
    typer.run(main)
