"""Gradient methods by name: `full`, `tbptt:8`, `tbptt:16:32`."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import NamedTuple

from jaxrnn.gradients import (
    GradientMethod,
    adaptive_tbptt,
    artbp,
    bptt,
    diagonal_rtrl,
    dni,
    eprop,
    folded_tbptt,
    forward_gradient,
    kf_rtrl,
    rflo,
    rtrl,
    snap,
    tbptt,
    uoro,
)
from jaxrnn.spelling import did_you_mean

__all__ = [
    "METHODS", "NamedMethod", "default_methods", "every_method", "parse_method", "parse_methods",
    "within",
]  # fmt: skip

# name to constructor; the numbers after the colons are its arguments. A new method is one line.
METHODS: dict[str, Callable[..., GradientMethod]] = {
    "full": bptt,
    "tbptt": tbptt,
    "adaptive_tbptt": adaptive_tbptt,
    "artbp": artbp,
    "diagonal_rtrl": diagonal_rtrl,
    "dni": dni,
    "eprop": eprop,
    "folded_tbptt": folded_tbptt,
    "forward_gradient": forward_gradient,
    "kf_rtrl": kf_rtrl,
    "rflo": rflo,
    "rtrl": rtrl,
    "snap": snap,
    "uoro": uoro,
}


class NamedMethod(NamedTuple):
    """A gradient method, and the text that chose it.

    Shapes: none.

        >>> NamedMethod("full", bptt()).name
        'full'
    """

    name: str
    method: GradientMethod


def _number(text: str, word: str) -> int | float:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    raise ValueError(f"parse_method: {text!r}: expected a number after the colon, got {word!r}.")


def parse_method(text: str) -> NamedMethod:
    """Return the method that `text` names, `name` or `name:number:number`.

    Shapes: none.
    Raises: ValueError if the name is unknown, or the numbers are none, too many or refused.

        >>> parse_method("tbptt:16:32")
        NamedMethod(name='tbptt:16:32', method=tbptt(k1=16, k2=32))
    """
    name, *words = text.strip().split(":")
    if name not in METHODS:
        hint = did_you_mean(name, METHODS)
        raise ValueError(f"parse_method: expected one of {', '.join(METHODS)}, got {text!r}.{hint}")
    build = METHODS[name]
    numbers = [_number(text, word) for word in words]
    wanted = inspect.signature(build)
    try:
        wanted.bind(*numbers)
    except TypeError:
        takes = [
            f"[:{k}]" if p.default is not p.empty else f":{k}"
            for k, p in wanted.parameters.items()
            if p.kind is not p.KEYWORD_ONLY
        ]
        raise ValueError(
            f"parse_method: expected {name}{''.join(takes)}, with numbers for the names, "
            f"got {text!r}."
        ) from None
    try:
        return NamedMethod(text.strip(), build(*numbers))
    except (TypeError, ValueError) as error:
        raise ValueError(f"parse_method: {text!r}: {error}") from None


def within(method: GradientMethod, steps: int, *, stream: bool = False) -> GradientMethod:
    """Return a method that does the same on chunks of `steps`, and pays for no step beyond.

    A disjoint window that is longer than the chunk is the chunk, also where the state goes on to
    the next one. Windows that overlap are left as they are on a stream, where they reach into
    chunks before.

    Shapes: steps, T.

        >>> within(parse_method("tbptt:100000").method, 64), within(tbptt(16, 99), 64)
        (tbptt(k1=64, k2=64), tbptt(k1=16, k2=64))
    """
    if not dataclasses.is_dataclass(method):
        return method
    if isinstance(method, tbptt):
        if stream and method.k1 < method.k2:
            return method
        k1 = min(method.k1, steps)
        whole = -(-steps // k1) * k1  # the last window may end beyond the chunk
        return dataclasses.replace(method, k1=k1, k2=min(method.k2, whole))
    if method.length <= steps:
        return method
    if isinstance(method, dni):
        return dataclasses.replace(method, k=steps)
    fields = {field.name for field in dataclasses.fields(method)}
    return dataclasses.replace(method, length=steps) if "length" in fields else method


def parse_methods(text: str) -> tuple[NamedMethod, ...]:
    """Return the methods of a comma-separated list, full BPTT first.

    Full BPTT is what every method is measured against, so it is put in front if it is not there.

    Shapes: none.
    Raises: ValueError for what `parse_method` refuses, an empty entry and a method given twice.

        >>> [m.name for m in parse_methods("tbptt:8,tbptt:16:32")]
        ['full', 'tbptt:8', 'tbptt:16:32']
    """
    methods = [parse_method(part) for part in text.split(",")]
    methods.sort(key=lambda m: m.method != bptt())  # stable: the order given, full first
    if methods[0].method != bptt():
        methods.insert(0, NamedMethod("full", bptt()))
    for i, named in enumerate(methods):
        twin = next((m for m in methods[:i] if m.method == named.method), None)
        if twin is not None:
            raise ValueError(
                f"parse_methods: {named.name!r} is the same method as {twin.name!r} in {text!r}: "
                "expected each method once."
            )
    return tuple(methods)


def default_methods(steps: int) -> tuple[NamedMethod, ...]:
    """Return full BPTT and truncation at T/8, T/4 and T/2, at least one step.

    Shapes: steps, T.

        >>> [m.name for m in default_methods(64)]
        ['full', 'tbptt:8', 'tbptt:16', 'tbptt:32']
    """
    lengths = sorted({max(1, steps // part) for part in (8, 4, 2)})
    return parse_methods(",".join(["full", *(f"tbptt:{k}" for k in lengths)]))


def every_method(steps: int) -> tuple[NamedMethod, ...]:
    """Return every method there is, with lengths that are parts of T.

    Shapes: steps, T.

        >>> [m.name for m in every_method(64)][:4]
        ['full', 'tbptt:16', 'tbptt:16:32', 'folded_tbptt:16']
    """
    k = max(1, steps // 4)
    return parse_methods(
        f"full,tbptt:{k},tbptt:{k}:{2 * k},folded_tbptt:{k},adaptive_tbptt:{k}:{max(2 * k, 3)},"
        f"artbp:{max(k, 2)},dni:{k},rtrl,snap:1,snap:2,diagonal_rtrl,kf_rtrl,uoro,eprop,rflo,"
        "forward_gradient"
    )
