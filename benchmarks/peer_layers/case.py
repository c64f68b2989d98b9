"""What every framework is given: the weights of one layer, its input, and dL/dy."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["GATES", "Case", "Results", "draw", "load", "reordered", "save"]

GATES = {"lstm": "ifgo", "gru": "rzn", "elman": "h"}  # the blocks of w_x, w_h and b, in order
Results = dict[str, np.ndarray]  # ys, and the gradients w_x, w_h, b, b_hn, xs


class Case(NamedTuple):
    """One layer and what goes in; states start at 0, and there is no second bias but b_hn."""

    cell: str
    w_x: np.ndarray  # [I, G*H]
    w_h: np.ndarray  # [H, G*H]
    b: np.ndarray  # [G*H]
    xs: np.ndarray  # [T, B, I]
    d_ys: np.ndarray  # [T, B, H], dL/dy

    @property
    def hidden(self) -> int:
        return self.w_h.shape[0]

    @property
    def b_hn(self) -> np.ndarray:
        """The GRU's bias inside the reset: 0, so that those take part that have none."""
        return np.zeros(self.hidden, self.b.dtype)


def draw(cell: str, batch: int, steps: int, inputs: int, hidden: int, seed: int = 0) -> Case:
    """Return a layer with torch's law of weights, in float32."""
    rng, wide, bound = np.random.default_rng(seed), len(GATES[cell]) * hidden, hidden**-0.5

    def weights(*shape: int) -> np.ndarray:
        return rng.uniform(-bound, bound, shape).astype(np.float32)

    xs, d_ys = (rng.standard_normal((steps, batch, n)).astype(np.float32) for n in (inputs, hidden))
    return Case(cell, weights(inputs, wide), weights(hidden, wide), weights(wide), xs, d_ys)


def save(path: Path, case: Case) -> None:
    np.savez(path, **case._asdict())


def load(path: Path) -> Case:
    with np.load(path) as file:
        return Case(str(file["cell"]), *(file[name] for name in Case._fields[1:]))


def reordered(a: Any, old: str, new: str) -> np.ndarray:
    """Return the last axis with its blocks, named by the letters of `old`, in the order `new`."""
    blocks = dict(zip(old, np.split(np.asarray(a), len(old), axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in new], axis=-1)
