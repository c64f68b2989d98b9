"""What a run trains when it is more than a cell under an output layer."""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from jax import Array

__all__ = ["Network"]


@runtime_checkable
class Network(Protocol):
    """A model that brings its own loss: it reads both ways, or reads and then writes.

    A frozen dataclass of a task's codec and the settings of its model: all that is needed to use it
    without the data. It is differentiated through all of a chunk.

    Shapes: chunk, any pytree of arrays `[T, B, ...]`, its batch on axis 1; sums and counts `[]`.

        >>> isinstance(3, Network)
        False
    """

    def init(self, key: Array) -> Any:
        """Draw the params."""
        ...

    def loss(self, params: Any, chunk: Any, key: Array | None) -> tuple[Array, Array]:
        """Return (sum of the losses, how many count): pure, and traced.

        With a key, that of the step, as in training; without one nothing is drawn.
        """
        ...

    def score(self, params: Any, chunk: Any) -> tuple[Array, Array]:
        """Return (sum of what the metric counts, how many count), nothing drawn. Pure, traced."""
        ...

    def predict(self, params: Any, text: str) -> Iterator[str]:
        """Answer what a person wrote, in a line each; ValueError says what is wrong with it."""
        ...
