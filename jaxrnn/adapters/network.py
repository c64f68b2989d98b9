"""What the adapters have in common: which network runs, and whether it draws anything."""

from typing import Any

import jax

from jaxrnn.checks import as_bool
from jaxrnn.models.batch_major import BatchMajor
from jaxrnn.models.rnn import RNN
from jaxrnn.randomness import clocks

__all__ = ["check_rnn", "is_random", "network"]


def check_rnn(owner: str, rnn: Any, batch_first: Any) -> None:
    """Check what an adapter is made of.

    Shapes: none.
    Raises: TypeError if `rnn` is no `RNN` or `batch_first` is no bool.

        >>> from jaxrnn import LSTM
        >>> check_rnn("nnx.RNN", RNN(LSTM(3)), True)
    """
    if not isinstance(rnn, RNN):
        raise TypeError(
            f"{owner}: rnn should be a jaxrnn.RNN, got {rnn!r}. Wrap a cell first: RNN(cell)."
        )
    as_bool(owner, "batch_first", batch_first)


def network(rnn: RNN, batch_first: bool) -> RNN | BatchMajor:
    """Return the network to run.

    Shapes: none.

        >>> from jaxrnn import LSTM
        >>> type(network(RNN(LSTM(3)), True)).__name__
        'BatchMajor'
    """
    return BatchMajor(rnn) if batch_first else rnn


def is_random(rnn: RNN, params: Any) -> bool:
    """Tell whether training draws masks, found without computing anything.

    Shapes: none.

        >>> from jaxrnn import LSTM
        >>> rnn = RNN(LSTM(3), num_layers=2, dropout=0.5)
        >>> is_random(rnn, rnn.init(jax.random.key(0), 2))
        True
    """
    return bool(clocks(jax.eval_shape(rnn.init_state, params)))
