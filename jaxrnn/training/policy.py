"""What happens after a step whose numbers are not finite: stop, skip it, or go back."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jaxrnn.checks import as_positive_int
from jaxrnn.spelling import did_you_mean
from jaxrnn.training.state import TrainState

__all__ = ["POLICIES", "NonFiniteError", "Policy", "roll_back"]

POLICIES = ("stop", "skip", "rollback")


class NonFiniteError(ValueError):
    """Training met a NaN or an Inf and was told not to go on.

    Shapes: none.

        >>> raise NonFiniteError("step 3: loss is not finite")
        Traceback (most recent call last):
        jaxrnn.training.policy.NonFiniteError: step 3: loss is not finite
    """


@dataclasses.dataclass(frozen=True)
class Policy:
    """How training goes on after a step that was not finite. The step itself never enters params.

    Fields: name, `stop`; `skip`, which goes on with the next chunk; or `rollback`, which goes on
    with the next chunk from the params of an older checkpoint; limit, steps in a row that end
    training under any policy.
    Shapes: none.
    Raises: ValueError for an unknown name, with the nearest one; TypeError and ValueError if limit
    is no number above zero.

        >>> Policy("skip").limit
        10
    """

    name: str = "stop"
    limit: int = 10

    def __post_init__(self) -> None:
        if self.name not in POLICIES:
            raise ValueError(
                f"Policy: unknown name {self.name!r}; choose from {', '.join(POLICIES)}."
                f"{did_you_mean(str(self.name), POLICIES)}"
            )
        as_positive_int("Policy", "limit", self.limit)

    def check(self, step: int, leaf: str, bad: int) -> None:
        """Raise `NonFiniteError` if step number `step`, the `bad`th in a row, ends training."""
        what = f"training: step {step}: {leaf} is the first that is not finite"
        if self.name == "stop":
            raise NonFiniteError(
                f"{what}. Nothing of it was saved. Lower the learning rate, clip the gradient, or "
                "choose the policy skip or rollback."
            )
        if bad >= self.limit:
            raise NonFiniteError(
                f"{what}, and {bad} steps in a row were not (limit {self.limit}, policy "
                f"{self.name}). Nothing of them was saved. Lower the learning rate or clip the "
                "gradient."
            )

    def recover(self, state: TrainState, older: Callable[[], TrainState | None] | None) -> Any:
        """Return the state to go on from: under `rollback` with what is learned of an older one."""
        if self.name != "rollback":
            return state
        found = None if older is None else older()
        if found is None:
            raise NonFiniteError(
                f"training: step {int(state.step)} was not finite, and there is no checkpoint to "
                "roll back to. Lower the learning rate, or choose the policy skip."
            )
        return roll_back(state, found)


def roll_back(state: TrainState, older: TrainState) -> TrainState:
    """Return `state` with what was learned, and what was carried, of an older one.

    Step, key and counts go on, so that the chunk that did the damage is not met again.

    Shapes: those of the state.

        >>> now = TrainState(7, "nan", "o", None, "c", "key", 1, 1)
        >>> roll_back(now, TrainState(5, "good", "old", None, "d", "key", 0, 0))[:3]
        (7, 'good', 'old')
    """
    return state._replace(
        params=older.params, opt_state=older.opt_state, average=older.average, carry=older.carry
    )
