"""What a comparison found, in sentences made from its numbers."""

import math
from typing import Any

from jaxrnn.report.words import number, percent, size, times

__all__ = ["cost", "gradient", "headline", "online", "reach", "same_updates"]

Record = dict[str, Any]

_CLOSE = 0.02  # losses nearer than this to each other are not told apart


def _cut(task: Record) -> list[Record]:
    """Return the methods other than full BPTT, the shortest reach first."""
    rest = [m for m in task["methods"] if m["name"] != "full"]
    return sorted(rest, key=lambda m: (m["k2"], m["k1"]))


def _full(task: Record) -> Record:
    return next(m for m in task["methods"] if m["name"] == "full")


def _real(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _ended(task: Record, method: Record, cadence: str) -> str:
    run = method[cadence]
    if not run["finite"]:
        return f"{method['name']} diverged, its loss is no longer a number"
    text = f"{method['name']} {number(run['final_loss'])}"
    if run["loss"] != run["score"]:
        text += f" ({task['metric']} {number(run['final_score'])})"
    return text


def _verdict(task: Record, cadence: str) -> str:
    """Return who ends lowest, and whether that is a difference at all."""
    ended = [m for m in task["methods"] if m[cadence]["finite"]]
    ended.sort(key=lambda m: m[cadence]["final_loss"])
    if len(ended) < 2:
        return ""
    best = ended[0][cadence]["final_loss"]
    near = [m["name"] for m in ended[1:] if m[cadence]["final_loss"] - best <= _CLOSE * abs(best)]
    text = f"Lowest at the end: {ended[0]['name']}"
    if near:
        verb = "is" if len(near) == 1 else "are"
        text += f"; {_list(near)} {verb} within {percent(_CLOSE)} of it, too close to call"
    return f"{text}."


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def headline(task: Record) -> str:
    """Return what a reader in a hurry takes along.

    Shapes: none.

        >>> run = {"final_loss": 1.0, "finite": True, "temp_bytes": 2**20, "updates": 1}
        >>> full = {"name": "full", "k1": 8, "k2": 8, "same_run": True, "same_updates": run}
        >>> headline({"T": 8, "methods": [full]})
        'Only full BPTT was run: it ended at a loss of 1.00.'
    """
    full, cut = _full(task)["same_updates"], _cut(task)
    if not cut:
        return f"Only full BPTT was run: it ended at a loss of {number(full['final_loss'])}."
    name, run = cut[0]["name"], cut[0]["same_updates"]
    start = f"Cutting the gradient after {cut[0]['k2']} of {task['T']} steps ({name}) leaves it"
    if cut[0]["k2"] == task["T"]:  # another method, that truncates nothing
        start = f"With {name} the gradient is"
    text = f"{start} {percent(cut[0]['audit'][-1]['error'])} wrong at the end of training"
    if _real(run["temp_bytes"]) and _real(full["temp_bytes"]):
        text += f" and takes {times(run['temp_bytes'], full['temp_bytes'])} memory"
    text += (
        f". With the same updates it ends at a loss of {number(run['final_loss'])}, full BPTT at "
        f"{number(full['final_loss'])}."
    )
    if not cut[0]["same_run"]:
        own = cut[0]["online"]
        text += (
            f" At its own cadence, {own['updates']:,} updates instead of {full['updates']:,} on "
            f"the same tokens, it ends at {number(own['final_loss'])}."
        )
    return text


def gradient(task: Record) -> list[str]:
    """Return what question A found: errors of the gradient at frozen params.

    Shapes: none.

        >>> gradient({"methods": [{"name": "full", "k1": 8, "k2": 8}], "lag_profile": []})
        ['Only full BPTT was run, so there is no gradient to compare with it.']
    """
    cut = _cut(task)
    if not cut:
        return ["Only full BPTT was run, so there is no gradient to compare with it."]
    sentences = []
    for method in cut if len(cut) < 3 else (cut[0], cut[-1]):
        first, last = method["audit"][0], method["audit"][-1]
        sentences.append(
            f"{method['name']}: an error of {percent(first['error'])} of the gradient's length "
            f"before training and {percent(last['error'])} after it; cosine "
            f"{number(first['cosine'])} and {number(last['cosine'])}."
        )
    return sentences + reach(task)


def reach(task: Record) -> list[str]:
    """Return how far back the last loss reaches, from the lag profile after training.

    Shapes: none.

        >>> reach({"lag_profile": [{"norm_by_lag": [1.0, 0.5, 0.009, 0.001]}]})
        ['After training, the pull of the last loss falls below 1 % of its size at lag 1 by lag 3.']
    """
    profiles = task["lag_profile"]
    if not profiles:
        return []
    norms = profiles[-1]["norm_by_lag"]
    if not all(map(_real, norms)) or not norms[0]:
        return []
    ratios = [n / norms[0] for n in norms]
    # the first lag from which on it stays small
    alive = max((lag for lag, ratio in enumerate(ratios, 1) if ratio >= 0.01), default=0)
    if alive < len(ratios):
        where = f"falls below 1 % of its size at lag 1 by lag {alive + 1}"
    else:
        where = f"is at lag {len(ratios)} still {number(ratios[-1], 2)} times its size at lag 1"
    return [f"After training, the pull of the last loss {where}."]


def same_updates(task: Record) -> list[str]:
    """Return what question B found: learning with the same number of updates.

    Shapes: none.

        >>> run = {"final_loss": 1.0, "finite": True, "loss": [1.0], "score": [1.0], "updates": 5}
        >>> full = {"name": "full", "k1": 8, "k2": 8, "same_updates": run}
        >>> same_updates({"metric": "MSE", "methods": [full]})
        ['Held-out loss after 5 updates each: full 1.00.']
    """
    updates = _full(task)["same_updates"]["updates"]
    ended = ", ".join(_ended(task, m, "same_updates") for m in task["methods"])
    sentences = [f"Held-out loss after {updates:,} updates each: {ended}."]
    return sentences + [v for v in [_verdict(task, "same_updates")] if v]


def online(task: Record) -> list[str]:
    """Return what question C found: each method at its own cadence.

    Shapes: none.

        >>> run = {"final_loss": 1.0, "finite": True, "loss": [1.0], "score": [1.0], "updates": 5}
        >>> full = {"name": "full", "k1": 8, "k2": 8, "same_run": True, "online": run}
        >>> online({"stream": False, "metric": "MSE", "methods": [full]})[0][:45]
        'Here every method makes one update a sequence'
    """
    if all(m["same_run"] for m in task["methods"]):
        unit = "segment" if task["stream"] else "sequence"
        return [
            f"Here every method makes one update a {unit}, since each {unit} has losses in one "
            "window only: the runs are those of B, and so are the curves."
        ]
    ended = ", ".join(
        f"{_ended(task, m, 'online')} with {m['online']['updates']:,} updates"
        for m in task["methods"]
    )
    sentences = [f"Held-out loss after the same tokens: {ended}."]
    sentences += [v for v in [_verdict(task, "online")] if v]
    return [
        *sentences,
        "A shorter window means more updates from the same tokens: what changes from B to C is the "
        "effect of updating more often, not of another gradient.",
    ]


def cost(task: Record) -> list[str]:
    """Return what the methods take: memory and time.

    Shapes: none.

        >>> run = {"temp_bytes": 2**20, "ms_per_step": 2.0}
        >>> full = {"name": "full", "k1": 8, "k2": 8, "same_updates": run}
        >>> cost({"T": 8, "B": 4, "methods": [full]})
        ['full: 1.00 MiB of temporary memory, 2.00 ms for a step of 8 x 4 tokens.']
    """
    full, cut = _full(task)["same_updates"], _cut(task)
    sentences = [
        f"full: {size(full['temp_bytes'])} of temporary memory, {number(full['ms_per_step'])} ms "
        f"for a step of {task['T']} x {task['B']} tokens."
    ]
    if cut:
        run = cut[0]["same_updates"]
        less = times(run["temp_bytes"], full["temp_bytes"])
        faster = times(run["ms_per_step"], full["ms_per_step"])
        sentences.append(
            f"{cut[0]['name']}: {size(run['temp_bytes'])}, {less} memory, and "
            f"{number(run['ms_per_step'])} ms, {faster} time."
        )
    return sentences
