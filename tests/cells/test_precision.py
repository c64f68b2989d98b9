"""Mixed precision: few bits in the products, float32 in what is carried, summed and learned."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    AllStates,
    Elman,
    GRUResetBefore,
    InputDropout,
    OrthogonalCayley,
    SplitCell,
    Stack,
    scan,
    with_key,
)
from jaxrnn.cells.precision import MixedPrecision, MixedPrecisionSplit
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, eprop, rtrl
from jaxrnn.randomness import without_key
from jaxrnn.testing import cells as laws
from jaxrnn.testing import example


@pytest.fixture(autouse=True)
def float32_by_default():
    with jax.enable_x64(False):
        yield


# derivatives by finite differences, and equality to 1e-12, are not for rounded numbers
LAWS = (
    laws.keeps_structure_shape_and_dtype,
    laws.float64_and_bfloat16,
    laws.split_is_step,
    laws.resolved_is_step,
    laws.second_call_does_not_retrace,
    laws.is_static,
)
CELLS = (
    MixedPrecision(LSTM(4, proj_size=2, peephole=True)),
    MixedPrecision(OrthogonalCayley(Elman(2))),
    MixedPrecision(InputDropout(Stack((Elman(3), GRUResetBefore(2))), 0.2)),
    MixedPrecisionSplit(GRU(4)),
)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_mixed_precision_keeps(law, cell):
    law(cell, 3)


@pytest.mark.parametrize("cell", [c.cell for c in CELLS], ids=repr)
def test_32_bits_change_nothing(cell):
    params, keyed, x = example(cell, 3)
    wrapped = MixedPrecision(cell, "float32")
    for state in (keyed, without_key(keyed)):
        got = wrapped.step(params, state, wrapped.project(params, x))
        want = cell.step(params, state, cell.project(params, x))
        pairs = zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True)
        for a, b in pairs:
            if not jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
                np.testing.assert_array_equal(a, b)


HIDDEN, WIDTH, BATCH = 64, 8, 2


def run(cell, params, xs, targets):
    """Return (h of every step, gradient of a loss)."""

    def loss(params):
        _, (ys, states) = scan(AllStates(cell), params, None, xs)
        return ((ys - targets) ** 2).mean(), states.h

    grads, h = jax.jit(jax.grad(loss, has_aux=True))(params)
    return h, grads


@pytest.mark.parametrize("steps", [16, 256])
def test_e39_bfloat16_products_stay_within_5e_3_of_float64(steps):
    random = np.random.default_rng(0)
    xs = random.normal(size=(steps, BATCH, WIDTH)).astype(np.float32)
    targets = random.normal(size=(steps, BATCH, HIDDEN)).astype(np.float32)
    params = LSTM(HIDDEN).init(jax.random.key(0), WIDTH)
    h, grads = run(MixedPrecision(LSTM(HIDDEN)), params, jnp.array(xs), jnp.array(targets))
    assert h.dtype == jnp.float32
    with jax.enable_x64(True):
        wide = [jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), a) for a in (xs, targets)]
        exact = jax.tree.map(lambda a: jnp.asarray(np.asarray(a), jnp.float64), params)
        h_64, grads_64 = run(LSTM(HIDDEN), exact, *wide)
    error = np.abs(np.asarray(h, np.float64) - np.asarray(h_64)).max()
    assert 1e-5 < error < 5e-3  # not float32 in disguise
    for got, want in zip(jax.tree.leaves(grads), jax.tree.leaves(grads_64), strict=True):
        assert got.dtype == jnp.float32 and bool(jnp.isfinite(got).all())
        got, want = np.asarray(got, np.float64), np.asarray(want)
        assert np.linalg.norm(got - want) < 0.02 * np.linalg.norm(want)


def test_gradients_are_summed_over_time_in_float32():
    # 1000 equal terms, b_hn being read inside the loop: a sum in bfloat16 stops at 256 of them
    cell = MixedPrecision(GRU(1))
    params = jax.tree.map(jnp.zeros_like, cell.init(jax.random.key(0), 1))
    xs = jnp.zeros((1000, 1, 1))

    def total(params):
        # h and the gates stand still; every step is reached from its own output alone
        return scan(cell, params, None, xs, resets=jnp.ones((1000, 1), bool))[1].sum()

    # d y / d n times d n / d b_hn, each half
    np.testing.assert_allclose(jax.grad(total)(params).b_hn, 1000 * 0.25, rtol=1e-2)


def chunk_and_problem(cell):
    random = np.random.default_rng(1)
    xs = jnp.array(random.normal(size=(6, 2, 3)), jnp.float32)
    targets = jnp.array(random.normal(size=(6, 2, 4)), jnp.float32)
    problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
    return Chunk(xs, targets), problem, Params(cell.init(jax.random.key(0), 3), None)


@pytest.mark.parametrize("method", [bptt(), rtrl(), eprop()], ids=repr)
def test_gradient_methods_take_it(method):
    wrapped = MixedPrecisionSplit(GRU(4))
    results = []
    for cell in (wrapped, GRU(4)):
        chunk, problem, params = chunk_and_problem(cell)
        _, grads, _ = accumulate(method, problem, params, None, chunk)
        results.append(grads)
    for got, want in zip(*map(jax.tree.leaves, results), strict=True):
        assert got.dtype == jnp.float32
        assert np.linalg.norm(got - want) < 0.05 * np.linalg.norm(want)


def test_a_network_of_it_with_dropout():
    rnn = RNN(MixedPrecision(LSTM(4)), num_layers=2, dropout=0.5)
    params = rnn.init(jax.random.key(0), 3)
    state = with_key(rnn.init_state(params, 2), jax.random.key(1))
    state, ys = rnn.apply(params, jnp.ones((5, 2, 3)), state)
    assert ys.dtype == jnp.float32
    assert {leaf.dtype.name for leaf in jax.tree.leaves(params)} == {"float32"}


def test_only_split_cells_stay_split():
    assert isinstance(MixedPrecisionSplit(LSTM(2)), SplitCell)
    assert not isinstance(MixedPrecision(LSTM(2)), SplitCell)
    with pytest.raises(TypeError, match="MixedPrecisionSplit: cell should be a SplitCell"):
        MixedPrecisionSplit(GRUResetBefore(2))


def test_dtypes():
    assert MixedPrecision(LSTM(2), jnp.bfloat16) == MixedPrecision(LSTM(2))
    for wrong in ("int8", "float64", "bfloat61", None, "complex64"):
        with pytest.raises(ValueError, match="dtype should be a floating dtype of at most 32 bits"):
            MixedPrecision(LSTM(2), wrong)
