"""Every shape a newcomer asks about.

    python examples/shapes.py

Letters: T time, B batch, D input features, H hidden size, L layers.
"""

import jax
import jax.numpy as jnp

from jaxrnn import GRU, LSTM, RNN, Elman, Output, generate, scan

T, B, D, H = 6, 4, 128, 256
KEY = jax.random.key(0)


def rows():
    """Yield (what, shape going in, shape coming out)."""
    xs = jnp.ones((T, B, D))

    rnn = RNN(Elman(H))
    params = rnn.init(KEY, D)
    state, ys = rnn.apply(params, xs)
    yield "one layer: outputs [T, B, H]", xs, ys
    yield "    state.h [L, B, H]", xs, state.h
    yield "no batch: outputs [T, H]", xs[:, 0], rnn.apply(params, xs[:, 0])[1]
    yield "one step: outputs [1, B, H]", xs[:1], rnn.apply(params, xs[:1], state)[1]

    batch_major = jnp.ones((B, T, D))
    ys = rnn.apply(params, batch_major.swapaxes(0, 1))[1].swapaxes(0, 1)
    yield "batch-major data: swapaxes(0, 1) in and out", batch_major, ys

    rnn = RNN(LSTM(H), num_layers=3, bidirectional=True)
    state, ys = rnn.apply(rnn.init(KEY, D), xs)
    yield "3 layers, both directions: outputs [T, B, 2H]", xs, ys
    yield "    state.h and state.c [2L, B, H]", xs, state.h
    yield "    last layer, forward: state.h[-2]", xs, state.h[-2]

    rnn = RNN(GRU(H))
    params = rnn.init(KEY, D)
    head = Output(10)
    head_params = head.init(KEY, H)
    _, ys = rnn.apply(params, xs)
    yield "many to one: head(ys[-1]) [B, 10]", xs, head.apply(head_params, ys[-1])
    yield "many to many: head(ys) [T, B, 10]", xs, head.apply(head_params, ys)

    back = Output(D)  # turns an output into the next input
    back_params = back.init(KEY, H)
    cell, cell_params, _ = rnn.as_cell(params)
    _, out = generate(cell, cell_params, None, xs[0], 20, lambda y, key: back.apply(back_params, y))
    yield "one to many: generate 20 steps", xs[0], out.ys

    lengths = jnp.array([6, 3, 1, 5])
    state, ys = rnn.apply(params, xs, lengths=lengths)
    yield f"lengths {lengths.tolist()}: outputs, 0 in padding", xs, ys
    yield "    state.h: of each one's last valid step", xs, state.h

    cell = GRU(H)  # a cell can also be driven without RNN
    state, ys = scan(cell, cell.init(KEY, D), None, xs)
    yield "scan of a bare cell: outputs [T, B, H]", xs, ys
    yield "    state.h [B, H], no layer axis", xs, state.h


def main():
    print(f"T={T} steps, batch B={B}, D={D} features, H={H} hidden units\n")
    print(f"{'':47}{'in':16}out")
    table = [(what, x.shape, y.shape) for what, x, y in rows()]
    for what, given, result in table:
        print(f"{what:47}{given!s:16}{result}")
    return table


if __name__ == "__main__":
    main()
