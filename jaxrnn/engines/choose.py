"""Which engine runs a walk: by name, or the first that is worth it."""

from typing import NamedTuple

from jaxrnn.engines.compiled import COMPILED
from jaxrnn.engines.engine import Engine, Walk
from jaxrnn.engines.plain import SCAN
from jaxrnn.spelling import did_you_mean

__all__ = ["AUTO", "ENGINES", "Choice", "choose", "explained", "find_engine"]

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


def choose(owner: str, engine: Engine | None, walk: Walk) -> Engine:
    """Return the engine that was asked for, or of None the plain scan.

    Nothing but `scan` is chosen by itself yet: no rule has been measured.

    Shapes: those of `Walk`; only shapes and dtypes are looked at.
    Raises: ValueError if the engine that was asked for refuses.

        >>> choose("scan", None, Walk(*[None] * 9)) == SCAN
        True
    """
    if engine is None:
        return SCAN
    if (refused := engine.refuses(walk)) is not None:
        raise ValueError(
            f"{owner}: engine={engine.name} cannot run {walk.cell!r}: {refused}. Use engine=scan, "
            "or auto."
        )
    return engine


def explained(owner: str, engine: Engine | None, walk: Walk) -> Choice:
    """Return what `choose` returns, with what each engine says of the walk.

    Shapes: as `choose`.
    Raises: as `choose`.

        >>> explained("me", SCAN, Walk(*[None] * 9)).reasons["scan"].split(":")[0]
        'asked for'
    """
    chosen = choose(owner, engine, walk)
    if engine is not None:
        return Choice(chosen, {chosen.name: f"asked for: {chosen.why}"})
    return Choice(chosen, {one.name: one.refuses(walk) or one.why for one in ENGINES.values()})
