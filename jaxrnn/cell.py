"""The contract that every cell keeps, and nothing else.

    u_t      = project(params, x_t)                 no state: can be done for all t at once
    s_t, y_t = step(params, s_{t-1}, u_t)           no x: the only sequential part

A cell is a frozen dataclass. Its fields are the static hyper-parameters, so it can be hashed,
printed, compared, pickled and passed to `jax.jit` as a static argument. What is traced or learned
is in `params`; what the next step needs is in `state`. Both are pytrees, by custom NamedTuples.

A cell may say more: `recur` and `update` (a `SplitCell`), and `resolve(params) -> (cell, params)`,
the same recurrence with what depends on params alone worked out, which drivers ask for once before
their loop (`jaxrnn.cells.resolve`). One that has a `vocabulary`, a number, takes ids of so many
tokens too, integers `[..., 1]` (`jaxrnn.cells.Embedded`). Gates written as
`jaxrnn.numerics.gate(name, z)` are found by diagnostics.

Letters used in every docstring: `T` time, `B` batch, `D` input features, `H` hidden size,
`G` gates, `L` layers, `P` projection size. Arrays are time-major; batch axes are leading and free:
`[..., D]`.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from jax import Array

__all__ = ["Cell", "SplitCell"]

P = TypeVar("P")
S = TypeVar("S")


@runtime_checkable
class Cell(Protocol[P, S]):
    """One recurrence: `project` of the input, then `step` of the state.

    Shapes: x `[..., D]`; u any pytree with the same leading axes; y `[..., H]`; every floating
    leaf of the state has the same leading axes too.

        >>> from jaxrnn import LSTM
        >>> isinstance(LSTM(3), Cell)
        True
    """

    def init(self, key: Array, input_size: int) -> P:
        """Draw params for inputs of width `input_size` (D)."""
        ...

    def init_state(self, params: P, batch: int | Sequence[int] = ()) -> S:
        """Return the state before the first step, leaves `[*batch, ...]`; it may be learned."""
        ...

    def project(self, params: P, x: Array) -> Any:
        """Map x `[..., D]` to u, usually `[..., G*H]`; needs no state."""
        ...

    def step(self, params: P, state: S, u: Any) -> tuple[S, Any]:
        """Advance one step: (state, y), the state of the structure and dtypes received."""
        ...


@runtime_checkable
class SplitCell(Cell[P, S], Protocol[P, S]):
    """A cell that also shows its linear maps: `step(p, s, u) = update(p, s, u, recur(p, s))`.

    Shapes: r `[..., G*H]`, the only place where the recurrent matrix `w_h` appears.

        >>> from jaxrnn import GRU, GRUResetBefore
        >>> isinstance(GRU(3), SplitCell), isinstance(GRUResetBefore(3), SplitCell)
        (True, False)
    """

    def recur(self, params: P, state: S) -> Array:
        """Return r `[..., G*H]`, linear in the state."""
        ...

    def update(self, params: P, state: S, u: Any, r: Array) -> tuple[S, Any]:
        """Do the pointwise rest of the step: (state, y)."""
        ...
