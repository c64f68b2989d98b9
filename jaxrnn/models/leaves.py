"""Params as named leaves, and which params a network would draw: what files and adapters need.

The leaves of a tree of params are named by their path, `first.forward.w_x`. Names and shapes are
all that is needed to find the tree again: `network.init` is evaluated for its shapes alone, and
the width of the input is the one that gives the shapes at hand.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import jax

__all__ = ["differences", "fit", "named_leaves", "template", "with_leaves"]

Shape = tuple[int, ...]


def named_leaves(params: Any, owner: str = "named_leaves") -> dict[str, Any]:
    """Return the leaves of a tree by name, in tree order; None is no leaf.

    Shapes: unchanged.
    Raises: ValueError if two leaves get the same name.

        >>> from jaxrnn import Elman
        >>> list(named_leaves(Elman(2, bias=False).init(jax.random.key(0), 3)))
        ['w_x', 'w_h']
    """
    leaves: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_flatten_with_path(params)[0]:
        name = jax.tree_util.keystr(path, simple=True, separator=".") or "params"
        if name in leaves:
            raise ValueError(
                f"{owner}: two leaves of params are called {name!r}. Rename one: dots separate "
                "the levels of a tree."
            )
        leaves[name] = leaf
    return leaves


def with_leaves(tree: Any, leaves: Mapping[str, Any]) -> Any:
    """Return `tree` with its leaves replaced by those of the same names.

    Shapes: those of `leaves`.

        >>> with_leaves({"a": 1, "b": (2, None)}, {"b.0": 4, "a": 3})
        {'a': 3, 'b': (4, None)}
    """
    return jax.tree.unflatten(jax.tree.structure(tree), [leaves[n] for n in named_leaves(tree)])


def template(network: Any, input_size: int) -> Any:
    """Return the params of a network as shapes: nothing is drawn or allocated.

    Shapes: the leaves are `jax.ShapeDtypeStruct`s.

        >>> from jaxrnn import Elman
        >>> template(Elman(2), 3).w_x.shape
        (3, 2)
    """
    # nothing closed over and no array argument: everything inside, the key too, is abstract
    return jax.eval_shape(lambda: network.init(jax.random.key(0), input_size))


def differences(network: Any, expected: Mapping[str, Shape], got: Mapping[str, Shape]) -> str:
    """Say in what names and shapes differ from those of a network's own params; "" if in nothing.

    Shapes: any.

        >>> print(differences("Elman(2)", {"w_x": (3, 2)}, {"w_x": (4, 2)}))
        params are not those of 'Elman(2)': size mismatch for w_x: expected (3, 2), got (4, 2). ...
    """
    parts = []
    if missing := [name for name in expected if name not in got]:
        parts.append(f"missing {', '.join(missing)}")
    if unexpected := [name for name in got if name not in expected]:
        parts.append(f"unexpected {', '.join(unexpected)}")
    parts += [
        f"size mismatch for {name}: expected {shape}, got {got[name]}"
        for name, shape in expected.items()
        if name in got and got[name] != shape
    ]
    if not parts:
        return ""
    return (
        f"params are not those of {network!r}: {'; '.join(parts)}. "
        "Use the network that they were made with."
    )


def fit(owner: str, network: Any, shapes: Mapping[str, Shape]) -> tuple[int, Any]:
    """Find the input width for which a network draws leaves of these names and shapes.

    Shapes: any.
    Returns: (input_size, `template(network, input_size)`). Where several widths fit, any of them.
    Raises: ValueError naming the leaves that differ, if there is no such width.

        >>> from jaxrnn import Elman
        >>> fit("load", Elman(2), {"b": (2,), "w_h": (2, 2), "w_x": (3, 2)})[0]
        3
    """
    best, best_count, tried = None, -1, set()
    for size in _candidates(network, shapes):
        if size < 1 or size in tried:
            continue
        tried.add(size)
        tree, expected = _shapes(network, size)
        if expected == shapes:
            return size, tree
        count = sum(shapes.get(name) == shape for name, shape in expected.items())
        if expected and count > best_count:
            best, best_count = expected, count
    if best is None:
        try:
            best = named_leaves(template(network, 1))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{owner}: no input_size fits these params: {error}") from error
    raise ValueError(f"{owner}: {differences(network, best, shapes)}")


@functools.lru_cache(maxsize=256)
def _shapes(network: Any, size: int) -> tuple[Any, dict[str, Shape]]:
    """Return the template and the shapes of its leaves, or nothing for a width it refuses."""
    try:
        tree = template(network, size)
    except (TypeError, ValueError):  # such as Residual's, for all widths but one
        return None, {}
    return tree, {name: leaf.shape for name, leaf in named_leaves(tree).items()}


def _candidates(network: Any, shapes: Mapping[str, Shape]) -> Iterator[int]:
    sizes = [n for shape in shapes.values() for n in shape]
    yield from sizes  # the rows of w_x: every cell of this library stops here
    # kernels of another make, such as [D + H, 4H]: see how their shapes grow with the width
    one, two = _shapes(network, 1)[1], _shapes(network, 2)[1]
    for name, shape in shapes.items():
        low, high = one.get(name, ()), two.get(name, ())
        if len(low) == len(high) == len(shape):
            grown = zip(low, high, shape, strict=True)
            yield from ((n - a) // (b - a) + 1 for a, b, n in grown if b > a)
    # one width only and gates side by side: H is a part of a leaf
    yield from (n // parts for parts in (2, 3, 4) for n in sizes if n % parts == 0)
    yield 1
