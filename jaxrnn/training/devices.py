"""Data-parallel training: the batch is split over the devices, the state stands on each of them."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

__all__ = ["batch_mesh", "batch_shardings", "replicate", "split_batch"]

_AXIS = "batch"


def batch_mesh(devices: Sequence[Any] | None = None) -> Mesh:
    """Return the devices in a row, all of them if none are given; one is a row, too.

    Shapes: none.

        >>> batch_mesh(jax.devices()[:1]).size
        1
    """
    return Mesh(np.array(jax.devices() if devices is None else list(devices)), (_AXIS,))


def replicate(tree: Any, mesh: Mesh) -> Any:
    """Return a tree that stands whole on every device.

    Shapes: unchanged.

        >>> replicate(jnp.ones(3), batch_mesh(jax.devices()[:1])).sharding.is_fully_replicated
        True
    """
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def batch_shardings(chunk: Any, mesh: Mesh) -> Any:
    """Return how a chunk is split over the devices, every field alike.

    Shapes: leaves, arrays or their shapes, `[T, B, ...]`; a leaf of rank below 2 stands whole on
    every device.
    Raises: ValueError if a B is no multiple of the number of devices.

        >>> chunk = {"xs": np.ones((5, 4, 3)), "lengths": np.ones(4)}
        >>> shardings = batch_shardings(chunk, batch_mesh(jax.devices()[:1]))
        >>> len(shardings["xs"].spec), len(shardings["lengths"].spec)
        (2, 0)
    """
    count = mesh.size

    def place(leaf: Any) -> NamedSharding:
        if jnp.ndim(leaf) < 2:
            return NamedSharding(mesh, PartitionSpec())
        rows = jnp.shape(leaf)[1]
        if rows % count:
            fitting = max(rows - rows % count, count)
            raise ValueError(
                f"batch_shardings: a batch of {rows} rows ([T, B, ...] = {jnp.shape(leaf)}) can't "
                f"be split over {count} devices. Use a multiple of {count}, such as {fitting}, or "
                "fewer devices."
            )
        return NamedSharding(mesh, PartitionSpec(None, _AXIS))

    return jax.tree.map(place, chunk)


def split_batch(chunk: Any, mesh: Mesh) -> Any:
    """Return a chunk whose rows are split over the devices.

    The numbers don't depend on it: JAX's programs mean the whole batch wherever its rows stand.

    Shapes: leaves `[T, B, ...]`.
    Raises: ValueError if a B is no multiple of the number of devices.

        >>> split_batch(np.ones((5, 4, 3)), batch_mesh(jax.devices()[:1])).shape
        (5, 4, 3)
    """
    return jax.device_put(chunk, batch_shardings(chunk, mesh))
