"""Is the gradient alive? Lags, Jacobians, gates and norms, before and after training."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.cell import Cell
from jaxrnn.compare.learner import CLIP_NORM, Learner, make_learner
from jaxrnn.compare.results import model_record
from jaxrnn.diagnose.moments import Moment, Tell, moments
from jaxrnn.drivers import scan
from jaxrnn.gradients import (
    clipped_fraction,
    effective_memory,
    gate_values,
    gradient_norms,
    lyapunov_spectrum,
    mean_lag_profile,
    product_singular_values,
    saturation,
    step_singular_values,
)
from jaxrnn.gradients.diagnostics.jacobians import has_forward_mode, state_size
from jaxrnn.randomness import is_clock
from jaxrnn.tasks.task import Task

__all__ = ["diagnose_task"]

ROWS = 4  # sequences whose Jacobians are looked at: each costs as much as all of training's
WIDEST = 512  # numbers in a state, above which its Jacobians are left out: T * S * S numbers
SHARE = 0.05  # of the gradient, that may lie beyond the effective memory
ENDS = 0.9  # |y| above this is saturated
BINS = 20

_KEEPS = ("f", "z")  # gates that say how much of the state is kept


def diagnose_task(
    task: Task,
    cell: Cell,
    *,
    updates: int,
    seed: int = 0,
    learning_rate: float | None = None,
    tell: Tell = lambda text: None,
) -> dict[str, Any]:
    """Look at the gradients of a model at its first params and after training with full BPTT.

    The same seed gives the same numbers on one machine.

    Shapes: chunks `[T, B, ...]`.
    Args: updates of the training, 0 for none; tell, called with what is being done.
    Returns: a record of plain JSON values, as in `diagnose.json`.
    Raises: what the cell and the task raise.

        >>> from jaxrnn import GRU
        >>> from jaxrnn.tasks import TASKS
        >>> record = diagnose_task(TASKS["sine"](), GRU(4), updates=0)
        >>> moment = record["moments"][0]
        >>> len(moment["lags"]), sorted(moment["gates"])
        (10, ['r', 'z'])
    """
    rate = task.settings["learning_rate"] if learning_rate is None else learning_rate
    learner = make_learner(task, cell, seed=seed, learning_rate=rate)
    return {
        **model_record(learner, learner.init()),
        "clip_norm": CLIP_NORM,
        "share": SHARE,
        "rows": min(ROWS, task.batch),
        "moments": [_at(learner, moment, tell) for moment in moments(learner, updates, tell)],
    }


def _at(learner: Learner, moment: Moment, tell: Tell) -> dict[str, Any]:
    """Take every measure at one moment."""
    cell, params, state, chunk = learner.cell, moment.params, moment.state, moment.chunk

    def measured(what: str, measure: Callable[[], Any]) -> Any:
        tell(f"{learner.task.name}, {moment.at}: {what}")
        return measure()

    profile = measured("lags", lambda: mean_lag_profile(learner.problem, params, state, chunk))
    few = _rows(state), chunk.xs[:, :ROWS]
    return {
        "at": moment.at,
        "updates": moment.updates,
        "lags": _list(profile),
        "effective_memory": _reach(profile),
        "jacobians": measured("Jacobians", lambda: _jacobians(cell, params.cell, *few)),
        "gates": measured("gates", lambda: _gates(cell, params.cell, state, chunk.xs)),
        "outputs": measured("outputs", lambda: _outputs(cell, params.cell, state, chunk.xs)),
        "norms": measured("norms", lambda: _norms(learner, moment)),
    }


def _reach(profile: Array) -> int | None:
    """Return the effective memory, None for a gradient beyond numbers."""
    return effective_memory(profile, share=SHARE) if np.isfinite(profile).all() else None


def _list(values: Any) -> list[float]:
    return [float(v) for v in np.asarray(values).ravel()]


def _rows(state: Any) -> Any:
    """Return the first rows of a state."""
    return jax.tree.map(lambda a: a if is_clock(a) else a[:ROWS], state, is_leaf=is_clock)


def _jacobians(cell: Cell, params: Any, state: Any, xs: Array) -> dict[str, Any] | None:
    """Measure the Jacobians of some rows; None where they are too large, or can't be had."""
    size = state_size(state, xs.ndim - 2)
    if size > WIDEST or not has_forward_mode(cell, params, state, xs):
        return None
    steps = np.asarray(step_singular_values(cell, params, state, xs))  # [T, rows, S]
    levels = np.quantile(steps, [0, 0.5, 1], axis=(1, 2))
    whole = product_singular_values(cell, params, state, xs)
    exponents = lyapunov_spectrum(cell, params, state, xs, warmup=len(xs) // 4)
    return {
        "size": size,
        "least": _list(levels[0]),
        "median": _list(levels[1]),
        "largest": _list(levels[2]),
        "log_product": _list(whole.mean(0)),
        "lyapunov": _list(exponents.mean(0)),
    }


def _gates(cell: Cell, params: Any, state: Any, xs: Array) -> dict[str, Any]:
    """Describe the values of each gate."""
    found = {}
    for name, values in sorted(gate_values(cell, params, state, xs).items()):
        numbers = np.asarray(values)
        counts, _ = np.histogram(numbers, BINS, (0, 1))
        kept = name.split()[0] in _KEEPS
        found[name] = {
            **saturation(values)._asdict(),
            "mean": float(numbers.mean()),
            "histogram": _list(counts / numbers.size),
            # a gate at f keeps f of the state in a step: it fades by 1/e in so many steps
            "fading_steps": _fading(numbers) if kept else None,
        }
    return found


def _fading(values: np.ndarray) -> float:
    kept = np.clip(values, np.finfo(values.dtype).tiny, 1 - np.finfo(values.dtype).eps)
    return float(np.median(-1 / np.log(kept)))


def _outputs(cell: Cell, params: Any, state: Any, xs: Array) -> dict[str, Any]:
    """Say how many outputs are near an end, and how many units never say anything."""
    ys = np.asarray(scan(cell, params, state, xs)[1])
    units = ys.reshape(-1, ys.shape[-1])
    return {
        "saturated": float((np.abs(units) > ENDS).mean()),
        "dead_units": float((units == 0).all(0).mean()),
    }


def _norms(learner: Learner, moment: Moment) -> dict[str, Any]:
    """Measure the gradient of each sequence's own mean loss."""
    chunk = moment.chunk
    batch = chunk.xs.shape[1]
    alone = chunk._replace(weights=None if chunk.weights is None else chunk.weights * batch)
    norms = gradient_norms(learner.problem, moment.params, moment.state, alone)
    return {
        "each": _list(jnp.sort(norms)),
        "clipped_fraction": clipped_fraction(norms, CLIP_NORM),
    }
