"""Read a digit row by row, and say which it is: 2 layers of 256 LSTM units on MNIST.

    python examples/mnist_rows.py [--folder the/folder/of/mnist | --download]

Without a folder the files are looked for in $JAXRNN_DATA/mnist, in ../shared/data/mnist beside this
repository, and in the cache.
One pass over the 60000 images takes about two minutes on two cores and ends at 98.0 %.
"""

import argparse
import os
import time
from functools import partial
from pathlib import Path

import jax
import numpy as np
import optax

from jaxrnn import LSTM, RNN, Output
from jaxrnn.data import load_mnist, shuffled

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist"
HEAD = Output(10)


def rows(images):
    """Return images [B, 28, 28] of 0..255 as sequences of rows [T=28, B, D=28] of 0..1."""
    return images.swapaxes(0, 1).astype(np.float32) / np.float32(255)


def scores(network, params, xs):
    """Return the scores of the classes [B, 10], from the output after the last row."""
    _, ys = network.apply(params[0], xs)
    return HEAD.apply(params[1], ys[-1])


def cross_entropy(params, network, xs, labels):
    losses = optax.softmax_cross_entropy_with_integer_labels(scores(network, params, xs), labels)
    return losses.mean()


@partial(jax.jit, static_argnums=(0, 1))
def update(network, optimizer, params, opt_state, xs, labels):
    loss, grads = jax.value_and_grad(cross_entropy)(params, network, xs, labels)
    steps, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, steps), opt_state, loss


def accuracy(network, params, x, y, part=500):
    """Return the part of images x [N, 28, 28] whose largest score is that of their class y [N]."""
    right = 0
    for start in range(0, len(y), part):
        found = scores(network, params, rows(x[start : start + part])).argmax(-1)
        right += int((found == y[start : start + part]).sum())
    return right / len(y)


def main(folder=None, download=False, train=60_000, test=10_000, hidden=256, epochs=1, batch=128):
    if folder is None and not os.environ.get("JAXRNN_DATA") and BESIDE.is_dir():
        folder = BESIDE
    images = load_mnist(folder, download=download)
    x, y = images.train_x[:train], images.train_y[:train].astype(np.int32)
    test_x, test_y = images.test_x[:test], images.test_y[:test]
    updates = epochs * (len(y) // batch)
    print(f"{len(y)} images to learn from, {len(test_y)} to be tested on; {updates} updates")

    network = RNN(LSTM(hidden), num_layers=2)
    keys = jax.random.split(jax.random.key(0))
    params = network.init(keys[0], x.shape[-1]), HEAD.init(keys[1], hidden)
    optimizer = optax.adam(optax.cosine_onecycle_schedule(updates, 4e-3))
    opt_state = optimizer.init(params)
    start = time.perf_counter()
    for number in range(updates):
        chosen = shuffled(number, len(y), batch)
        batch_x, batch_y = rows(x[chosen]), y[chosen]
        params, opt_state, loss = update(network, optimizer, params, opt_state, batch_x, batch_y)
        if number % 50 == 0 or number == updates - 1:
            print(f"update {number:4}: loss {loss:.3f}, {time.perf_counter() - start:.0f} s")
    result = accuracy(network, params, test_x, test_y)
    print(f"test accuracy {result:.2%}")
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="the folder that holds the four files of MNIST")
    parser.add_argument("--download", action="store_true", help="fetch them if they are nowhere")
    parser.add_argument("--train", type=int, default=60_000, help="images to learn from")
    parser.add_argument("--epochs", type=int, default=1)
    main(**vars(parser.parse_args()))
