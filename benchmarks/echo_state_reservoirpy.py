"""ReservoirPy's part of echo_state.py, in a process of its own: started by it, not by hand.

    python benchmarks/echo_state_reservoirpy.py FOLDER

Reads FOLDER/jobs.json and FOLDER/data.npz; prints the errors of each job, one for each penalty.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from reservoirpy.mat_gen import uniform
from reservoirpy.nodes import Reservoir, Ridge


def made(job: dict[str, Any]) -> Reservoir:
    """Return a reservoir with uniform weights, or with those of its default laws."""
    setting = job["setting"]
    laws: dict[str, Any] = {}
    if not setting["own"]:
        laws = {"input_connectivity": 1.0, "Win": uniform(low=-1, high=1)}
        laws["W"] = uniform(low=-1, high=1)
    bias = uniform(low=-setting["bias_scale"], high=setting["bias_scale"])
    return Reservoir(
        job["hidden"], lr=setting["leak"], sr=setting["radius"], bias=bias, seed=job["seed"],
        input_scaling=setting["input_scale"], rc_connectivity=job["density"], **laws,
    )  # fmt: skip


def errors_of(job: dict[str, Any], data: Any) -> list[float]:
    """Return the error with each penalty."""
    first, last = job["span"]
    if job["task"] == "narma10":
        x, y = data[f"narma10_{job['seed']}"]
    else:
        x, y = data[job["task"]][:-1], data[job["task"]][1:]
    xs, ys = x[:, None], y[:, None]
    node = made(job)
    hs = node.run(xs)
    errors = []
    for penalty in job["penalties"]:
        readout = Ridge(ridge=penalty).fit(hs[first:last], ys[first:last])
        if job["task"] == "narma10":
            targets = ys[last:]
            errors.append(float(((readout.run(hs[last:]) - targets) ** 2).mean() / targets.var()))
            continue
        starts = np.array(job["starts"])
        free = np.array([run_free(node, readout, hs[i - 1], xs[i], job["ahead"]) for i in starts])
        targets = xs[starts + job["ahead"]]
        errors.append(float(np.sqrt(((free - targets) ** 2).mean() / targets.var())))
    return errors


def run_free(node: Reservoir, readout: Ridge, h: np.ndarray, x: np.ndarray, steps: int) -> Any:
    """Return what comes so many steps after x, each point made from the last."""
    node.state = {"out": h}
    for _ in range(steps):
        x = readout.step(node.step(x))
    return x


def main(folder: Path) -> None:
    """Do all jobs."""
    # it solves the normal equations: ill conditioned at small penalties, which is a candidate's lot
    warnings.filterwarnings("ignore", message=".*[Ii]ll-conditioned")
    data = np.load(folder / "data.npz")
    jobs = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    print(json.dumps([errors_of(job, data) for job in jobs]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
