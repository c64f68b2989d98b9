"""Many to many, in step: at each character of a text say which one comes next.

    python examples/many_to_many.py

The text is Python's own documentation. The state is carried from one stretch to the next, so the
network remembers more than the 64 characters that gradients go back.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxrnn import GRU, RNN, Output
from jaxrnn.data import Vocabulary, python_documentation, streams

STEPS, BATCH, HIDDEN = 64, 16, 128
NETWORK = RNN(GRU(HIDDEN))


def counted_pairs(train, test, size):
    """Return the loss of who knows only which character follows which how often."""
    counts = np.full((size, size), 0.1)
    np.add.at(counts, (train[:-1], train[1:]), 1)
    chances = counts / counts.sum(1, keepdims=True)
    return float(-np.log(chances[test[:-1], test[1:]]).mean())


def main(updates=400, tested=4000, shown=70):
    text = python_documentation()
    vocabulary = Vocabulary.of(text)
    ids, size = vocabulary.encode(text), len(vocabulary)
    train, test = ids[: len(ids) * 9 // 10], ids[len(ids) * 9 // 10 :][:tested]
    head = Output(size)
    keys = jax.random.split(jax.random.key(0))
    params = NETWORK.init(keys[0], size), head.init(keys[1], HIDDEN)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(5e-3))
    opt_state = optimizer.init(params)

    def loss_of(params, state, inputs, targets):
        """Return the mean loss over all steps, and what is handed on."""
        state, ys = NETWORK.apply(params[0], jax.nn.one_hot(inputs, size), state)
        logits = head.apply(params[1], ys)  # [T, B, V]: an answer at each step
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
        return losses.mean(), (state, logits)

    @jax.jit
    def update(params, opt_state, state, inputs, targets):
        found, grads = jax.value_and_grad(loss_of, has_aux=True)(params, state, inputs, targets)
        loss, (state, _) = found
        steps, opt_state = optimizer.update(grads, opt_state)
        return optax.apply_updates(params, steps), opt_state, state, loss

    reading = streams(train, BATCH, STEPS)  # 16 readers at 16 places of the text
    state = NETWORK.init_state(params[0], BATCH)
    for number in range(updates):
        params, opt_state, state, loss = update(params, opt_state, state, *reading.chunk(number))
        if number % 50 == 0:
            print(f"update {number:4}: loss {loss:.3f} nats per character")

    inputs, targets = jnp.asarray(test[:-1, None]), jnp.asarray(test[1:, None])
    start = NETWORK.init_state(params[0], 1)
    loss, (_, logits) = jax.jit(loss_of)(params, start, inputs, targets)
    loss, pairs = float(loss), counted_pairs(train, test, size)
    print(f"test {loss:.3f} nats per character; counting pairs of characters gives {pairs:.3f}\n")
    said = np.asarray(logits[:, 0].argmax(-1))
    for begin in range(0, min(4 * shown, len(said)), shown):  # each under the one it should be
        for name, row in (("text", test[1:]), ("said", said)):
            print(f"{name}: {vocabulary.decode(row[begin : begin + shown])!r}")
    return loss, pairs


if __name__ == "__main__":
    main()
