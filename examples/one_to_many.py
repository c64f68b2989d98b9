"""One to many: from the name of a digit alone, draw it row by row.

    python examples/one_to_many.py [the/picture.png]

The network is given one vector, that of the name, and from then on only the rows that it drew
itself: `generate` feeds each output back. It learns from scikit-learn's 1797 digits of 8 x 8
pixels. The best that can be drawn without knowing more is the mean of all digits of that name.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from matplotlib.figure import Figure

from jaxrnn import GRU, Output, generate
from jaxrnn.data import load_digits, shuffled
from jaxrnn.models import Lookup

CELL, HEAD, NAMES = GRU(64), Output(8), Lookup(10, 8, padding=False)


def draw(params, labels):
    """Return the images [T=8, B, 8] that are drawn for labels [B]."""
    cell, head, names = params
    first = NAMES.apply(names, labels)  # [B, 8], as wide as a row
    _, drawn = generate(CELL, cell, None, first, 8, lambda y, key: HEAD.apply(head, y))
    return drawn.xs


def mse(params, labels, images):
    return jnp.square(draw(params, labels) - images).mean()


def main(updates=800, batch=64, file="one_to_many.png"):
    data = load_digits()
    images = data.train_x.swapaxes(0, 1).astype(np.float32) / np.float32(16)  # [T=8, N, D=8]
    test = data.test_x.swapaxes(0, 1).astype(np.float32) / np.float32(16)
    labels, test_labels = data.train_y.astype(np.int32), data.test_y.astype(np.int32)
    keys = jax.random.split(jax.random.key(0), 3)
    params = CELL.init(keys[0], 8), HEAD.init(keys[1], 64), NAMES.init(keys[2])
    optimizer = optax.adam(5e-3)
    opt_state = optimizer.init(params)

    @jax.jit
    def update(params, opt_state, labels, images):
        loss, grads = jax.value_and_grad(mse)(params, labels, images)
        steps, opt_state = optimizer.update(grads, opt_state)
        return optax.apply_updates(params, steps), opt_state, loss

    for number in range(updates):
        chosen = shuffled(number, len(labels), batch)
        params, opt_state, loss = update(params, opt_state, labels[chosen], images[:, chosen])
        if number % 100 == 0:
            print(f"update {number:4}: MSE of the batch {loss:.4f}")

    means = np.stack([images[:, labels == name].mean(1) for name in range(10)], axis=1)
    error = float(mse(params, test_labels, test))
    grey = float(np.square(images.mean(1, keepdims=True) - test).mean())
    best = float(np.square(means[:, test_labels] - test).mean())
    print(f"test MSE {error:.4f}; the mean of all digits {grey:.4f}, of each name {best:.4f}\n")

    drawn = np.asarray(draw(params, np.arange(10, dtype=np.int32)))
    for row in drawn[:, :5].clip(0, 1):
        print("  ".join("".join(" .:*#"[int(4.99 * p)] * 2 for p in one) for one in row))
    figure = Figure(figsize=(10, 2.4), layout="constrained")
    for place, axes in enumerate(figure.subplots(2, 10).ravel()):
        axes.imshow((drawn if place < 10 else means)[:, place % 10], cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
    figure.suptitle("drawn from the name (above), the mean of the data (below)", fontsize=10)
    figure.savefig(file, dpi=130)
    print(f"picture: {file}")
    return error, grey, best


if __name__ == "__main__":
    main(file=sys.argv[1] if len(sys.argv) > 1 else "one_to_many.png")
