"""Where the real data is, and small files in the same formats for everybody else."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np

# the folder with mnist/, tinyshakespeare/ ...; it need not be there
SHARED = Path(os.environ.get("JAXRNN_DATA") or Path(__file__).parents[3] / "shared" / "data")
FIRST = "First Citizen:\nBefore we proceed any further, hear me speak.\n"


def shared_data(tmp_path):
    """Return a folder like $JAXRNN_DATA: the real one, or else a small one written here."""
    if (SHARED / "mnist").is_dir() and (SHARED / "tinyshakespeare").is_dir():
        return SHARED
    write_mnist(tmp_path / "mnist", train=600, test=100)
    (tmp_path / "tinyshakespeare").mkdir()
    text = gzip.compress((FIRST * 2000).encode())
    (tmp_path / "tinyshakespeare" / "input.txt.gz").write_bytes(text)
    return tmp_path


def written_here(tmp_path):
    """Return whether `shared_data(tmp_path)` had to write a small one."""
    return (tmp_path / "mnist").is_dir()


def idx(array):
    """Return a uint8 array as the content of an IDX file."""
    return struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder, train=40, test=20, compressed=True):
    """Write the four files of a set of random images that looks like MNIST; return the arrays."""
    random = np.random.RandomState(0)
    arrays = {
        "train-images-idx3-ubyte": random.randint(0, 256, (train, 28, 28)).astype(np.uint8),
        "train-labels-idx1-ubyte": random.randint(0, 10, train).astype(np.uint8),
        "t10k-images-idx3-ubyte": random.randint(0, 256, (test, 28, 28)).astype(np.uint8),
        "t10k-labels-idx1-ubyte": random.randint(0, 10, test).astype(np.uint8),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array), mtime=0))
        else:
            (folder / name).write_bytes(idx(array))
    return list(arrays.values())
