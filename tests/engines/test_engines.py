"""Every engine against the plain scan: the same call, another name in `engine=`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    BatchMajor,
    Directions,
    Elman,
    GRUResetBefore,
    LearnedState,
    bidirectional,
    explain,
    native,
    scan,
    stack,
)
from jaxrnn.engines import COMPILED, ENGINES, SCAN

HERE = [name for name in ENGINES if name != "compiled" or native.absent() is None]
CELLS = (Elman(5), GRU(5), LSTM(5), LSTM(5, bias=False))
LENGTHS, RESETS = jnp.array([4, 6, 0]), jnp.zeros((6, 3), bool).at[2, 1].set(True)
OPTIONS = {
    "plain": {},
    "reverse": {"reverse": True},
    "lengths": {"lengths": LENGTHS},
    "lengths in reverse, held": {"lengths": LENGTHS, "reverse": True, "padding": "hold"},
    "holes": {"mask": jnp.arange(18).reshape(6, 3) % 4 > 0},
    "resets": {"resets": RESETS},
    "resets and lengths": {"resets": RESETS, "lengths": LENGTHS},
}


def drawn(cell, *shape):
    """Return (params, state, xs), asymmetric."""
    source = np.random.default_rng(3)
    params = jax.tree.map(
        lambda a: a + jnp.asarray(source.normal(size=a.shape, scale=0.3), a.dtype),
        cell.init(jax.random.key(1), 4),
    )
    state = jax.tree.map(
        lambda a: jnp.asarray(source.normal(size=a.shape), a.dtype),
        cell.init_state(params, shape[1:]),
    )
    return params, state, jnp.asarray(source.normal(size=(*shape, 4)), jnp.float32)


def outcome(run, *args):
    """Return results, and gradients of a random functional of them."""

    def functional(*args):
        leaves = jax.tree.leaves(run(*args))
        keys = jax.random.split(jax.random.key(5), len(leaves))
        return sum(
            (jax.random.normal(k, a.shape) * a).sum() for k, a in zip(keys, leaves, strict=True)
        )

    return run(*args), jax.grad(functional, tuple(range(len(args))))(*args)


def close(engine, call, *args):
    """Check that an engine and the plain scan give the same results and gradients."""
    found, expected = (outcome(partial(call, engine=name), *args) for name in (engine, "scan"))
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_an_engine_is_the_scan(cell, options, engine):
    def call(params, state, xs, engine):
        return scan(cell, params, state, xs, engine=engine, **options)

    close(engine, call, *drawn(cell, 6, 3))


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("shape", [(6,), (6, 2, 3), (0, 3), (6, 0)], ids=str)
def test_any_batch_axes(shape, engine):
    close(engine, partial(scan, LSTM(5)), *drawn(LSTM(5), *shape))


@pytest.mark.parametrize("engine", HERE)
def test_both_directions_layers_and_networks(engine):
    cell = GRU(4)
    params, _, xs = drawn(cell, 5, 3)
    both = Directions(params, jax.tree.map(lambda a: 0.7 * a, params))
    layers = jax.tree.map(lambda a: jnp.stack([a, 0.5 * a]), params)
    network = RNN(cell, num_layers=3, bidirectional=True)
    weights = network.init(jax.random.key(2), 4)
    lengths = jnp.array([5, 2, 3])

    def in_both(params, xs, engine):
        return bidirectional(cell, params, None, xs, engine=engine, lengths=lengths)

    def in_layers(params, xs, engine):
        return stack(cell, params, None, xs, engine=engine, lengths=lengths)

    close(engine, in_both, both, xs)
    close(engine, in_layers, layers, xs)
    close(engine, partial(network.apply, lengths=lengths), weights, xs)


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_no_gradient_crosses_a_reset_not_even_a_nan(cell, engine):
    params, state, xs = drawn(cell, 4, 2)
    resets = jnp.zeros((4, 2), bool).at[2].set(True)
    ys, back = jax.vjp(lambda x: scan(cell, params, state, x, resets=resets, engine=engine)[1], xs)
    (got,) = back(jnp.zeros_like(ys).at[3].set(jnp.nan))
    assert np.isfinite(got[:2]).all() and not np.isfinite(got[3]).any()


class Counting:
    """An engine of one's own: the plain scan, and how often it was asked to run."""

    name, why = "counting", "to count"

    def __init__(self):
        self.runs = 0

    def refuses(self, walk):
        return "it likes no GRU" if isinstance(walk.cell, GRU) else None

    def run(self, walk):
        self.runs += 1
        return SCAN.run(walk)


def test_an_engine_of_ones_own_runs_in_scan_layers_and_networks():
    cell = Elman(4)
    params, state, xs = drawn(cell, 5, 3)
    layers = jax.tree.map(lambda a: jnp.stack([a, 0.5 * a]), params)
    network = RNN(cell, num_layers=2)
    weights = network.init(jax.random.key(2), 4)
    for call in (
        partial(scan, cell, params, state, xs),
        partial(stack, cell, layers, None, xs),
        partial(network.apply, weights, xs),
        partial(BatchMajor(network).apply, weights, xs),
    ):
        mine = Counting()
        found, expected = call(engine=mine), call()
        assert mine.runs > 0
        for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(
        ValueError, match=r"engine=counting cannot run GRU.*: it likes no GRU\. Use"
    ):
        scan(GRU(4), drawn(GRU(4), 5, 3)[0], None, xs, engine=Counting())


def test_a_layer_of_ones_own_needs_to_know_no_engines():
    cell = Elman(4)
    params, _, xs = drawn(cell, 5, 3)
    layers = jax.tree.map(lambda a: jnp.stack([a, 0.5 * a]), params)

    def mine(cell, params, state, xs, *, mask, resets, unroll, padding):
        return scan(cell, params, state, xs, mask=mask, resets=resets)

    found = stack(cell, layers, None, xs, layer=mine)[1]
    np.testing.assert_array_equal(found, stack(cell, layers, None, xs)[1])


def test_explain_says_what_runs():
    cell = LSTM(5)
    found = explain(cell, *drawn(cell, 6, 3))
    assert found.engine == SCAN and list(found.reasons) == list(ENGINES)
    assert str(found).splitlines()[0] == "engine: scan"
    assert sum(line.startswith("* ") for line in str(found).splitlines()) == 1
    assert explain(cell, *drawn(cell, 6, 3), engine=SCAN).reasons["scan"].startswith("asked for")


@pytest.mark.parametrize(
    "cell, hint",
    [
        (GRUResetBefore(4), "not for GRUResetBefore"),
        (LearnedState(GRU(4)), "not for LearnedState"),
        (LSTM(4, peephole=True), "peephole"),
        (LSTM(4, proj_size=2), "proj_size"),
        (Elman(4, activation="relu"), "not with relu"),
    ],
    ids=repr,
)
def test_what_is_refused_names_the_cell_and_a_way_out(cell, hint):
    params, state, xs = drawn(cell, 6, 3)
    why = native.absent() or hint
    assert why in explain(cell, params, state, xs).reasons["compiled"]
    with pytest.raises(ValueError) as error:
        scan(cell, params, state, xs, engine=COMPILED)
    assert "scan: engine=compiled cannot run" in str(error.value) and why in str(error.value)
    assert str(error.value).endswith("Use engine=scan, or auto.")


def test_other_dtypes_are_refused():
    cell = GRU(4)
    params = jax.tree.map(lambda a: a.astype(jnp.bfloat16), cell.init(jax.random.key(0), 4))
    xs = jnp.ones((3, 2, 4), jnp.bfloat16)
    why = native.absent() or "it computes in float32, and there is bfloat16"
    assert explain(cell, params, None, xs).reasons["compiled"] == why


@pytest.mark.parametrize(
    "engine, kind, words",
    [
        ("compield", ValueError, "engine should be one of auto, compiled, scan, got 'compield'."),
        (3, TypeError, "engine should be a name or an engine, got int."),
    ],
)
def test_unknown_engines(engine, kind, words):
    cell = GRU(4)
    params, _, xs = drawn(cell, 6, 3)
    network = RNN(cell, num_layers=2)
    calls = {
        "scan": lambda: scan(cell, params, None, xs, engine=engine),
        "explain": lambda: explain(cell, params, None, xs, engine=engine),
        "bidirectional": lambda: bidirectional(
            cell, Directions(params, params), None, xs, engine=engine
        ),
        "RNN.apply": lambda: network.apply(network.init(jax.random.key(0), 4), xs, engine=engine),
    }
    for owner, call in calls.items():
        with pytest.raises(kind) as error:
            call()
        assert str(error.value).startswith(f"{owner}: {words}")
