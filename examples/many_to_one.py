"""Many to one: read a digit row by row, and say at the end which it is.

    python examples/many_to_one.py

1797 digits of 8 x 8 pixels come with scikit-learn: each is a sequence of 8 rows of 8 pixels.
"""

import jax
import numpy as np
import optax

from jaxrnn import GRU, RNN, Output
from jaxrnn.data import load_digits, shuffled

NETWORK, HEAD = RNN(GRU(64)), Output(10)


def rows(images):
    """Return images [B, 8, 8] of 0..16 as sequences of rows [T=8, B, D=8] of 0..1."""
    return images.swapaxes(0, 1).astype(np.float32) / np.float32(16)


def scores(params, xs):
    """Return the scores of the ten digits [B, 10]: only the last of the outputs is asked."""
    _, ys = NETWORK.apply(params[0], xs)
    return HEAD.apply(params[1], ys[-1])


def loss_of(params, xs, labels):
    return optax.softmax_cross_entropy_with_integer_labels(scores(params, xs), labels).mean()


def main(updates=600, batch=32):
    data = load_digits()
    train_y, test_y = data.train_y.astype(np.int32), data.test_y
    keys = jax.random.split(jax.random.key(0))
    params = NETWORK.init(keys[0], 8), HEAD.init(keys[1], 64)
    optimizer = optax.adam(5e-3)
    opt_state = optimizer.init(params)

    @jax.jit
    def update(params, opt_state, xs, labels):
        loss, grads = jax.value_and_grad(loss_of)(params, xs, labels)
        steps, opt_state = optimizer.update(grads, opt_state)
        return optax.apply_updates(params, steps), opt_state, loss

    for number in range(updates):
        chosen = shuffled(number, len(train_y), batch)  # the batch is a function of its number
        xs, labels = rows(data.train_x[chosen]), train_y[chosen]
        params, opt_state, loss = update(params, opt_state, xs, labels)
        if number % 100 == 0:
            print(f"update {number:4}: loss {loss:.3f}")

    said = np.asarray(scores(params, rows(data.test_x)).argmax(-1))
    accuracy = float((said == test_y).mean())
    commonest = float((test_y == np.bincount(train_y).argmax()).mean())
    print(f"test accuracy {accuracy:.1%}; always the commonest digit: {commonest:.1%}\n")
    for place in range(3):
        print(f"said {said[place]}, it is {test_y[place]}:")
        for row in data.test_x[place]:
            print("    " + "".join(" .:*#"[pixel // 4] * 2 for pixel in row.astype(int)))
    return accuracy, commonest


if __name__ == "__main__":
    main()
