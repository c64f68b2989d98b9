"""Forecast a noisy sine, and draw it.

    python examples/sine.py [the/picture.png]

From windows of 10 points a network of 2 layers of 64 tanh units learns to say the next one. Then it
goes on alone: each prediction is fed back as the next input.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from matplotlib.figure import Figure

from jaxrnn import RNN, Elman, Output
from jaxrnn.data import noisy_sine, shuffled, sliding_windows

STEPS, BATCH, TRAINED, FREE = 10, 8, 80, 60  # points
NETWORK, HEAD = RNN(Elman(64), num_layers=2), Output(1)


def predict(params, xs):
    """Return what follows each point of xs [T, B, 1], knowing only what came before."""
    _, ys = NETWORK.apply(params[0], xs)
    return HEAD.apply(params[1], ys)


def mse(params, xs, targets):
    """Return the error of the prediction after the last point of each window."""
    return jnp.square(predict(params, xs)[-1] - targets[-1]).mean()


def train(xs, targets, updates):
    keys = jax.random.split(jax.random.key(0))
    params = NETWORK.init(keys[0], 1), HEAD.init(keys[1], 64)
    optimizer = optax.adam(3e-4)
    opt_state = optimizer.init(params)

    @jax.jit
    def update(params, opt_state, xs, targets):
        loss, grads = jax.value_and_grad(mse)(params, xs, targets)
        steps, opt_state = optimizer.update(grads, opt_state)
        return optax.apply_updates(params, steps), opt_state, loss

    for number in range(updates):
        chosen = shuffled(number, xs.shape[1], BATCH)
        params, opt_state, loss = update(params, opt_state, xs[:, chosen], targets[:, chosen])
        if number % 100 == 0:
            print(f"update {number:4}: MSE of the batch {loss:.4f}")
    return params


def go_on(params, window, steps):
    """Return `steps` values, each predicted from the last 10, its own predictions included."""
    values = []  # `generate` would carry the state on, which was never trained beyond 10 steps
    for _ in range(steps):
        following = predict(params, window)[-1:]
        window = jnp.concatenate([window[1:], following])
        values.append(following.item())
    return values


def draw(series, predicted, free, file):
    dx = series.x[1] - series.x[0]
    later = series.x[TRAINED] + dx * np.arange(len(free))
    curve = np.linspace(series.x[0], later[-1], 500)
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(series.x[TRAINED] - dx / 2, later[-1], color="0.95", zorder=0)
    axes.plot(curve, np.sin(curve), color="0.78", lw=6, solid_capstyle="round", label="sin(x)")
    axes.plot(series.x, series.y, "o", ms=4, color="0.25", label="data: sin(x) + noise")
    axes.plot(series.x[STEPS:], predicted, color="tab:blue", label="one step ahead")
    axes.plot(later, free, color="tab:orange", lw=2, label="fed with its own output")
    axes.text(series.x[TRAINED], 1.42, "not seen in training", va="center", color="0.35")
    axes.set(xlabel="x (radians)", ylabel="y", ylim=(-1.6, 1.6), xmargin=0.01)
    axes.legend(loc="lower left", ncols=4, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=130)


def main(updates=600, file="sine.png"):
    series = noisy_sine()
    inputs, targets = sliding_windows(series.y[:, None], STEPS)
    known = TRAINED - STEPS  # windows whose target is among the first 80 points
    params = train(inputs[:, :known], targets[:, :known], updates)
    fitted = float(mse(params, inputs[:, :known], targets[:, :known]))
    test = float(mse(params, inputs[:, known:], targets[:, known:]))
    print(f"MSE train {fitted:.4f}, test {test:.4f} (the noise alone: 0.0100)")
    free = go_on(params, jnp.asarray(inputs[:, known : known + 1]), FREE)
    draw(series, predict(params, inputs)[-1, :, 0], free, file)
    print(f"picture: {file}")
    return fitted, test


if __name__ == "__main__":
    main(file=sys.argv[1] if len(sys.argv) > 1 else "sine.png")
