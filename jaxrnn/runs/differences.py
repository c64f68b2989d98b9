"""May a run go on with these settings? What differs, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

from jaxrnn.runs.reading import plain
from jaxrnn.runs.settings import RunSettings

__all__ = ["MAY_CHANGE", "check_same_run", "setting_differences"]

# what a run may be given anew when it goes on: how long it is, what it keeps, how careful it is
MAY_CHANGE = tuple(
    f"training.{name}"
    for name in ("updates", "keep", "patience", "on_nonfinite", "most_bad", "on_failed_save")
)


def _flat(value: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        path = f"{name}.{key}" if name else key
        if isinstance(item, Mapping):
            yield from _flat(item, path)
        else:
            yield path, item


def setting_differences(saved: RunSettings, given: RunSettings) -> dict[str, tuple[Any, Any]]:
    """Return the fields that differ, each with the value saved and the one given.

    Shapes: none.

        >>> import dataclasses
        >>> one = RunSettings("sine")
        >>> setting_differences(one, dataclasses.replace(one, seed=3))
        {'seed': (0, 3)}
    """
    before, now = dict(_flat(plain(saved))), dict(_flat(plain(given)))
    names = [*before, *(name for name in now if name not in before)]
    return {
        name: (before.get(name), now.get(name))
        for name in names
        if before.get(name) != now.get(name)
    }


def check_same_run(saved: RunSettings, given: RunSettings, also: tuple[str, ...] = ()) -> None:
    """Refuse to go on with a run under other settings.

    Shapes: none.
    Args: also, fields that were changed on purpose, beside those of `MAY_CHANGE`.
    Raises: ValueError listing each field, saved and given.

        >>> import dataclasses
        >>> one = RunSettings("sine")
        >>> check_same_run(one, dataclasses.replace(one, seed=3))
        Traceback (most recent call last):
        ValueError: this run was begun with other settings: seed: saved 0, given 3. ...
    """
    changed = setting_differences(saved, given)
    refused = {name: pair for name, pair in changed.items() if name not in (*MAY_CHANGE, *also)}
    if refused:
        listed = "; ".join(f"{n}: saved {a!r}, given {b!r}" for n, (a, b) in refused.items())
        raise ValueError(
            f"this run was begun with other settings: {listed}. Give another folder with --out, or "
            "go on with jaxrnn resume."
        )
