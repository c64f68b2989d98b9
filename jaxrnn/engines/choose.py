"""Which engine runs a walk: by name, or the first that is worth it."""

from typing import NamedTuple

from jaxrnn.engines.compiled import COMPILED
from jaxrnn.engines.engine import Engine, Walk
from jaxrnn.engines.plain import SCAN
from jaxrnn.spelling import did_you_mean

__all__ = ["AUTO", "ENGINES", "Choice", "choose", "find_engine"]

AUTO = "auto"
ENGINES: dict[str, Engine] = {engine.name: engine for engine in (COMPILED, SCAN)}


class Choice(NamedTuple):
    """Which engine runs, and what was said about each.

    Fields: engine; reasons, by the name of each engine, in the order in which they are asked.
    Shapes: none.

        >>> print(Choice(SCAN, {"compiled": "not here", "scan": "any cell"}))
        engine: scan
          compiled  not here
        * scan      any cell
    """

    engine: Engine
    reasons: dict[str, str]

    def __str__(self) -> str:
        """Show a line for each engine, a star at the one that runs."""
        width = max(map(len, self.reasons))
        lines = [
            f"{'*' if name == self.engine.name else ' '} {name:{width}}  {reason}"
            for name, reason in self.reasons.items()
        ]
        return "\n".join([f"engine: {self.engine.name}", *lines])


def find_engine(owner: str, engine: str | Engine) -> Engine | None:
    """Return the engine of that name, None for "auto"; an engine is returned as it is.

    Shapes: none.
    Raises: ValueError for an unknown name, TypeError for what is no engine.

        >>> find_engine("scan", "scan").name, find_engine("scan", "auto")
        ('scan', None)
    """
    if engine == AUTO:
        return None
    if isinstance(engine, str):
        if engine not in ENGINES:
            names = (AUTO, *ENGINES)
            raise ValueError(
                f"{owner}: engine should be one of {', '.join(names)}, got {engine!r}."
                f"{did_you_mean(engine, names)}"
            )
        return ENGINES[engine]
    if not hasattr(engine, "refuses") or not hasattr(engine, "run"):
        raise TypeError(
            f"{owner}: engine should be a name or an engine, got {type(engine).__name__}. Names: "
            f"{', '.join((AUTO, *ENGINES))}."
        )
    return engine


def choose(owner: str, engine: Engine | None, walk: Walk) -> Choice:
    """Return the engine that was asked for, or of None the plain scan, with what each says.

    Nothing but `scan` is chosen by itself yet: no rule has been measured.

    Shapes: those of `Walk`; only shapes and dtypes are looked at.
    Raises: ValueError if the engine that was asked for refuses.
    """
    if engine is None:
        refusals = {one.name: one.refuses(walk) for one in ENGINES.values()}
        reasons = {name: why or ENGINES[name].why for name, why in refusals.items()}
        return Choice(SCAN, reasons)
    if (refused := engine.refuses(walk)) is not None:
        raise ValueError(
            f"{owner}: engine={engine.name} cannot run {walk.cell!r}: {refused}. Use engine=scan, "
            "or auto."
        )
    return Choice(engine, {engine.name: f"asked for: {engine.why}"})
