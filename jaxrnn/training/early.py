"""Early stopping, as a fold over evaluations."""

import dataclasses
import math
from typing import NamedTuple

from jaxrnn.checks import as_bool, as_number, as_positive_int

__all__ = ["Patience", "Waiting"]


class Waiting(NamedTuple):
    """What early stopping remembers, plain numbers that go into a checkpoint as JSON.

    Fields: best, the best score so far, None before there is one; waited, evaluations since.
    """

    best: float | None = None
    waited: int = 0


@dataclasses.dataclass(frozen=True)
class Patience:
    """When to stop waiting for a better score.

        waiting = patience.after(waiting, score);   stop if patience.over(waiting)

    Fields: patience, evaluations without a better score that are waited for; min_delta, by how much
    better counts; higher_is_better. NaN, and None in its place, are never better.
    Shapes: none; scores are Python floats.
    Raises: TypeError and ValueError naming the field.

        >>> patience, waiting = Patience(2), Waiting()
        >>> for score in (1.0, 0.5, 0.6, 0.5):
        ...     waiting = patience.after(waiting, score)
        ...     print(waiting, patience.over(waiting))
        Waiting(best=1.0, waited=0) False
        Waiting(best=0.5, waited=0) False
        Waiting(best=0.5, waited=1) False
        Waiting(best=0.5, waited=2) True
    """

    patience: int
    min_delta: float = 0.0
    higher_is_better: bool = False

    def __post_init__(self) -> None:
        as_positive_int("Patience", "patience", self.patience)
        as_bool("Patience", "higher_is_better", self.higher_is_better)
        if as_number("Patience", "min_delta", self.min_delta) < 0:
            raise ValueError(f"Patience: min_delta must be at least zero, got {self.min_delta}")

    def after(self, waiting: Waiting, score: float | None) -> Waiting:
        """Return what is remembered after one more score; `waited` is 0 if it is the best."""
        if score is None or math.isnan(score) or not self._better(score, waiting.best):
            return waiting._replace(waited=waiting.waited + 1)
        return Waiting(float(score), 0)

    def over(self, waiting: Waiting) -> bool:
        """Tell whether it is time to stop."""
        return waiting.waited >= self.patience

    def _better(self, score: float, best: float | None) -> bool:
        if best is None:
            return True
        gain = score - best if self.higher_is_better else best - score
        return gain > self.min_delta
