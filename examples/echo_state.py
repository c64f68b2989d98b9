"""An echo state network on the Mackey-Glass series, and draw what it says when it runs alone.

    python examples/echo_state.py [the/picture.png]

First 300 random units: only a readout is fitted, in closed form, and the network then goes on from
its own output. Then 20 units that say in one go what comes 84 steps later. There random weights are
not enough: gradient methods train them, and the readout is fitted anew.
"""

import sys

import jax
import jax.numpy as jnp
import optax
from matplotlib.figure import Figure

from jaxrnn import Output, Reservoir, ReservoirState, generate, ridge, scan
from jaxrnn.data import mackey_glass17
from jaxrnn.gradients import Chunk, Params, Problem, online, rflo, tbptt

WASHOUT, TRAINED, AHEAD, SHOWN = 100, 3000, 84, 500  # steps
HEAD = Output(1)


def nrmse(found, true):
    return float(jnp.sqrt(jnp.square(found - true).mean() / true.var()))


def fit(cell, params, xs, ys, penalty):
    """Return the states of all steps, and a readout fitted to the first 3000."""
    _, hs = scan(cell, params, None, xs)
    return hs, ridge(hs[WASHOUT:TRAINED], ys[WASHOUT:TRAINED], penalty)


def run_alone(series, units, file):
    cell = Reservoir(units, leak=0.5)
    params = cell.init(jax.random.key(0), 1)
    hs, readout = fit(cell, params, series[:-1], series[1:], 1e-10)
    starts = TRAINED + 20 * jnp.arange(50)

    def feedback(h, key):
        return HEAD.apply(readout, h)

    state = ReservoirState(hs[starts - 1])  # one network for each start
    _, free = generate(cell, params, state, series[starts], SHOWN, feedback)
    error = nrmse(free.xs[AHEAD - 1], series[starts + AHEAD])
    print(f"{units} random units, {AHEAD} steps on their own: NRMSE {error:.1e}")
    shown = slice(TRAINED + 1, TRAINED + 1 + SHOWN)
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(series[shown], color="0.78", lw=5, label="data")
    one = HEAD.apply(readout, hs[TRAINED : TRAINED + SHOWN])
    axes.plot(one, color="tab:blue", label="one step ahead")
    axes.plot(free.xs[:, 0], color="tab:orange", ls="--", label="fed with its own output")
    axes.set(xlabel="steps", ylabel="tanh(x - 1)", ylim=(-0.7, 0.7), xmargin=0.01)
    axes.legend(loc="upper left", ncols=3, frameon=False)
    figure.savefig(file, dpi=130)
    print(f"picture: {file}")
    return error


def train(method, series, units, passes):
    """Return the error of the forecast with random weights, and with weights that were trained."""
    cell, xs, ys = Reservoir(units, leak=0.5), series[:-AHEAD], series[AHEAD:]

    def error(hs, readout):
        return nrmse(HEAD.apply(readout, hs[TRAINED:]), ys[TRAINED:])

    problem = Problem(cell, lambda head, hs, ys: jnp.square(HEAD.apply(head, hs) - ys).sum(-1))
    random = cell.init(jax.random.key(0), 1)
    hs, readout = fit(cell, random, xs, ys, 1e-6)
    params, chunk = Params(random, readout), Chunk(xs[:TRAINED, None], ys[:TRAINED, None])
    optimizer = optax.adam(1e-3)
    opt_state = optimizer.init(params)
    for _ in range(passes):
        memory = method.init(problem, params, cell.init_state(params.cell, 1), chunk)
        (params, opt_state, _), _ = online(
            method, problem, optimizer, params, opt_state, memory, chunk
        )
    return error(hs, readout), error(*fit(cell, params.cell, xs, ys, 1e-6))


def main(file="echo_state.png", units=300, few=20, passes=10):
    with jax.enable_x64(True):  # states of a reservoir are nearly dependent: float32 is not enough
        series = jnp.asarray(mackey_glass17(TRAINED + 2000))[:, None]
        alone = run_alone(series, units, file)
        errors = {}
        for method in (tbptt(50), rflo()):
            name = type(method).__name__
            errors[name] = train(method, series, few, passes)
            before, after = errors[name]
            print(f"{few} units, forecast of {AHEAD} steps: NRMSE {before:.3f}, {name} {after:.3f}")
    return alone, errors


if __name__ == "__main__":
    main(file=sys.argv[1] if len(sys.argv) > 1 else "echo_state.png")
