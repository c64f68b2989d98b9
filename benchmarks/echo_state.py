"""Echo state networks: NARMA10 and free-running Mackey-Glass, beside ReservoirPy on the same data.

Each library chooses its setting for each size from the same candidates on validation data, with
other seeds. ReservoirPy is measured with our setting too; it runs in a process of its own, and only
if it is installed.

    python benchmarks/echo_state.py            ten minutes or so on two cores
    python benchmarks/echo_state.py --small    half a minute, to see that it works

Prints a table; writes it to results/echo_state.md with a figure, echo_state.png, and appends each
row, as one line of JSON with command, machine, versions and date, to results/echo_state.jsonl.
"""

import importlib.metadata
import importlib.util
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import typer
from common import RESULTS, Out, Row, Small, about_run, drawing, finite, head, keep, line, title
from jax import Array

from jaxrnn import Output, OutputParams, Reservoir, ReservoirState, generate, ridge, scan
from jaxrnn.data import mackey_glass17, narma10
from jaxrnn.initializers import reservoir
from jaxrnn.report.words import number

NAME = "echo_state"
PEER = Path(__file__).parent / "echo_state_reservoirpy.py"
DENSITY = 0.1
Data = dict[str, np.ndarray]
TEST_SEEDS = (0, 1, 2, 3, 4)
VALIDATION_SEEDS = (100, 101)
SPANS = {  # washout, last step of training
    "narma10": (200, 2200),
    "mackey_glass17": (100, 3000),
}
AHEAD = 84  # free-running steps of Mackey-Glass
NARMA_STEPS, MACKEY_STEPS = 4200, 7200
FIRST_VALIDATION, FIRST_TEST = 3000, 5100  # 50 and 100 starts of Mackey-Glass from there


class Setting(NamedTuple):
    """What is tuned beside the penalty; `own` are the laws of weights that are ReservoirPy's."""

    radius: float
    input_scale: float
    bias_scale: float
    leak: float
    own: bool = False


class Job(NamedTuple):
    """One reservoir, and penalties that its readout is fitted with."""

    task: str
    hidden: int
    seed: int
    setting: Setting
    penalties: tuple[float, ...]


class Study(NamedTuple):
    """A task, its sizes and their bounds, and candidates."""

    task: str
    hidden: tuple[int, ...]
    bounds: dict[int, float]
    settings: list[Setting]
    penalties: tuple[float, ...]


def grid(*axes: tuple[float, ...]) -> list[Setting]:
    return [Setting(*values) for values in itertools.product(*axes)]


STUDIES = (
    Study(
        "narma10", (50, 100, 200, 400), {400: 0.03},
        grid((0.8, 0.9), (0.02, 0.1), (0.2,), (1.0,)), (1e-13, 1e-11, 1e-9, 1e-7),
    ),
    Study(
        "mackey_glass17", (300, 1000), {300: 3e-3, 1000: 1e-3},
        grid((0.8, 0.95), (1.0,), (0.2,), (0.5, 0.9)), (1e-12, 1e-10, 1e-8),
    ),
)  # fmt: skip
MEASURES = {
    "narma10": "NMSE of the 2000 test steps, mean squared error / variance of their targets",
    "mackey_glass17": f"NRMSE{AHEAD}, root mean squared error {AHEAD} free-running steps after 100 "
    "starts / standard deviation of the targets",
}


def all_data() -> Data:
    """Return what both libraries read."""
    narma = {
        f"narma10_{seed}": np.stack(narma10(NARMA_STEPS, seed=seed))
        for seed in (*TEST_SEEDS, *VALIDATION_SEEDS)
    }
    return {
        **narma,
        "mackey_glass17": mackey_glass17(MACKEY_STEPS),
        "starts_validation": FIRST_VALIDATION + 40 * np.arange(50),
        "starts_test": FIRST_TEST + 20 * np.arange(100),
    }


def starts_of(seed: int, data: Data) -> np.ndarray:
    return data["starts_validation" if seed in VALIDATION_SEEDS else "starts_test"]


Measure = Callable[[list[Job], Data], list[list[float]]]


def prepared(job: Job, data: Data) -> tuple[Reservoir, Any, Array, Array]:
    """Return (cell, params, inputs, targets); y[t] is what the readout should say after x[t]."""
    law = reservoir(
        job.setting.radius, density=DENSITY, input_scale=job.setting.input_scale,
        bias_scale=job.setting.bias_scale,
    )  # fmt: skip
    drawn = Reservoir(job.hidden, leak=job.setting.leak, initializer=law)
    params = drawn.init(jax.random.key(job.seed), 1)
    if job.task == "narma10":
        x, y = data[f"narma10_{job.seed}"]
    else:
        x, y = data[job.task][:-1], data[job.task][1:]
    # the initializer has done its work: cells of one size and leak share their compiled programs
    cell = Reservoir(job.hidden, leak=job.setting.leak)
    return cell, params, jnp.asarray(x)[:, None], jnp.asarray(y)[:, None]


def fitted(hs: Array, ys: Array, task: str, penalties: tuple[float, ...]) -> OutputParams:
    """Return a readout for each penalty."""
    first, last = SPANS[task]
    fit = jax.vmap(ridge, (None, None, 0))
    return fit(hs[first:last], ys[first:last], jnp.array(penalties))


@partial(jax.jit, static_argnums=(0, 1))
def run_free(
    cell: Reservoir, steps: int, params: Any, readout: OutputParams, h: Array, x: Array
) -> Array:
    """Return the series `[steps, starts, 1]` that follows x, each point made from the last."""
    feedback = lambda h, key: Output(1).apply(readout, h)  # noqa: E731
    return generate(cell, params, ReservoirState(h), x, steps, feedback)[1].xs


def errors_of(job: Job, data: Data) -> list[float]:
    """Return the error with each penalty."""
    cell, params, xs, ys = prepared(job, data)
    _, hs = scan(cell, params, None, xs)
    readouts = fitted(hs, ys, job.task, job.penalties)
    if job.task == "narma10":
        _, last = SPANS[job.task]
        targets = ys[last:]
        said = jax.vmap(lambda readout: Output(1).apply(readout, hs[last:]))(readouts)
        return (((said - targets) ** 2).mean((1, 2)) / targets.var()).tolist()
    starts = starts_of(job.seed, data)
    free = jax.vmap(lambda readout: run_free(
        cell, AHEAD, params, readout, hs[starts - 1], xs[starts]
    ))(readouts)  # fmt: skip
    targets = xs[starts + AHEAD]
    return jnp.sqrt(((free[:, -1] - targets) ** 2).mean((1, 2)) / targets.var()).tolist()


def ours(jobs: list[Job], data: Data) -> list[list[float]]:
    return [errors_of(job, data) for job in jobs]


def theirs(jobs: list[Job], data: Data) -> list[list[float]]:
    """Hand all jobs to one process of ReservoirPy."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "data.npz", **data)  # type: ignore[arg-type]
        told = [
            {
                **job._asdict(), "setting": job.setting._asdict(), "density": DENSITY,
                "span": SPANS[job.task], "ahead": AHEAD,
                "starts": starts_of(job.seed, data).tolist(),
            }
            for job in jobs
        ]  # fmt: skip
        (Path(folder) / "jobs.json").write_text(json.dumps(told), encoding="utf-8")
        command = [sys.executable, str(PEER), folder]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout)


def choose(
    measure: Measure, study: Study, hidden: int, settings: list[Setting], data: Data
) -> tuple[Setting, float]:
    """Return the setting and the penalty of the least median error on validation data."""
    jobs = [
        Job(study.task, hidden, seed, setting, study.penalties)
        for setting in settings
        for seed in VALIDATION_SEEDS
    ]
    errors = np.array(measure(jobs, data)).reshape(len(settings), -1, len(study.penalties))
    medians = np.median(np.where(np.isfinite(errors), errors, np.inf), axis=1)
    best, penalty = np.unravel_index(medians.argmin(), medians.shape)
    return settings[best], study.penalties[penalty]


def row_of(
    measure: Measure, study: Study, hidden: int, data: Data, setting: Setting, penalty: float,
    **names: str,
) -> Row:  # fmt: skip
    """Return the errors on test data."""
    jobs = [Job(study.task, hidden, seed, setting, (penalty,)) for seed in TEST_SEEDS]
    errors = np.array(measure(jobs, data))[:, 0]
    return {
        "task": study.task, "hidden": hidden, **names, **setting._asdict(),
        "penalty": penalty, "errors": [finite(e) for e in errors.tolist()],
        "mean": finite(errors.mean()), "median": finite(np.median(errors)),
        "worst": finite(errors.max()), "bound": study.bounds.get(hidden),
    }  # fmt: skip


def rows_of(study: Study, hidden: int, data: Data, peer: bool) -> list[Row]:
    """Return the rows of one task and size."""
    chosen = choose(ours, study, hidden, study.settings, data)
    rows = [row_of(ours, study, hidden, data, *chosen, library="jaxrnn", choice="own")]
    if peer:
        same = row_of(
            theirs, study, hidden, data, *chosen, library="ReservoirPy", choice="as jaxrnn"
        )
        both = [setting._replace(own=own) for setting in study.settings for own in (False, True)]
        chosen = choose(theirs, study, hidden, both, data)
        own = row_of(theirs, study, hidden, data, *chosen, library="ReservoirPy", choice="own")
        rows += [same, own]
    return rows


HEAD = ("task", "library", "choice", "N", "mean", "median", "worst", "bound")
WIDTHS = (14, 11, 10, 4, 9, 9, 9, 7)


def cells_of(row: Row) -> list[str]:
    """Return a row as texts."""
    return [
        row["task"], row["library"], row["choice"], str(row["hidden"]), number(row["mean"]),
        number(row["median"]), number(row["worst"]), number(row["bound"]) if row["bound"] else "",
    ]  # fmt: skip


def table(rows: list[Row]) -> list[str]:
    """Return the lines of the table."""
    return [*head(HEAD, WIDTHS, 3), *(line(cells_of(row), WIDTHS, 3) for row in rows)]


def choices(rows: list[Row]) -> list[str]:
    """Say what was chosen, a line for each task, library and size."""
    return [
        f"- {row['task']}, N = {row['hidden']}, {row['library']}: radius {row['radius']}, input "
        f"scale {row['input_scale']}, bias scale {row['bias_scale']}, leak {row['leak']}, penalty "
        f"{row['penalty']:g}" + (", its default laws of weights" if row["own"] else "")
        for row in rows
        if row["choice"] == "own"
    ]


def document(rows: list[Row], about: Row) -> list[str]:
    """Return the whole result as lines of Markdown."""
    measures = "; ".join(f"{task}: {measure}" for task, measure in MEASURES.items())
    return [
        *title("Echo state networks", about),
        f"Seeds {', '.join(map(str, TEST_SEEDS))}; float64; density {DENSITY}; the readout sees "
        f"the state and an intercept, nothing else. {measures}. The bound is for the mean of "
        "narma10 and for the median of mackey_glass17. Settings were chosen by each library from "
        "the same candidates (those of STUDIES in the script), for each size, on validation data "
        f"with seeds {', '.join(map(str, VALIDATION_SEEDS))}; ReservoirPy also had its default "
        "laws of weights to choose from. Each library draws its weights by itself.",
        "",
        *table(rows),
        "",
        *choices(rows),
        "",
        "![Mackey-Glass: data, one step ahead, and free-running](echo_state.png)",
        "",
    ]  # fmt: skip


def draw(row: Row, data: Data, path: Path) -> None:
    """Draw Mackey-Glass as one reservoir sees it, and how far off it is."""
    setting = Setting(*(row[name] for name in Setting._fields))
    job = Job("mackey_glass17", row["hidden"], TEST_SEEDS[0], setting, (row["penalty"],))
    cell, params, xs, ys = prepared(job, data)
    _, hs = scan(cell, params, None, xs)
    readout = jax.tree.map(lambda a: a[0], fitted(hs, ys, job.task, job.penalties))
    start, steps = FIRST_TEST, 1000
    free = run_free(cell, steps, params, readout, hs[start - 1], xs[start])[:, 0]
    at = slice(start, start + steps)
    true, one = ys[at, 0], Output(1).apply(readout, hs[at])[:, 0]
    pyplot = drawing()
    figure, axes = pyplot.subplots(2, 1, figsize=(11, 6), sharex=True, layout="constrained")
    axes[0].plot(true, color="0.75", lw=5, label="data")
    axes[0].plot(one, color="tab:blue", lw=1.2, label="one step ahead")
    axes[0].plot(free, color="tab:orange", lw=1.2, label="free-running")
    axes[0].set(ylabel="tanh(x - 1)", ylim=(-0.7, 0.65), xmargin=0.01)
    axes[0].legend(loc="upper left", ncols=3, frameon=False)
    axes[1].semilogy(abs(one - true), color="tab:blue", lw=0.8)
    axes[1].semilogy(abs(free - true), color="tab:orange", lw=0.8)
    axes[1].axvline(AHEAD, color="0.4", lw=0.8, ls=":")
    axes[1].text(AHEAD + 5, 0.9, f"{AHEAD} steps", transform=axes[1].get_xaxis_transform())
    axes[1].set(xlabel="steps after the last value that was given", ylabel="absolute error")
    axes[1].grid(alpha=0.2)
    figure.suptitle(f"Mackey-Glass, delay 17: reservoir of {row['hidden']} units, test part")
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def smaller(study: Study) -> Study:
    """Return a study of seconds; its numbers mean nothing."""
    return study._replace(hidden=(50,), bounds={}, settings=study.settings[:1])


def main(small: Small = False, out: Out = RESULTS) -> None:
    """Measure echo state networks on NARMA10 and Mackey-Glass."""
    jax.config.update("jax_enable_x64", True)
    about = about_run(NAME)
    peer = importlib.util.find_spec("reservoirpy") is not None
    if peer:
        about["versions"] |= {"reservoirpy": importlib.metadata.version("reservoirpy")}
    else:
        print("ReservoirPy is not installed, so its rows are left out: pip install reservoirpy")
    data = all_data()
    print("\n".join(head(HEAD, WIDTHS, 3)), flush=True)
    rows: list[Row] = []
    for study in STUDIES:
        study = smaller(study) if small else study
        for hidden in study.hidden:
            found = rows_of(study, hidden, data, peer)
            print("\n".join(table(found)[2:]), flush=True)
            rows += found
    keep(out, NAME, rows, about, document(rows, about))
    drawn = [row for row in rows if row["task"] == "mackey_glass17" and row["library"] == "jaxrnn"]
    draw(drawn[-1], data, out / f"{NAME}.png")


if __name__ == "__main__":
    typer.run(main)
