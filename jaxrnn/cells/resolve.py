"""What depends on params alone is worked out once in a run, not at every step."""

import dataclasses
from typing import Any

from jaxrnn.cell import Cell

__all__ = ["resolve", "resolve_inner"]


def resolve(cell: Cell, params: Any) -> tuple[Cell, Any]:
    """Return a cell and params that do the same with less work in each step.

    A cell that computes its weights from its params has a method `resolve(params) -> (cell,
    params)` that does it; others are their own. Drivers call this once, before the loop.

    Shapes: the state's and y's are unchanged.

        >>> import jax
        >>> from jaxrnn import Elman, OrthogonalCayley
        >>> cell = OrthogonalCayley(Elman(3))
        >>> resolve(cell, cell.init(jax.random.key(0), 2))[0] == Elman(3)
        True
    """
    own = getattr(cell, "resolve", None)
    return (cell, params) if own is None else own(params)


def resolve_inner(wrapper: Any, params: Any) -> tuple[Any, Any]:
    """Return a wrapper around the resolved cell, and that cell's params.

    Shapes: as `resolve`.

        >>> import jax
        >>> from jaxrnn import Elman, OrthogonalCayley, Residual
        >>> cell = Residual(OrthogonalCayley(Elman(3)))
        >>> resolve_inner(cell, cell.init(jax.random.key(0), 3))[0] == Residual(Elman(3))
        True
    """
    cell, inner = resolve(wrapper.cell, params)
    return dataclasses.replace(wrapper, cell=cell), inner
