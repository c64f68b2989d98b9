"""The smallest recurrent network there is: four letters in, two numbers out.

    python examples/hello.py

The weights are those that `torch.manual_seed(0); torch.nn.RNN(4, 2)` draws, for you to compare.
"""

import jax.numpy as jnp

from jaxrnn import RNN, Elman, ElmanParams, RNNParams

LETTERS = "helo"
WORDS = ["hello", "eolll", "lleel"]

# h = tanh(x @ w_x + b + h @ w_h)
PARAMS = ElmanParams(
    w_x=jnp.array(  # [D=4, H=2], one row a letter: torch's weight_ih_l0, transposed
        [
            [-0.00529398, -0.27234524],
            [0.37932289, 0.18961589],
            [-0.58198076, -0.01401003],
            [-0.52038747, 0.56065750],
        ]
    ),
    w_h=jnp.array(  # [H=2, H=2], weight_hh_l0, transposed
        [
            [-0.06275152, -0.21369691],
            [0.18710934, -0.13899271],
        ]
    ),
    # [H=2]: torch has two biases, which are only ever added up
    b=jnp.array([-0.67553341, -0.46830416]) + jnp.array([-0.29148576, 0.02619376]),
)


def main():
    numbers = [[LETTERS.index(letter) for letter in word] for word in WORDS]
    xs = jnp.eye(len(LETTERS))[jnp.array(numbers)]  # one-hot: [3, 5, 4]
    print(f"{WORDS} as one-hot vectors: {xs.shape}")
    print("Axis 0 is time: 3 steps of a batch of 5, each with 4 features.\n")

    rnn = RNN(Elman(2))
    state, ys = rnn.apply(RNNParams(PARAMS, None), xs)

    print(f"Outputs {ys.shape}: at each step, for each of the batch, the 2 numbers of the state")
    for t, step in enumerate(ys):
        rows = "  ".join("({:7.4f} {:7.4f})".format(*y) for y in step.tolist())
        print(f"  step {t}: {rows}")
    first, last = ys[0, 0].tolist(), ys[-1, -1].tolist()
    print("\nFirst row of the first step: {:.4f}, {:.4f}".format(*first))
    print("Last row of the last step:   {:.4f}, {:.4f}".format(*last))
    print(f"The state {state.h.shape} (layers, batch, hidden) is the last step: {state.h[0, -1]}")
    return ys


if __name__ == "__main__":
    main()
