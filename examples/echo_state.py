"""An echo state network on the Mackey-Glass series, and draw what it says when it runs alone.

    python examples/echo_state.py [the/picture.png]

First 300 random units: only a readout is fitted, in closed form, and the network then goes on from
its own output. Then 20 units that are to follow NARMA10, a system with a memory of ten steps:
random weights are not enough there, so gradient methods train them and the readout is fitted anew.
"""

import sys

import jax
import jax.numpy as jnp
import optax
from matplotlib.figure import Figure

from jaxrnn import Output, Reservoir, ReservoirState, generate, ridge, scan
from jaxrnn.data import mackey_glass17, narma10
from jaxrnn.gradients import Chunk, Params, Problem, online, rtrl, tbptt
from jaxrnn.initializers import reservoir

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
    print(f"{units} random units, {AHEAD} steps on their own: NRMSE {error:.1e}; picture: {file}")
    shown = slice(TRAINED + 1, TRAINED + 1 + SHOWN)
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(series[shown], color="0.78", lw=5, label="data")
    axes.plot(HEAD.apply(readout, hs[TRAINED:][:SHOWN]), color="tab:blue", label="one step ahead")
    axes.plot(free.xs[:, 0], color="tab:orange", ls="--", label="fed with its own output")
    axes.set(xlabel="steps", ylabel="tanh(x - 1)", ylim=(-0.7, 0.7), xmargin=0.01)
    axes.legend(loc="upper left", ncols=3, frameon=False)
    figure.savefig(file, dpi=130)
    return error


def train(method, units, passes, streams=10):
    """Return the error with random weights, and with weights that were trained."""
    cell = Reservoir(units, initializer=reservoir(radius=0.9, input_scale=0.2))
    xs, ys = (jnp.asarray(a)[:, None] for a in narma10(TRAINED + 2000))
    random = cell.init(jax.random.key(0), 1)
    hs, readout = fit(cell, random, xs, ys, 1e-4)
    before = nrmse(HEAD.apply(readout, hs[TRAINED:]), ys[TRAINED:])
    parts = (a[:TRAINED].reshape(streams, -1, 1).swapaxes(0, 1) for a in (xs, ys))
    problem = Problem(cell, lambda head, hs, ys: jnp.square(HEAD.apply(head, hs) - ys).sum(-1))
    weights = jnp.ones((TRAINED // streams, streams)).at[:50].set(0) / (streams * method.length)
    params, chunk = Params(random, readout), Chunk(*parts, weights)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(3e-3))
    opt_state = optimizer.init(params)

    @jax.jit
    def read(params, opt_state):
        state = cell.init_state(params.cell, streams)
        memory = method.init(problem, params, state, chunk)
        return online(method, problem, optimizer, params, opt_state, memory, chunk)[0][:2]

    for _ in range(passes):
        params, opt_state = read(params, opt_state)
    hs, readout = fit(cell, params.cell, xs, ys, 1e-4)
    return before, nrmse(HEAD.apply(readout, hs[TRAINED:]), ys[TRAINED:])


def main(file="echo_state.png", units=300, few=20, passes=100):
    with jax.enable_x64(True):  # states of a reservoir are nearly dependent: float32 is not enough
        series = jnp.asarray(mackey_glass17(TRAINED + 2000))[:, None]
        alone = run_alone(series, units, file)
        errors = {}
        for method in (tbptt(50), rtrl(50)):
            before, after = errors[method] = train(method, few, passes)
            print(f"NARMA10, {few} units: NRMSE {before:.3f} random, {after:.3f} by {method!r}")
    return alone, errors


if __name__ == "__main__":
    main(file=sys.argv[1] if len(sys.argv) > 1 else "echo_state.png")
