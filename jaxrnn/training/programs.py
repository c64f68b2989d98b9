"""A step compiled once for each shape of chunk, for one device or many, if the memory suffices."""

import math
import warnings
from typing import Any

import jax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxrnn.training.devices import batch_mesh, batch_shardings, replicate, split_batch
from jaxrnn.training.memory import available_bytes, check_memory, program_bytes
from jaxrnn.training.state import TrainState
from jaxrnn.training.step import Report, Step

__all__ = ["LIMIT", "Programs"]

LIMIT = 16  # shapes of chunks before a word of warning


class Programs:
    """A step, compiled at the first chunk of each shape: `(state, chunk) -> (state, report)`.

    The state stands on every device of the mesh, the rows of a chunk are split over them. `shapes`
    tells for how many shapes of chunks there is a program.

    Shapes: chunk `[T, B, ...]`, B a multiple of the number of devices.
    Args: step, from `make_step`; mesh, from `batch_mesh`, all devices at hand if not given.
    Raises: MemoryError before a program runs that needs more than this process may have; ValueError
        if the batch can't be split; what the step raises.

        >>> import jax.numpy as jnp, optax
        >>> from jaxrnn.training import by_autodiff, init_state, make_step
        >>> gradient = by_autodiff(lambda params, chunk, key: ((params * chunk).sum(), chunk.size))
        >>> state = init_state(gradient, optax.sgd(0.5), jnp.ones(1), None, jax.random.key(0))
        >>> run = Programs(make_step(gradient, optax.sgd(0.5)), batch_mesh(jax.devices()[:1]))
        >>> for width in (2, 2, 3):
        ...     state, report = run(state, jnp.ones((width, 2)))
        >>> run.shapes, int(state.step)
        (2, 3)
    """

    def __init__(self, step: Step, mesh: Mesh | None = None) -> None:
        """Compile nothing yet."""
        self._step = step
        self._mesh = batch_mesh() if mesh is None else mesh
        self._whole = NamedSharding(self._mesh, PartitionSpec())
        self._programs: dict[Any, Any] = {}

    @property
    def shapes(self) -> int:
        """Return for how many shapes of chunks there is a program."""
        return len(self._programs)

    def __call__(self, state: TrainState, chunk: Any) -> tuple[TrainState, Report]:
        """Make one step."""
        program = self.prepare(state, chunk)
        # what is in its place already, and what the program itself takes from NumPy, is left alone
        if not all(
            getattr(leaf, "sharding", None) == self._whole for leaf in jax.tree.leaves(state)
        ):
            state = replicate(state, self._mesh)
        if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(chunk)):
            chunk = split_batch(chunk, self._mesh)
        return program(state, chunk)

    def prepare(self, state: Any, chunk: Any) -> Any:
        """Return the program for such a chunk, compiled now if it is not yet.

        Arrays or their shapes (`jax.eval_shape`) will do: with shapes the memory is looked at
        before any of it is taken.
        """
        leaves, structure = jax.tree.flatten(chunk)
        shape = structure, tuple((leaf.shape, leaf.dtype) for leaf in leaves)
        if shape not in self._programs:
            self._programs[shape] = self._compile(state, chunk)
            if self.shapes == LIMIT:
                warnings.warn(
                    f"Programs: there are now {LIMIT} shapes of chunks, and each was compiled. Pad "
                    "sequences to a few lengths with jaxrnn.data.pad_to_bucket.",
                    stacklevel=3,
                )
        return self._programs[shape]

    def _compile(self, state: Any, chunk: Any) -> Any:
        device = self._mesh.devices.flat[0]
        arrays = jax.tree.leaves((state, chunk))
        held = not any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in arrays)
        if not held:  # asked first: XLA itself may fail over what can't fit
            check_memory("train", _size(state) + _size(chunk), available_bytes(device))
        rows = batch_shardings(chunk, self._mesh)
        step = jax.jit(self._step, in_shardings=(self._whole, rows), out_shardings=self._whole)
        program = step.lower(state, chunk).compile()
        needed = program_bytes(program, arguments=not held)
        if needed is not None and device.platform == "cpu":
            needed *= self._mesh.size  # the devices of a CPU share its memory
        check_memory("train", needed, available_bytes(device))
        return program


def _size(tree: Any) -> int:
    """Return the bytes of a tree of arrays, shapes and keys."""
    sizes = (
        math.prod(leaf.shape) * getattr(leaf.dtype, "itemsize", 0) for leaf in jax.tree.leaves(tree)
    )
    return sum(sizes)
