"""An `RNN` as a Flax NNX module: it holds our params as `nnx.Param`s and calls our functions."""

from typing import Any

import jax
from flax import nnx
from jax import Array

from jaxrnn.adapters.network import check_rnn, is_random, network
from jaxrnn.checks import as_bool, check_input_size
from jaxrnn.models.leaves import differences, named_leaves
from jaxrnn.models.rnn import RNN as Network
from jaxrnn.models.rnn import RNNParams

__all__ = ["RNN"]


class RNN(nnx.Module):
    """A recurrent network that holds its params.

        state, ys = rnn.apply(params, xs, state, train=not deterministic, key=key)

    The state is an argument and a result, never kept inside, and a zero state draws nothing: a
    module closed over by plain `jax.grad` or `jax.jit` works. As `nnx.Dropout`, a module starts in
    training mode, `module.eval()` and `module.train()` (or `nnx.view`) set `deterministic`, and its
    own fork of the stream "dropout" is drawn from only if a mask is needed. Inside plain JAX
    transforms, where NNX forbids that, pass a key: `module(xs, rngs=key)`. Params are drawn in
    JAX's default dtype: under x64 that is float64, where Flax's own layers stay float32.
    Attributes: rnn, input_size, batch_first, deterministic; first and rest, the `nnx.Param`s in the
    structure of `RNNParams`, so that their paths are such as `('first', 'w_x')`.
    Args:
        rnn: the `jaxrnn.RNN`.
        input_size: the width D of xs.
        rngs: its stream "params" gives the key of `rnn.init`; "dropout" that of masks.
        batch_first: xs are `[B, T, D]`.
    Shapes: as `jaxrnn.RNN`; batch-major as `BatchMajor`. States are `[L*directions, B, H]` always.
    Raises: TypeError if `rnn` is no `jaxrnn.RNN`, `rngs` no `nnx.Rngs` or `batch_first` no bool;
    ValueError if `input_size < 1`.

        >>> import jax.numpy as jnp
        >>> from jaxrnn import LSTM, RNN as Network
        >>> module = RNN(Network(LSTM(4)), 3, rngs=nnx.Rngs(0), batch_first=True)
        >>> state, ys = module(jnp.ones((2, 5, 3)))
        >>> ys.shape, bool((ys[:, -1] == state.h[0]).all())
        ((2, 5, 4), True)
    """

    def __init__(
        self, rnn: Network, input_size: int, *, rngs: nnx.Rngs, batch_first: bool = False
    ) -> None:
        """Draw the params."""
        check_rnn("nnx.RNN", rnn, batch_first)
        if not isinstance(rngs, nnx.Rngs):
            raise TypeError(
                f"nnx.RNN: rngs should be nnx.Rngs, got {type(rngs).__name__}. "
                "Make one with nnx.Rngs(0)."
            )
        self.rnn = rnn
        self.input_size = check_input_size("nnx.RNN", input_size)
        self.batch_first = bool(batch_first)
        self.deterministic = False
        params = rnn.init(rngs.params(), self.input_size)
        self.first = nnx.data(jax.tree.map(nnx.Param, params.first))
        self.rest = nnx.data(jax.tree.map(nnx.Param, params.rest))
        has_stream = "dropout" in rngs or "default" in rngs
        fork = rngs["dropout"].fork() if is_random(rnn, params) and has_stream else None
        self.rngs = nnx.data(fork)

    def __call__(
        self,
        xs: Array,
        state: Any = None,
        *,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        deterministic: bool | None = None,
        rngs: nnx.Rngs | nnx.RngStream | Array | None = None,
        padding: str = "zero",
    ) -> tuple[Any, Array]:
        """Run the network over a sequence: (state, ys).

        Shapes: as the class says.
        Args:
            xs, state, lengths, mask, resets, padding: as for `RNN.apply`.
            deterministic: True draws nothing; None is the module's own.
            rngs: what masks are drawn from, streams or a key; None is the module's own stream.
        Raises: ValueError if a mask is needed and there is neither stream nor key; TypeError for
        other types of `deterministic` and `rngs`; the others as `RNN.apply`.
        """
        if deterministic is None:
            deterministic = self.deterministic
        train = not as_bool("nnx.RNN", "deterministic", deterministic)
        params = self.params
        key = self._key(rngs) if train and is_random(self.rnn, params) else None
        return network(self.rnn, self.batch_first).apply(
            params, xs, state, lengths=lengths, mask=mask, resets=resets, train=train, key=key,
            padding=padding,
        )  # fmt: skip

    def _key(self, rngs: Any) -> Array:
        source = self.rngs if rngs is None else rngs
        if source is None:
            raise ValueError(
                "nnx.RNN: training with dropout or another random wrapper needs a key. Make the "
                "module with rngs=nnx.Rngs(params=0, dropout=1), call it with rngs=, or evaluate: "
                "module.eval()."
            )
        if isinstance(source, nnx.Rngs):
            return source["dropout"]()
        return source() if isinstance(source, nnx.RngStream) else source

    def set_view(self, deterministic: bool | None = None) -> None:
        """Set what `nnx.view` may change.

        Args:
            deterministic: True draws nothing.
        """
        if deterministic is not None:
            self.deterministic = deterministic

    @property
    def params(self) -> RNNParams:
        """The params as plain arrays, as every pure function takes them."""
        variables = RNNParams(self.first, self.rest)
        return jax.tree.map(lambda v: v.get_value(), variables, is_leaf=_is_variable)

    def set_params(self, params: RNNParams) -> None:
        """Put params into the module: other weights, or the same in another dtype.

        Shapes: those the module has.
        Raises: TypeError for another structure; ValueError naming every leaf of another shape.

            >>> import jax.numpy as jnp
            >>> from jaxrnn import GRU, RNN as Network
            >>> module = RNN(Network(GRU(4)), 3, rngs=nnx.Rngs(0))
            >>> module.set_params(jax.tree.map(jnp.zeros_like, module.params))
            >>> float(abs(module(jnp.ones((2, 3)))[1]).max())
            0.0
        """
        own = self.params
        if jax.tree.structure(params) != jax.tree.structure(own):
            raise TypeError(
                f"nnx.RNN.set_params: params: expected {jax.tree.structure(own)}, got "
                f"{jax.tree.structure(params)}. Take the structure of module.params."
            )
        shapes, given = _shapes(own), _shapes(params)
        if wrong := differences(self.rnn, shapes, given):
            raise ValueError(f"nnx.RNN.set_params: {wrong}")
        variables = jax.tree.leaves(RNNParams(self.first, self.rest), is_leaf=_is_variable)
        for variable, value in zip(variables, jax.tree.leaves(params), strict=True):
            variable.set_value(value)


def _is_variable(node: Any) -> bool:
    return isinstance(node, nnx.Variable)


def _shapes(params: Any) -> dict[str, tuple[int, ...]]:
    return {name: leaf.shape for name, leaf in named_leaves(params).items()}
