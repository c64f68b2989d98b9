"""The cliff: what truncated BPTT learns of a task with a known lag d, cut below and above it.

Three parts. The cliff: delayed recall, copy, adding and temporal order, learned with windows of
k2 in {d/4, d/2, d, 3d/2, 2d} steps and with full BPTT, one update per sequence for every method.
Influence balancing: one parameter, with the wrong sign of the derivative wherever a window is too
short; methods without bias find it. Solving: adding at T = 200, to a mean squared error of 0.01.

    python benchmarks/truncation_cliff.py            some minutes on two cores
    python benchmarks/truncation_cliff.py --small    seconds, to see that it works

Prints a line for each run; writes tables to results/truncation_cliff.md with a figure,
truncation_cliff.png, and appends each row, as one line of JSON with command, machine, versions and
date, to results/truncation_cliff.jsonl.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import typer
from common import (
    RESULTS,
    Out,
    Row,
    Small,
    about_run,
    drawing,
    expect_many_lengths,
    finite,
    head,
    keep,
    line,
    title,
)

from jaxrnn import GRU, LSTM, Elman
from jaxrnn.cell import Cell
from jaxrnn.cells import OrthogonalCayley
from jaxrnn.compare import CLIP_NORM, parse_method, parse_methods
from jaxrnn.compare.evaluate import evaluator
from jaxrnn.compare.learner import Learner, make_learner
from jaxrnn.compare.steps import (
    Step,
    first_carry,
    gradient_program,
    same_updates_step,
    update_program,
)
from jaxrnn.gradients import GradientMethod, Params, bptt, online
from jaxrnn.initializers import chrono
from jaxrnn.report.words import number
from jaxrnn.tasks import (
    Task,
    adding,
    copy_memory,
    delayed_recall,
    influence_balancing,
    temporal_order,
)

NAME = "truncation_cliff"
SOLVED = 0.01  # MSE of adding
BEST_THETA = -1 / 6


class Cliff(NamedTuple):
    """A task with its needed lag, and how it is learned."""

    build: Callable[..., Task]
    steps: int  # T
    lag: int  # d, the longest one needed
    cell: Cell
    learning_rate: float
    updates: int
    batch: int = 20


class Descent(NamedTuple):
    """How the parameter of influence balancing is learned."""

    method: str
    learning_rate: float
    chunks: int
    steps: int = 100  # of a chunk
    mean: bool = False  # of the losses of an update, in place of their sum


class Solving(NamedTuple):
    """A network that is to solve adding."""

    name: str
    cell: Cell
    learning_rate: float
    updates: int  # at most
    turn: float = 1.0  # what the first angles of an orthogonal matrix are multiplied by


class Plan(NamedTuple):
    """What is run."""

    cliffs: tuple[Cliff, ...]
    parts: tuple[float, ...]  # k2 / d
    seeds: tuple[int, ...]
    descents: tuple[Descent, ...]
    solvers: tuple[Solving, ...]
    steps: int = 200  # T of the adding task that is solved
    batch: int = 50


PLAN = Plan(
    cliffs=(
        Cliff(delayed_recall, 64, 16, Elman(64), 0.003, 600),
        Cliff(copy_memory, 42, 32, OrthogonalCayley(Elman(64)), 0.003, 800),
        Cliff(adding, 100, 100, GRU(32, initializer=chrono(100.0)), 0.005, 600),
        Cliff(temporal_order, 88, 88, GRU(32, initializer=chrono(88.0)), 0.005, 400),
    ),
    parts=(0.125, 0.25, 0.5, 1.0, 1.5, 2.0),
    seeds=(0, 1, 2),
    descents=(
        *(Descent(f"tbptt:1:{k}", 1e-4, 400) for k in (10, 20, 40, 41, 50, 100)),
        Descent("rtrl", 1e-4, 400),
        Descent("uoro", 1e-4, 400),
        Descent("uoro", 1e-5, 4000),
        *(Descent(f"tbptt:{k}", 1e-2, 2000, k, True) for k in (10, 50, 109, 110, 200)),
        *(Descent(f"artbp:{k}", 1e-3, 1000, 400, True) for k in (16, 50)),
    ),
    solvers=(
        Solving("GRU", GRU(32, initializer=chrono(200.0)), 0.005, 2000),
        Solving("LSTM", LSTM(32, initializer=chrono(200.0)), 0.005, 2000),
        Solving("orthogonal", OrthogonalCayley(Elman(64, activation="relu")), 0.001, 6000, 0.2),
    ),
)
SMALL = Plan(
    cliffs=(Cliff(adding, 8, 8, Elman(8), 0.01, 20, 8),),
    parts=(0.5, 2.0),
    seeds=(0,),
    descents=(Descent("tbptt:1:10", 1e-4, 10), Descent("rtrl", 1e-4, 20)),
    solvers=(Solving("GRU", GRU(4), 0.01, 20),),
    steps=4,
    batch=4,
)


def started(learner: Learner, method: GradientMethod, params: Params) -> tuple[Step, Any]:
    """Return the step of a method that makes one update per chunk, and its first carry."""
    chunk = learner.task.train(0)
    carry = first_carry(learner, None, params, chunk)
    gradient = gradient_program(learner, method, params, None, chunk)
    update = update_program(learner, params, carry.opt_state)
    return same_updates_step(gradient, update), carry


def windows(cliff: Cliff, parts: Sequence[float]) -> dict[str, float]:
    """Return the methods and their k2 / d: k1 is d/2 or k2, so that k2 = 3d/2 reaches lag d."""
    cuts = {round(p * cliff.lag): p for p in parts}
    named = {f"tbptt:{min(k2, cliff.lag // 2)}:{k2}": p for k2, p in cuts.items()}
    return {"full": np.inf} | named


def climb(cliff: Cliff, plan: Plan) -> list[Row]:
    """Learn a task with every window, from one start for each seed, and judge it at the end."""
    tasks = [cliff.build(seed=s, steps=cliff.steps, batch=cliff.batch) for s in plan.seeds]
    learners = [
        make_learner(task, cliff.cell, seed=seed, learning_rate=cliff.learning_rate)
        for seed, task in zip(plan.seeds, tasks, strict=True)
    ]
    chunks = [[task.train(i) for i in range(cliff.updates)] for task in tasks]
    evaluate, named, task = evaluator(learners[0]), windows(cliff, plan.parts), tasks[0]
    rows = []
    for name, method in parse_methods(",".join(named)):
        # one program for all seeds: nothing in it is random
        step, first = started(learners[0], method, learners[0].init())
        for seed, learner, data in zip(plan.seeds, learners, chunks, strict=True):
            carry = first._replace(params=learner.init())
            start = time.perf_counter()
            for i, chunk in enumerate(data):
                carry, _ = step(carry, chunk, jnp.int32(i))
            jax.block_until_ready(carry)
            seconds = time.perf_counter() - start
            judged = evaluate(carry.params)
            rows.append(
                {
                    "part": "cliff", "task": task.name, "T": cliff.steps, "lag": cliff.lag,
                    "method": name, "k2_over_d": finite(named[name]), "seed": seed,
                    "cell": repr(cliff.cell), "batch": cliff.batch, "updates": cliff.updates,
                    "learning_rate": cliff.learning_rate, "clip_global_norm": CLIP_NORM,
                    "loss": finite(judged.loss), "score": finite(judged.score),
                    "metric": task.metric, "baseline": task.baseline, "seconds": seconds,
                }
            )  # fmt: skip
            print(
                f"{task.name}, {name}, seed {seed}: loss {number(judged.loss)}, {task.metric} "
                f"{number(judged.score)}; {seconds:.0f} s", flush=True,
            )  # fmt: skip
    return rows


def descend(descent: Descent) -> Row:
    """Learn theta by plain gradient steps along an endless stream."""
    method = parse_method(descent.method).method
    problem, params, state, chunk = influence_balancing(descent.steps)
    if descent.mean:
        weight = 1 / (method.length or descent.steps)
        chunk = chunk._replace(weights=jnp.full(descent.steps, weight))
    optimizer = optax.sgd(descent.learning_rate)
    memory = method.init(problem, params, state, chunk)

    def one(carry: Any, index: Any) -> tuple[Any, Any]:
        key = jax.random.fold_in(jax.random.key(0), index)
        carry, _ = online(method, problem, optimizer, *carry, chunk, key=key)
        return carry, carry[0].cell.theta

    first = (params, optimizer.init(params), memory)
    _, thetas = jax.lax.scan(one, first, jnp.arange(descent.chunks))
    thetas = np.asarray(thetas, np.float64)
    last = float(thetas[-1])
    # a few values are kept, evenly spread on a logarithmic axis
    places = np.unique(np.geomspace(1, descent.chunks, 60).round().astype(int)) - 1
    away = not abs(last - BEST_THETA) < abs(BEST_THETA)
    print(
        f"influence balancing, {descent.method}, rate {descent.learning_rate:g}: theta "
        f"{number(last)}{', away' if away else ''}", flush=True,
    )  # fmt: skip
    return {
        "part": "influence balancing", **descent._asdict(), "theta": finite(last), "away": away,
        "at": [int(p + 1) * descent.steps for p in places],
        "thetas": [finite(float(thetas[p])) for p in places],
    }  # fmt: skip


def clocks() -> np.ndarray:
    """Return the seconds that passed, and those that the cores worked for this process.

    The second does not grow while other programs have the cores.
    """
    return np.array([time.perf_counter(), time.process_time()])


def solve(plan: Plan, solving: Solving) -> Row:
    """Learn adding with full BPTT until the held-out error is below 0.01."""
    task = adding(steps=plan.steps, batch=plan.batch)
    learner = make_learner(task, solving.cell, seed=0, learning_rate=solving.learning_rate)
    params = learner.init()
    if solving.turn != 1:  # a smaller A: a rotation by smaller angles, nearer to the identity
        cell = params.cell._replace(skew=params.cell.skew * solving.turn)
        params = params._replace(cell=cell)
    step, carry = started(learner, bptt(), params)
    evaluate, curve, seconds, judged = evaluator(learner), [], np.zeros(2), np.inf
    for block in range(0, solving.updates, 50):
        chunks = [task.train(i) for i in range(block, min(block + 50, solving.updates))]
        start = clocks()
        for i, chunk in enumerate(chunks, block):
            carry, _ = step(carry, chunk, jnp.int32(i))
        jax.block_until_ready(carry)
        seconds += clocks() - start
        judged = evaluate(carry.params).loss
        curve.append([block + len(chunks), *seconds.tolist(), finite(judged)])
        if judged < SOLVED:
            break
        if block % 500 == 0:
            print(f"adding, {solving.name}: {block + 50} updates, MSE {number(judged)}", flush=True)
    updates, wall, cpu, _ = curve[-1]
    print(
        f"adding at T = {plan.steps}, {solving.name}: MSE {number(judged)} after {updates} "
        f"updates, {wall / 60:.1f} minutes, {cpu / 60:.1f} of a core", flush=True,
    )  # fmt: skip
    return {
        "part": "solving", "T": plan.steps, "batch": plan.batch, "name": solving.name,
        "cell": repr(solving.cell), "turn": solving.turn, "learning_rate": solving.learning_rate,
        "clip_global_norm": CLIP_NORM, "updates": updates, "seconds": wall, "cpu_seconds": cpu,
        "mse": finite(judged), "solved": bool(judged < SOLVED), "baseline": task.baseline,
        "curve": curve,
    }  # fmt: skip


def of(rows: Sequence[Row], **fields: Any) -> list[Row]:
    """Return the rows with these values."""
    return [r for r in rows if all(r.get(k) == v for k, v in fields.items())]


def middle(values: Sequence[float | None]) -> float | None:
    """Return the median, None if a value is no number."""
    return statistics.median(values) if None not in values else None


def spread(values: Sequence[float | None]) -> str:
    """Return the median and the range as a text."""
    if None in values or len(values) == 1:
        return number(middle(values))
    return f"{number(middle(values))} ({number(min(values))} to {number(max(values))})"


CLIFF_HEAD = ("task", "method", "k2 / d", "loss", "score", "loss / baseline")
CLIFF_WIDTHS = (16, 14, 8, 26, 26, 15)
DESCENT_HEAD = ("method", "rate", "steps", "theta", "ends")
DESCENT_WIDTHS = (14, 8, 9, 12, 12)
SOLVING_HEAD = ("network", "updates", "minutes", "core minutes", "MSE", "solved")
SOLVING_WIDTHS = (12, 9, 9, 12, 9, 8)


def cliff_lines(rows: Sequence[Row]) -> list[str]:
    """Return a line for each task and method: median and range over seeds."""
    texts = []
    for task, method in dict.fromkeys((r["task"], r["method"]) for r in rows):
        part = of(rows, task=task, method=method)
        loss, share = [r["loss"] for r in part], part[0]["k2_over_d"]
        ratio = middle([None if v is None else v / part[0]["baseline"] for v in loss])
        cells = [
            task, method, "full" if share is None else f"{share:g}", spread(loss),
            spread([r["score"] for r in part]), number(ratio),
        ]  # fmt: skip
        texts.append(line(cells, CLIFF_WIDTHS, 2))
    return texts


def recipes(plan: Plan) -> list[str]:
    """Return how each task is learned."""
    return [
        f"- {c.build.__name__}: T = {c.steps}, d = {c.lag}, {c.cell!r}, rate {c.learning_rate:g}, "
        f"batch {c.batch}, {c.updates} updates."
        for c in plan.cliffs
    ]


def document(rows: Sequence[Row], about: Row, plan: Plan) -> list[str]:
    """Return the whole result as lines of Markdown."""
    descents, solved = of(rows, part="influence balancing"), of(rows, part="solving")
    return [
        *title("The truncation cliff", about),
        f"Adam, the gradient clipped to the norm {CLIP_NORM:g}, one shared rate for all methods, "
        "not tuned for any; loss: mean over the counted steps, in nats or squared error, of 1000 "
        "held-out sequences after the last update.",
        "",
        "## The cliff",
        "",
        "One update per sequence, from the gradients of its windows at frozen params, so only the "
        f"bias differs. k1 = d/2, or k2 if that is less. Median (and range) over {len(plan.seeds)} "
        "seeds. No window of k2 <= d steps holds a term of lag d; from k2 = 3d/2 = k1 + d on every "
        "loss has it. For "
        "adding and temporal order d is T, the longest lag; the first mark of adding lies T/2 to "
        "T - 1 steps back. A state is carried across windows all the same: less than full credit "
        "can still be enough. Baseline: the best answer that looks at no input.",
        "",
        *recipes(plan),
        "",
        *head(CLIFF_HEAD, CLIFF_WIDTHS, 2),
        *cliff_lines(of(rows, part="cliff")),
        "",
        "## Influence balancing",
        "",
        "Plain gradient steps on a stream, theta from 0; the best theta is -1/6. tbptt:1:k, rtrl "
        "and uoro make an update per step; tbptt:k and artbp one per block (k, and 400 steps) from "
        "the mean of its losses. Away: at the end farther from the best theta than at the start. "
        "uoro has no bias but so much noise that it needs a tenth of the rate of rtrl.",
        "",
        *head(DESCENT_HEAD, DESCENT_WIDTHS, 1),
        *(
            line(
                [
                    r["method"], f"{r['learning_rate']:g}", f"{r['chunks'] * r['steps']:,}",
                    number(r["theta"]), "away" if r["away"] else "at the best",
                ],
                DESCENT_WIDTHS, 1,
            )
            for r in descents
        ),
        "",
        f"## Adding at T = {plan.steps}, solved",
        "",
        f"Full BPTT, batch {plan.batch}, until the held-out MSE is below {SOLVED:g}; the baseline "
        "is 0.167. Minutes of training on this machine, compiling and judging left out; core "
        "minutes: those that a core worked on it, whatever else the machine did meanwhile.",
        "",
        *(
            f"- {r['name']}: {r['cell']}, rate {r['learning_rate']:g}"
            + ("" if r["turn"] == 1 else f", first skew matrix times {r['turn']:g}")
            + "."
            for r in solved
        ),
        "",
        *head(SOLVING_HEAD, SOLVING_WIDTHS, 1),
        *(
            line(
                [
                    r["name"], str(r["updates"]), number(r["seconds"] / 60),
                    number(r["cpu_seconds"] / 60), number(r["mse"]),
                    "yes" if r["solved"] else "no",
                ],
                SOLVING_WIDTHS, 1,
            )
            for r in solved
        ),
        "",
        "![Final loss against k2 / d, theta over steps, and the error of adding]"
        "(truncation_cliff.png)",
        "",
    ]  # fmt: skip


def draw_cliff(axis: Any, rows: Sequence[Row]) -> None:
    """Draw the final loss of one task against k2 / d, full BPTT at the right, and the baseline."""
    first, methods = rows[0], dict.fromkeys(r["method"] for r in rows)
    parts = sorted(r["k2_over_d"] for r in rows if r["k2_over_d"] is not None)
    full = 2 * parts[-1]
    points = [(of(rows, method=m)[0]["k2_over_d"] or full, of(rows, method=m)) for m in methods]
    points.sort(key=lambda point: point[0])
    for r in rows:
        axis.plot(r["k2_over_d"] or full, r["loss"] or np.nan, "o", color="C0", alpha=0.4)
    cut = [(x, middle([r["loss"] for r in part])) for x, part in points if x < full]
    axis.plot(*zip(*cut, strict=True), color="C0")
    axis.axhline(first["baseline"], color="black", linestyle=":", label="looks at nothing")
    axis.axvline(1, color="tab:red", alpha=0.4, label="k2 = d")
    axis.set(xscale="log", xlabel="k2 / d", ylim=(0, None), ylabel="held-out loss")
    axis.set_title(f"{first['task']}, T = {first['T']}, d = {first['lag']}")
    shown = [*sorted(set(parts)), full]
    axis.set_xticks(shown, [*(f"{p:g}" for p in shown[:-1]), "full"], minor=False)
    axis.xaxis.minorticks_off()
    axis.legend(frameon=False, fontsize=8)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the cliffs, the descents and the solving."""
    pyplot = drawing()
    cliffs = of(rows, part="cliff")
    tasks = list(dict.fromkeys(r["task"] for r in cliffs))
    figure, axes = pyplot.subplots(2, 4, figsize=(18, 8.5), layout="constrained")
    for axis, task in zip(axes[0], tasks, strict=False):
        draw_cliff(axis, of(cliffs, task=task))
    for axis in axes[0][len(tasks) :]:
        axis.set_axis_off()
    halves = slice(0, 2), slice(2, 4)
    left, right = (figure.add_subplot(axes[1, 0].get_gridspec()[1, half]) for half in halves)
    for axis in axes[1]:
        axis.remove()
    for i, r in enumerate(of(rows, part="influence balancing")):
        values = [np.nan if v is None else v for v in r["thetas"]]
        label = f"{r['method']}, {r['learning_rate']:g}"
        left.plot(r["at"], np.clip(values, -0.6, 0.6), "-" if i < 10 else "--", label=label)
    left.axhline(BEST_THETA, color="black", linestyle=":")
    left.set(xscale="log", xlabel="steps of the stream", ylabel="theta, cut at 0.6")
    left.set_title("Influence balancing: -1/6 is best")
    left.legend(frameon=False, fontsize=7, ncols=2)
    for r in of(rows, part="solving"):
        _, _, seconds, errors = zip(*r["curve"], strict=True)
        right.plot(seconds, [np.nan if e is None else e for e in errors], label=r["name"])
        right.set_title(f"Adding at T = {r['T']}")
    right.axhline(1 / 6, color="black", linestyle=":", label="looks at nothing")
    right.axhline(SOLVED, color="tab:green", linestyle="--", label="solved")
    right.set(yscale="log", xlabel="seconds of training, of a core", ylabel="held-out MSE")
    right.legend(frameon=False)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def main(small: Small = False, out: Out = RESULTS) -> None:
    """Learn tasks of known lag with windows below and above it."""
    plan = SMALL if small else PLAN
    about = about_run(NAME)
    expect_many_lengths()
    rows = [descend(descent) for descent in plan.descents]
    rows += [row for cliff in plan.cliffs for row in climb(cliff, plan)]
    rows += [solve(plan, solving) for solving in plan.solvers]
    keep(out, NAME, rows, about, document(rows, about, plan))
    draw(rows, out / f"{NAME}.png")


if __name__ == "__main__":
    typer.run(main)
