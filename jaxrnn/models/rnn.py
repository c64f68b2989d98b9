"""Cells in depth and direction: the feature set of `torch.nn.RNN`, `LSTM` and `GRU`."""

import dataclasses
import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.arrays import as_state, check_params, sequence
from jaxrnn.cell import Cell
from jaxrnn.cells import Dropout, Stack, output_width
from jaxrnn.checks import as_batch, as_bool, as_cell, as_positive_int, as_rate, check_input_size
from jaxrnn.drivers import Directions, bidirectional, scan, stack
from jaxrnn.drivers.ragged import check_padding, reset_steps, valid_steps
from jaxrnn.engines import AUTO, Engine, find_engine
from jaxrnn.randomness import Clock, clocks, new_clock, tick, typed_key, with_key, without_key

__all__ = ["RNN", "RNNParams", "RNNState"]


class RNNParams(NamedTuple):
    """Params of an `RNN`: the first layer, and the equal layers above it stacked `[L-1, ...]`.

    With two directions each is a `Directions(forward, backward)`; `rest` is None for one layer.
    """

    first: Any
    rest: Any


class RNNState(NamedTuple):
    """State of an `RNN` with dropout: that of its layers, and the clock of its masks."""

    layers: Any  # the cell's state, leaves [L*D, *batch, ...]
    clock: Clock

    @property
    def h(self) -> Array:
        """Hidden states of all layers `[L*D, *batch, H]`."""
        return self.layers.h

    @property
    def c(self) -> Array:
        """LSTM cells of all layers `[L*D, *batch, H]`."""
        return self.layers.c


@dataclasses.dataclass(frozen=True)
class RNN:
    """Layers of one cell, in one direction or both.

        ys = xs
        for each layer: state[layer], ys = scan(cell, params[layer], state[layer], dropout(ys))

    Everything that `torch.nn.RNN`, `LSTM` and `GRU` do: any number of layers, both directions,
    dropout after every layer but the last (a new mask at each step), the cell's own projection and
    bias, an initial state given, zero or learned (`LearnedState`), unbatched input. Layers above
    the first are one scan over stacked params, so compile time does not grow with depth.
    Source: stacks Graves et al. (2013), arXiv:1303.5778; dropout Zaremba et al. (2014),
    arXiv:1409.2329.
    Fields: cell; num_layers L; bidirectional (then 2 directions, else 1); dropout.
    Shapes: xs `[T, *batch, D]`; ys `[T, *batch, H]` or `[T, *batch, 2H]`; state leaves
    `[L*directions, *batch, H]`, index `layer * directions + direction`.
    Raises: ValueError for `num_layers < 1` or a dropout outside [0, 1]; TypeError for wrong types;
    warns if dropout is set with one layer.

        >>> from jaxrnn import LSTM
        >>> rnn = RNN(LSTM(256), num_layers=3, bidirectional=True)
        >>> params = rnn.init(jax.random.key(0), 128)
        >>> state, ys = rnn.apply(params, jnp.ones((6, 4, 128)))
        >>> ys.shape, state.h.shape
        ((6, 4, 512), (6, 4, 256))
    """

    cell: Cell
    num_layers: int = 1
    bidirectional: bool = False
    dropout: float = 0.0

    def __post_init__(self) -> None:
        as_cell("RNN", self.cell)
        layers = as_positive_int("RNN", "num_layers", self.num_layers)
        as_bool("RNN", "bidirectional", self.bidirectional)
        rate = as_rate("RNN", "dropout", self.dropout)
        object.__setattr__(self, "num_layers", layers)
        object.__setattr__(self, "dropout", rate)
        if rate > 0 and layers == 1:
            warnings.warn(
                f"RNN: dropout acts between layers and has no effect with num_layers=1 "
                f"(dropout={rate}). Wrap the cell in jaxrnn.Dropout to drop its output.",
                stacklevel=3,
            )

    @property
    def directions(self) -> int:
        """1, or 2 for a bidirectional network."""
        return 2 if self.bidirectional else 1

    def init(self, key: Array, input_size: int) -> RNNParams:
        """Draw params for inputs `[T, *batch, input_size]`, a key for each layer and direction.

        Raises: TypeError or ValueError if `input_size` is no positive int.
        """
        input_size = check_input_size("RNN.init", input_size)
        key = typed_key(key, "RNN.init: key")
        keys = jax.random.split(key, (self.num_layers, self.directions))
        first = self._init_layer(keys[0], input_size)
        if self.num_layers == 1:
            return RNNParams(first, None)
        one = first.forward if self.bidirectional else first
        width = output_width(self.cell, one, input_size) * self.directions
        return RNNParams(first, jax.vmap(lambda k: self._init_layer(k, width))(keys[1:]))

    def _init_layer(self, keys: Array, input_size: int) -> Any:
        params = [self.cell.init(key, input_size) for key in keys]
        return Directions(*params) if self.bidirectional else params[0]

    def init_state(self, params: RNNParams, batch: int | Sequence[int] = ()) -> Any:
        """Return the state before the first step, leaves `[L*directions, *batch, ...]`.

        With dropout it is an `RNNState`, which also counts the steps for the masks.
        """
        one = partial(self.cell.init_state, batch=as_batch(batch))

        def layer(p: Any) -> Any:
            return Directions(one(p.forward), one(p.backward)) if self.bidirectional else one(p)

        first = layer(params.first)
        rest = None if params.rest is None else jax.vmap(layer)(params.rest)
        state = self._join(first, rest)
        return RNNState(state, new_clock()) if self.dropout > 0 else state

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
        """Run the network over a sequence: (state, ys).

        A sequence may be fed in chunks, down to one step: hand the state on and give the same key,
        and values and masks are those of the whole run (one direction only, of course).

        Shapes: xs `[T, *batch, D]`; ys `[T, *batch, directions*H]`; lengths int `[*batch]`; mask
        and resets bool `[T, *batch]`.
        Args:
            params, xs: as made by `init` for inputs of this width.
            state: from `init_state` or an earlier call; None is `init_state(params, batch)`. With
                dropout the bare state of the cell is taken too, and starts at time 0.
            lengths, mask, resets, padding, engine: as for `scan`.
            train: draw the masks of dropout and of random wrappers; False draws nothing.
            key: what they are drawn from; needed only if something is random.
        Raises: ValueError if `train` and something random has no key; the others as `scan`.
        """
        as_bool("RNN.apply", "train", train)
        check_padding("RNN.apply", padding)
        xs = sequence("RNN.apply", xs, params)
        steps, batch = xs.shape[0], xs.shape[1:-1]
        check_params("RNN.apply", self, params, xs, lambda: self._project(params, xs))
        start = partial(self.init_state, params, batch)
        if self.dropout > 0 and state is not None and not isinstance(state, RNNState):
            state = RNNState(state, new_clock())
        state = as_state("RNN.apply", state, xs, start)
        valid = valid_steps("RNN.apply", lengths, mask, steps, batch)
        reset_steps("RNN.apply", resets, valid, steps, batch, False)
        state = self._with_key(state, key) if train else without_key(state)
        asked = find_engine("RNN.apply", engine) or AUTO
        return _run(self, params, state, xs, valid, resets, padding, asked)

    def _project(self, params: RNNParams, xs: Array) -> Any:
        first = params.first.forward if self.bidirectional else params.first
        return self.cell.project(first, xs)

    def _with_key(self, state: Any, key: Array | None) -> Any:
        if not clocks(state):
            return state
        if key is None:
            raise ValueError(
                "RNN.apply: train=True with dropout or another random wrapper needs a key. Pass "
                "key=jax.random.key(...), or train=False to evaluate."
            )
        return with_key(state, key)

    def as_cell(self, params: RNNParams, state: Any = None) -> tuple[Stack, tuple, Any]:
        """Return the same network as one cell, (cell, params, state), with time outside.

        `scan`, `generate`, gradient methods and streaming take it like any other cell. Values are
        those of `apply`; dropout between layers is drawn from other masks.

        Shapes: params and state become tuples, one entry a layer, state leaves `[*batch, ...]`.
        Raises: TypeError if the network is bidirectional: its first output needs the last input.

            >>> from jaxrnn import GRU
            >>> rnn = RNN(GRU(4), num_layers=2)
            >>> params = rnn.init(jax.random.key(0), 3)
            >>> cell, params, _ = rnn.as_cell(params)
            >>> scan(cell, params, None, jnp.ones((5, 2, 3)))[1].shape
            (5, 2, 4)
        """
        if self.bidirectional:
            raise TypeError(
                "RNN.as_cell: a bidirectional network can't run step by step: its first output "
                "needs the last input. Use bidirectional=False."
            )
        below = Dropout(self.cell, self.dropout) if self.dropout > 0 else self.cell
        cell = Stack((below,) * (self.num_layers - 1) + (self.cell,))
        above = range(self.num_layers - 1)
        layers = (params.first, *(jax.tree.map(lambda a, i=i: a[i], params.rest) for i in above))
        if state is None:
            return cell, layers, None
        bare, clock = state if isinstance(state, RNNState) else (state, new_clock())
        states = [jax.tree.map(lambda a, i=i: a[i], bare) for i in range(self.num_layers)]
        if self.dropout > 0:
            random_state = type(below.init_state(params.first))
            states[:-1] = [
                random_state(s, _own_clock(clock, layer)) for layer, s in enumerate(states[:-1])
            ]
        return cell, layers, tuple(states)

    def _join(self, first: Any, rest: Any) -> Any:
        """Lay states of (first, rest) out as leaves `[L*directions, ...]`."""

        def directions(layer: Any, axis: int) -> Any:
            parts = layer if self.bidirectional else (layer,)
            return jax.tree.map(lambda *leaves: jnp.stack(leaves, axis), *parts)

        first = directions(first, 0)
        if rest is None:
            return first
        above = (self.num_layers - 1) * self.directions
        rest = jax.tree.map(lambda a: a.reshape((above, *a.shape[2:])), directions(rest, 1))
        return jax.tree.map(lambda a, b: jnp.concatenate([a, b]), first, rest)

    def _split(self, state: Any) -> tuple[Any, Any]:
        """Undo `_join`."""
        n = self.directions

        def directions(tree: Any, axis: int) -> Any:
            parts = [
                jax.tree.map(lambda a, d=d: jax.lax.index_in_dim(a, d, axis, keepdims=False), tree)
                for d in range(n)
            ]
            return Directions(*parts) if self.bidirectional else parts[0]

        first = directions(jax.tree.map(lambda a: a[:n], state), 0)
        if self.num_layers == 1:
            return first, None
        above = (self.num_layers - 1, n)
        rest = jax.tree.map(lambda a: a[n:].reshape(above + a.shape[1:]), state)
        return first, directions(rest, 1)


def _own_clock(clock: Clock, layer: int) -> Clock:
    """Give a layer a key of its own: no two share a mask."""
    if clock.key is None:
        return clock
    return clock._replace(key=jax.random.fold_in(clock.key, layer))


@partial(jax.jit, static_argnums=(0, 6, 7))
def _run(
    rnn: RNN, params: RNNParams, state: Any, xs: Array, valid: Any, resets: Any, padding: str,
    engine: str | Engine,
) -> tuple[Any, Array]:  # fmt: skip
    random = isinstance(state, RNNState)
    first, rest = rnn._split(state.layers if random else state)
    driver = bidirectional if rnn.bidirectional else scan
    options = {"mask": valid, "resets": resets, "padding": padding, "engine": engine}
    steps = xs.shape[0]
    first, xs = driver(rnn.cell, params.first, first, xs, **options)
    if rest is not None:
        clock = state.clock if random else None
        rest, xs = stack(
            rnn.cell, params.rest, rest, xs, layer=driver, dropout=rnn.dropout, clock=clock,
            **options,
        )  # fmt: skip
    # keys stay outside: they are an argument of `apply`, the state only counts the steps
    layers = rnn._join(*without_key((first, rest)))
    if random:
        return RNNState(layers, without_key(tick(state.clock, steps))), xs
    return layers, xs
