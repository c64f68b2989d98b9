"""An `RNN` as a Flax Linen module: it names our params and calls our functions."""

from collections.abc import Mapping
from typing import Any

from flax import linen as nn
from flax import traverse_util
from jax import Array

from jaxrnn.adapters.network import check_rnn, is_random, network
from jaxrnn.arrays import sequence
from jaxrnn.checks import as_bool
from jaxrnn.models.leaves import fit, named_leaves, template, with_leaves
from jaxrnn.models.rnn import RNN as Network
from jaxrnn.models.rnn import RNNParams

__all__ = ["RNN", "linen_params", "pure_params"]


class RNN(nn.Module):
    """A recurrent network whose params are in the collection "params".

        state, ys = rnn.apply(params, xs, state, train=train, key=make_rng("dropout"))

    Params are one array for each leaf, in dicts named as in ours, `first/w_x` or
    `rest/forward/b`; `pure_params` and `linen_params` translate. The state is an argument and a
    result; the first one is zero, or learned, and draws nothing. Params are drawn in JAX's default
    dtype: under x64 that is float64, where Flax's own layers stay float32.
    Fields: rnn, the `jaxrnn.RNN`; batch_first, xs are `[B, T, D]`.
    Shapes: as `jaxrnn.RNN`; batch-major as `BatchMajor`. States are `[L*directions, B, H]` always.
    Raises: TypeError if `rnn` is no `jaxrnn.RNN` or `batch_first` no bool.

        >>> import jax, jax.numpy as jnp
        >>> from jaxrnn import LSTM, RNN as Network
        >>> module = RNN(Network(LSTM(4)), batch_first=True)
        >>> (state, ys), variables = module.init_with_output(jax.random.key(0), jnp.ones((2, 5, 3)))
        >>> ys.shape, sorted(variables["params"]["first"])
        ((2, 5, 4), ['b', 'w_h', 'w_x'])
    """

    rnn: Network
    batch_first: bool = False

    def __post_init__(self) -> None:
        check_rnn("linen.RNN", self.rnn, self.batch_first)
        super().__post_init__()

    @nn.compact
    def __call__(
        self,
        xs: Array,
        state: Any = None,
        *,
        lengths: Any = None,
        mask: Any = None,
        resets: Any = None,
        train: bool = False,
        padding: str = "zero",
    ) -> tuple[Any, Array]:
        """Run the network over a sequence: (state, ys).

        Shapes: as the class says.
        Args:
            xs, state, lengths, mask, resets, padding: as for `RNN.apply`.
            train: draw masks, if there are any, from the stream "dropout":
                `module.apply(variables, xs, train=True, rngs={"dropout": key})`.
        Raises: flax's `InvalidRngError` if a mask is needed and there is no such stream; ValueError
        if the variables are those of another network; the others as `RNN.apply`.
        """
        as_bool("linen.RNN", "train", train)
        params = self._params(xs)
        key = self.make_rng("dropout") if train and is_random(self.rnn, params) else None
        return network(self.rnn, self.batch_first).apply(
            params, xs, state, lengths=lengths, mask=mask, resets=resets, train=train, key=key,
            padding=padding,
        )  # fmt: skip

    def _params(self, xs: Array) -> RNNParams:
        if self.has_variable("params", "first"):
            # not `param`, which would check the shapes without naming our leaves
            names = self.variables["params"]
            stored = {name: nn.meta.unbox(self.get_variable("params", name)) for name in names}
            return pure_params(self.rnn, stored)
        width = sequence("linen.RNN", xs, None).shape[-1]
        drawn: dict[str, Any] = {}

        def draw(key: Array, name: str) -> Any:
            if not drawn:  # all by the first key, as rnn.init does: Flax makes one for each name
                drawn.update(linen_params(self.rnn.init(key, width)))
            return drawn[name]

        names = linen_params(template(self.rnn, width))
        return pure_params(self.rnn, {name: self.param(name, draw, name) for name in names})


def linen_params(params: RNNParams) -> dict[str, Any]:
    """Return params as the nested dict that Linen stores; None leaves are left out.

    Shapes: unchanged.

        >>> import jax
        >>> from jaxrnn import Elman, RNN as Network
        >>> rnn = Network(Elman(2, bias=False), num_layers=2)
        >>> tree = linen_params(rnn.init(jax.random.key(0), 3))
        >>> {name: sorted(layer) for name, layer in tree.items()}
        {'first': ['w_h', 'w_x'], 'rest': ['w_h', 'w_x']}
    """
    return traverse_util.unflatten_dict(named_leaves(params, "linen_params"), sep=".")


def pure_params(rnn: Network, tree: Mapping[str, Any]) -> RNNParams:
    """Undo `linen_params`: the params that every pure function takes.

    Shapes: unchanged.
    Args:
        rnn: the `jaxrnn.RNN` of the module.
        tree: the module's own part of the variables, such as `variables["params"]["RNN_0"]`.
    Raises: ValueError naming all missing, unexpected and wrongly shaped params.

        >>> import jax
        >>> from jaxrnn import Elman, RNN as Network
        >>> rnn = Network(Elman(2))
        >>> params = rnn.init(jax.random.key(0), 3)
        >>> pure_params(rnn, linen_params(params)).first.w_x is params.first.w_x
        True
    """
    leaves = named_leaves(tree, "pure_params")
    shapes = {name: leaf.shape for name, leaf in leaves.items()}
    return with_leaves(fit("pure_params", rnn, shapes)[1], leaves)
