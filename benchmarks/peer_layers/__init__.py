"""One recurrent layer in each framework, a file each, all from the same weights and inputs.

Each file has `programs(case) -> Programs`, and tells in `LACKS`, by the name of a cell, why its
framework has none that computes the same. Imported in the framework's own process alone.
"""

from typing import NamedTuple

__all__ = ["PEERS", "Peer"]


class Peer(NamedTuple):
    """A framework, or one of our engines, and how it is had."""

    file: str  # in this folder
    package: str  # as pip calls it
    about: str
    option: str = ""  # what the file is told
    without: tuple[str, ...] = ()  # gradients it has not, because it has no such param

    @property
    def ours(self) -> bool:
        return self.package == "jaxrnn"


PEERS = {
    "torch": Peer("torch", "torch", "nn.LSTM, nn.GRU, nn.RNN; forward in inference_mode"),
    "linen": Peer("linen", "flax", "linen.RNN of OptimizedLSTMCell, GRUCell, SimpleCell"),
    "nnx": Peer(
        "nnx", "flax", "nnx.RNN of OptimizedLSTMCell, GRUCell (without b_hn), SimpleCell",
        without=("b_hn",),
    ),
    "haiku": Peer("haiku", "dm-haiku", "dynamic_unroll of LSTM"),
    "equinox": Peer("equinox", "equinox", "lax.scan of vmap of LSTMCell, GRUCell"),
    "keras": Peer("keras", "keras", "layers.LSTM, GRU, SimpleRNN on JAX, batch-major"),
    "jaxrnn-scan": Peer("ours", "jaxrnn", 'scan(..., engine="scan")', "scan"),
    "jaxrnn-compiled": Peer("ours", "jaxrnn", 'scan(..., engine="compiled")', "compiled"),
    "jaxrnn-auto": Peer("ours", "jaxrnn", 'scan(..., engine="auto")', "auto"),
}  # fmt: skip
