"""What understands digits: an encoder that reads both ways, and what it takes each step for."""

import dataclasses
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from jaxrnn.cells import output_width
from jaxrnn.data import bucket_for, doubling, pad_to_bucket
from jaxrnn.models import Output, OutputParams, RNNParams
from jaxrnn.models.bidirectional_encoder import BidirectionalEncoder
from jaxrnn.models.ctc import ctc_beam, ctc_greedy
from jaxrnn.models.saving import load, save
from jaxrnn.tasks.speech.codec import SpeechCodec
from jaxrnn.tasks.speech.utterances import chunk_of

__all__ = ["FILE", "Listener", "ListenerParams", "by_beam", "from_run", "greedily", "to_bytes"]

FILE = "listener.safetensors"  # of a run
_BUCKETS = doubling(32)  # lengths that are compiled
_BEAM = 8


class ListenerParams(NamedTuple):
    """Weights of a `Listener`."""

    encoder: RNNParams
    head: OutputParams


@dataclasses.dataclass(frozen=True)
class Listener:
    """Stacked log-mel frames, read both ways, to the worth of blank and digits at each step.

        logits = encoder(xs) @ w_hy + b_y

    Source: Graves et al. (2006), ICML; Graves, Mohamed and Hinton (2013), arXiv:1303.5778.
    Fields: encoder; head; codec.
    Shapes: xs `[T, B, D]`; logits `[T, B, 11]`.

        >>> from jaxrnn import GRU
        >>> codec = SpeechCodec(8000, 2, 3, (0.0, 0.0), (1.0, 1.0))
        >>> listener = Listener(BidirectionalEncoder(GRU(4)), Output(11), codec)
        >>> params = listener.init(jax.random.key(0), codec.input_size)
        >>> found = listener.understand(params, [codec.heard(8000, np.zeros(800))])
        >>> len(found), found[0].dtype
        (1, dtype('int32'))
    """

    encoder: BidirectionalEncoder
    head: Output
    codec: SpeechCodec

    def init(self, key: Array, input_size: int) -> ListenerParams:
        """Draw the params."""
        encoder, head = jax.random.split(key)
        layers = self.encoder.init(encoder, input_size)
        width = 2 * output_width(self.encoder.cell, layers.first.forward, input_size)
        return ListenerParams(layers, self.head.init(head, width))

    def logits(self, params: ListenerParams, xs: Any, lengths: Any, key: Array | None) -> Array:
        """Return the logits; with a key as in training."""
        ys = self.encoder.apply(params.encoder, xs, key=key, lengths=lengths)
        return self.head.apply(params.head, ys)

    def listen(
        self, params: ListenerParams, sounds: Sequence[np.ndarray], batch: int = 32
    ) -> list[np.ndarray]:
        """Return the logits `[t_i, 11]` of sequences xs `[t_i, D]`."""
        lengths = [len(xs) for xs in sounds]
        buckets = sorted({bucket_for(length, _BUCKETS) for length in lengths})
        found: list[np.ndarray] = [np.zeros((0, 11), np.float32)] * len(sounds)
        for bucket in buckets:
            places = [i for i, n in enumerate(lengths) if bucket_for(n, _BUCKETS) == bucket]
            for start in range(0, len(places), batch):
                some = places[start : start + batch]
                rows = [(sounds[i], np.zeros(0, np.int32)) for i in some]
                chunk = chunk_of(rows, [bucket], min(batch, len(places)))
                logits = np.asarray(_logits(self, params, chunk.xs, chunk.lengths))
                for column, place in enumerate(some):
                    found[place] = logits[: lengths[place], column]
        return found

    def understand(self, params: ListenerParams, sounds: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the labels `[n_i]` of sequences xs `[t_i, D]`, by beam search."""
        return by_beam(self.listen(params, sounds))


def greedily(logits: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the labels of the likeliest way through each sequence.

    Shapes: logits `[t_i, 11]`; labels int32 `[n_i]`.

        >>> greedily([np.eye(11)[[3, 3, 0, 3]]])[0].tolist()
        [3, 3]
    """
    return ctc_greedy(*pad_to_bucket(logits, _BUCKETS))


def by_beam(logits: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the likeliest labels of each sequence that `ctc_beam` finds, with 8 prefixes.

    Shapes: logits `[t_i, 11]`; labels int32 `[n_i]`.

        >>> by_beam([9 * np.eye(11)[[3, 3, 0, 3]]])[0].tolist()
        [3, 3]
    """
    return [found[0].labels for found in ctc_beam(*pad_to_bucket(logits, _BUCKETS), _BEAM)]


@partial(jax.jit, static_argnums=0)
def _logits(listener: Listener, params: Any, xs: Any, lengths: Any) -> Array:
    return listener.logits(params, xs, lengths, None)


def to_bytes(listener: Listener, params: ListenerParams) -> bytes:
    """Return a listener as the content of the file that `from_run` reads.

    Shapes: none.

        >>> from jaxrnn import GRU
        >>> codec = SpeechCodec(8000, 2, 3, (0.0, 0.0), (1.0, 1.0))
        >>> listener = Listener(BidirectionalEncoder(GRU(4)), Output(11), codec)
        >>> params = listener.init(jax.random.key(0), codec.input_size)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / FILE).write_bytes(to_bytes(listener, params))
        ...     from_run(folder)[0] == listener
        True
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        save(path, listener, params)
        return path.read_bytes()


def from_run(folder: str) -> tuple[Listener, ListenerParams]:
    """Return the listener that a finished run of `transcribe` left in its folder.

    Shapes: none.
    Raises: FileNotFoundError if there is none; ValueError if the file is damaged.

        >>> from_run("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: data.listener: no such folder has no listener.safetensors: expected...
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"data.listener: {folder} has no {FILE}: expected the folder of a finished run of "
            "jaxrnn train transcribe."
        )
    return load(path, types=(Listener, SpeechCodec, BidirectionalEncoder))
