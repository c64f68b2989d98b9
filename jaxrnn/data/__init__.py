"""Readers of data sets, as NumPy arrays; nothing is downloaded unless you ask."""

from jaxrnn.data.batches import shuffled
from jaxrnn.data.buckets import bucket_for, pad_to_bucket
from jaxrnn.data.digits import load_digits
from jaxrnn.data.mackey_glass import mackey_glass17
from jaxrnn.data.mnist import MNIST, Images, load_mnist, read_idx
from jaxrnn.data.narma import Driven, narma10
from jaxrnn.data.sine import Series, noisy_sine, sliding_windows
from jaxrnn.data.source import DataFile, cache_folder, find, read
from jaxrnn.data.text import (
    TINY_SHAKESPEARE,
    Streams,
    Vocabulary,
    load_tinyshakespeare,
    python_documentation,
    streams,
)

__all__ = [
    "MNIST", "TINY_SHAKESPEARE", "DataFile", "Driven", "Images", "Series", "Streams", "Vocabulary",
    "bucket_for", "cache_folder", "find", "load_digits", "load_mnist", "load_tinyshakespeare",
    "mackey_glass17", "narma10", "noisy_sine", "pad_to_bucket", "python_documentation", "read",
    "read_idx", "shuffled", "sliding_windows", "streams",
]  # fmt: skip
