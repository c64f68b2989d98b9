"""What a trained model is worth: measured once, on data that nothing was chosen by."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["Examination", "Finding"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """A number, beside what it is to be compared with.

    Fields: name, of the metric and the data it was measured on; value; higher_is_better; baselines,
    the same number of trivial answers, by name; goal, the yardstick, None if there is none.
    Shapes: none.

        >>> print(Finding("test accuracy", 0.9, True, {"the commonest class": 0.5}, 0.8).line())
        test accuracy 0.9 (yardstick 0.8: reached; the commonest class 0.5: better)
        >>> print(Finding("words", 3.0, True).line())
        words 3
    """

    name: str
    value: float
    higher_is_better: bool
    baselines: Mapping[str, float] = dataclasses.field(default_factory=dict)
    goal: float | None = None

    def line(self) -> str:
        """Return it in words."""
        beside = []
        if self.goal is not None:
            met = self._better(self.value, self.goal) or self.value == self.goal
            beside.append(f"yardstick {self.goal:g}: {'reached' if met else 'not reached'}")
        for name, other in self.baselines.items():
            better = "better" if self._better(self.value, other) else "no better"
            beside.append(f"{name} {other:.4g}: {better}")
        return f"{self.name} {self.value:.4g}" + (f" ({'; '.join(beside)})" if beside else "")

    def _better(self, one: float, other: float) -> bool:
        return one > other if self.higher_is_better else one < other

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data, with None for a value that is not finite."""
        baselines = {name: _finite(value) for name, value in self.baselines.items()}
        return {**vars(self), "value": _finite(self.value), "baselines": baselines}

    @classmethod
    def from_json(cls, data: Any) -> "Finding":
        """Return what `to_json` described; what was not finite is NaN.

        Raises: TypeError for other fields.
        """
        baselines = {name: _number(value) for name, value in dict(data["baselines"]).items()}
        return cls(**{**data, "value": _number(data["value"]), "baselines": baselines})


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value


@dataclasses.dataclass(frozen=True)
class Examination:
    """Findings, and files for people to look at.

    Fields: findings; files, contents by name: predictions as text, pictures as SVG or PNG, sounds.
    Shapes: none.

        >>> Examination((Finding("test accuracy", 0.5, True),)).files
        {}
    """

    findings: tuple[Finding, ...]
    files: Mapping[str, str | bytes] = dataclasses.field(default_factory=dict)
