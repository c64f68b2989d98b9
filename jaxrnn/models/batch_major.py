"""The batch-major edge: the same network for data whose first axis is the batch."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_batch
from jaxrnn.engines import AUTO, Engine
from jaxrnn.models.rnn import RNN, RNNParams

__all__ = ["BatchMajor"]


@dataclasses.dataclass(frozen=True)
class BatchMajor:
    """An `RNN` for batch-major data: time and batch change places at the door, and back.

        state, ys = rnn.apply(params, swap(xs), state, mask=swap(mask)); ys = swap(ys)

    Params and states are those of the `RNN`, so states stay `[L*directions, B, H]`.
    Fields: rnn.
    Shapes: xs `[B, T, D]`; ys `[B, T, directions*H]`; lengths `[B]`; mask and resets `[B, T]`.
    Without a batch there is nothing to swap: xs `[T, D]`, mask and resets `[T]`.
    Raises: TypeError if `rnn` is no `RNN`.

        >>> from jaxrnn import LSTM
        >>> network = BatchMajor(RNN(LSTM(5), num_layers=3, bidirectional=True))
        >>> params = network.init(jax.random.key(0), 2)
        >>> state, ys = network.apply(params, jnp.ones((4, 6, 2)))
        >>> ys.shape, state.h.shape
        ((4, 6, 10), (6, 4, 5))
    """

    rnn: RNN

    def __post_init__(self) -> None:
        if not isinstance(self.rnn, RNN):
            raise TypeError(
                f"BatchMajor: rnn should be a jaxrnn.RNN, got {self.rnn!r}. "
                "Wrap a cell first: BatchMajor(RNN(cell))."
            )

    def init(self, key: Array, input_size: int) -> RNNParams:
        """Draw the params of the network for xs `[B, T, input_size]`."""
        with _own_words():
            return self.rnn.init(key, input_size)

    def init_state(self, params: RNNParams, batch: int | Sequence[int] = ()) -> Any:
        """Return the state before the first step, leaves `[L*directions, *batch, ...]`.

        Raises: ValueError for more than one batch axis.
        """
        if len(as_batch(batch)) > 1:
            raise ValueError(
                f"BatchMajor.init_state: batch should be one axis or none, got {batch!r}. "
                "RNN, which is time-major, takes any number."
            )
        return self.rnn.init_state(params, batch)

    def apply(
        self,
        params: RNNParams,
        xs: Array,
        state: Any = None,
        *,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        train: bool = False,
        key: Array | None = None,
        padding: str = "zero",
        engine: str | Engine = AUTO,
    ) -> tuple[Any, Array]:
        """Run the network over a batch of sequences: (state, ys). Arguments as for `RNN.apply`.

        Shapes: as the class says.
        Raises: ValueError if xs is neither `[B, T, D]` nor `[T, D]`, or mask or resets are not
        `[B, T]`; the others as `RNN.apply`.
        """
        rank = getattr(xs, "ndim", 0)  # what is no array is refused by the core
        if rank > 3:
            raise ValueError(
                f"BatchMajor.apply: xs: Expected input to be 2D or 3D, got {rank}D (shape "
                f"{tuple(xs.shape)}, expected [B, T, D], or [T, D] without a batch). "
                "More batch axes: use RNN, time-major, or flatten them into one."
            )
        given = {"mask": mask, "resets": resets}
        if rank == 3:
            _check_state_axis(state, xs.shape)
            given = {name: _swap_flags(name, flags, xs.shape) for name, flags in given.items()}
            xs = _swap(xs)
        with _own_words():
            state, ys = self.rnn.apply(
                params, xs, state, lengths=lengths, train=train, key=key, padding=padding,
                engine=engine, **given,
            )  # fmt: skip
        # y may be any tree; its clocks `[T]` have no batch
        return state, jax.tree.map(_swap, ys) if rank == 3 else ys


@contextlib.contextmanager
def _own_words() -> Iterator[None]:
    """Let errors of the core name what the user called, and its axes."""
    try:
        yield
    except (TypeError, ValueError) as error:
        text = str(error)
        if text.startswith("RNN."):
            error.args = ("BatchMajor." + text[4:].replace("[T, B", "[B, T"),)
        raise


def _swap(a: Any) -> Any:
    # its own method: jnp's would round a NumPy float64 array before the core has seen it
    return a.swapaxes(0, 1) if a.ndim > 1 else a


def _swap_flags(name: str, flags: Any, shape: tuple[int, ...]) -> Any:
    """Turn a mask or resets `[B, T]` into `[T, B]`."""
    if flags is None:
        return None
    flags = jnp.asarray(flags)
    batch, steps, _ = shape
    if flags.shape != (batch, steps):
        raise ValueError(
            f"BatchMajor.apply: {name} has shape {flags.shape}, expected [B={batch}, T={steps}], "
            f"as xs {shape} is read batch-major."
        )
    return _swap(flags)


def _check_state_axis(state: Any, shape: tuple[int, ...]) -> None:
    """Refuse time-major data by the batch of the state, before the core words it its own way."""
    batch, steps, _ = shape
    widths = [jnp.shape(leaf)[1] for leaf in jax.tree.leaves(state) if jnp.ndim(leaf) > 1]
    if batch != steps and steps in widths and batch not in widths:
        raise ValueError(
            f"BatchMajor.apply: state has batch {steps}, but xs has shape {shape} and is read "
            f"batch-major, [B={batch}, T={steps}, D]; did you pass time-major data? Swap with "
            "jnp.swapaxes(xs, 0, 1), or use RNN."
        )
