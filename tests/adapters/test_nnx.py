"""The NNX module computes what the pure functions do, inside and outside of NNX's transforms."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from jaxrnn import GRU, LSTM, RNN, Dropout, Elman, LearnedState, RNNParams, Stack
from jaxrnn.adapters import nnx as adapter
from jaxrnn.initializers import TORCH
from jaxrnn.models.batch_major import BatchMajor

D, T, B = 3, 5, 4
XS = jax.random.normal(jax.random.key(1), (T, B, D))
PLAIN = RNN(LSTM(2))
DEEP = RNN(LSTM(2, bias=False), num_layers=3, bidirectional=True)
RANDOM = RNN(GRU(4), num_layers=2, dropout=0.5)


def assert_same(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    jax.tree.map(np.testing.assert_array_equal, a, b)


def assert_close(a, b):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6), a, b)


def module_of(rnn, **options):
    return adapter.RNN(rnn, D, rngs=nnx.Rngs(0), **options)


def square(result):
    return jnp.square(result[1]).sum()


def count(module):
    return int(module.rngs.count.get_value())


@pytest.mark.parametrize(
    "rnn",
    [PLAIN, DEEP, RNN(LearnedState(GRU(3)), num_layers=2), RNN(Stack((Elman(2), GRU(3))))],
    ids=repr,
)
def test_equals_the_pure_functions(rnn):
    module = module_of(rnn)
    params = rnn.init(nnx.Rngs(0).params(), D)
    assert_same(module.params, params)
    assert_same(module(XS), rnn.apply(params, XS))
    lengths, resets = np.array([5, 0, 2, 1]), np.eye(T, B, dtype=bool)
    state = jax.tree.map(lambda a: a + 0.5, rnn.init_state(params, B))
    options = {"lengths": lengths, "resets": resets, "padding": "hold"}
    assert_same(module(XS, state, **options), rnn.apply(params, XS, state, **options))


def test_batch_first_at_full_size():
    rnn = RNN(LSTM(256, initializer=TORCH), num_layers=3, bidirectional=True)
    module = adapter.RNN(rnn, 128, rngs=nnx.Rngs(0), batch_first=True)
    xs = jax.random.normal(jax.random.key(1), (4, 6, 128))
    state, ys = module(xs)
    assert (ys.shape, state.h.shape, state.c.shape) == ((4, 6, 512), (6, 4, 256), (6, 4, 256))
    assert_same((state, ys), BatchMajor(rnn).apply(module.params, xs))
    np.testing.assert_array_equal(ys[:, -1, :256], state.h[4])  # top layer, forwards
    np.testing.assert_array_equal(ys[:, 0, 256:], state.h[5])  # and backwards


def test_streaming_in_chunks_equals_a_whole_run():
    module = module_of(PLAIN)
    state, ys = module(XS)
    middle, first = module(XS[:2])
    last, second = module(XS[2:], middle)
    assert_close((last, jnp.concatenate([first, second])), (state, ys))


def test_paths_of_the_params():
    pure = nnx.to_pure_dict(nnx.state(module_of(DEEP), nnx.Param))
    assert sorted(pure) == ["first", "rest"]
    assert sorted(pure["rest"]["backward"]) == ["w_h", "w_x"]
    assert pure["rest"]["backward"]["w_x"].shape == (2, 4, 8)
    assert sorted(nnx.to_pure_dict(nnx.state(module_of(PLAIN)))) == ["first"]


# -- transforms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rnn", [DEEP, RANDOM], ids=repr)
def test_e51_d7_plain_jax_transforms_over_a_closed_over_module(rnn):
    module = module_of(rnn)
    module.eval()
    params = module.params
    expected = jax.grad(lambda p: square(rnn.apply(p, XS)))(params)

    graph, variables, rest = nnx.split(module, nnx.Param, ...)
    grads = jax.grad(lambda v: square(nnx.merge(graph, v, rest)(XS)))(variables)
    assert_close(nnx.to_pure_dict(grads)["first"], nnx.to_pure_dict(as_state(expected))["first"])

    by_xs = jax.grad(lambda xs: square(rnn.apply(params, xs)))(XS)
    assert_close(jax.grad(lambda xs: square(module(xs)))(XS), by_xs)
    assert_close(jax.jit(lambda xs: module(xs)[1])(XS), module(XS)[1])
    in_batch = jax.vmap(lambda xs: module(xs)[1], in_axes=1, out_axes=1)(XS)
    assert_close(in_batch, module(XS)[1])


def as_state(params):
    """Params in the layout of `nnx.state`."""
    module = module_of(RNN(LSTM(2)))
    module.first = nnx.data(jax.tree.map(nnx.Param, params.first))
    module.rest = nnx.data(jax.tree.map(nnx.Param, params.rest))
    return nnx.state(module, nnx.Param)


def test_nnx_transforms():
    module = module_of(DEEP)
    expected = jax.grad(lambda p: square(DEEP.apply(p, XS)))(module.params)
    loss, grads = nnx.value_and_grad(lambda m: square(m(XS)))(module)
    np.testing.assert_allclose(loss, square(DEEP.apply(module.params, XS)), rtol=1e-6)
    assert_close(nnx.to_pure_dict(grads), nnx.to_pure_dict(as_state(expected)))
    assert_close(
        nnx.to_pure_dict(nnx.grad(lambda m: square(m(XS)))(module)), nnx.to_pure_dict(grads)
    )
    assert_close(nnx.jit(lambda m, xs: m(xs))(module, XS), module(XS))


def test_second_call_does_not_retrace():
    module, traces = module_of(PLAIN), []

    @nnx.jit
    def run(module, xs):
        traces.append(1)
        return module(xs)[1]

    run(module, XS)
    run(module, XS + 1)
    assert len(traces) == 1
    module.eval()  # a static attribute: another program
    run(module, XS)
    assert len(traces) == 2


def test_an_ensemble_by_vmap():
    @nnx.split_rngs(splits=2)
    @nnx.vmap
    def make(rngs):
        return adapter.RNN(PLAIN, D, rngs=rngs)

    ensemble = make(nnx.Rngs(0))
    ys = nnx.vmap(lambda m, xs: m(xs)[1], in_axes=(0, None))(ensemble, XS)
    for i in range(2):
        params = jax.tree.map(lambda a, i=i: a[i], ensemble.params)
        assert_close(ys[i], PLAIN.apply(params, XS)[1])
    assert float(abs(ys[0] - ys[1]).max()) > 0.01


# -- randomness ------------------------------------------------------------------------------------


def own_key(draws=1):
    """The key that a module made with nnx.Rngs(0) draws at its first call."""
    rngs = nnx.Rngs(0)
    rngs.params()
    stream = rngs["dropout"].fork()
    return [stream() for _ in range(draws)][-1]


def test_dropout_draws_from_the_stream():
    module = module_of(RANDOM)
    assert (module.deterministic, count(module)) == (False, 0)
    for draws in (1, 2):
        expected = RANDOM.apply(module.params, XS, train=True, key=own_key(draws))
        assert_same(module(XS), expected)
        assert count(module) == draws


def test_e56_evaluation_draws_nothing():
    module = module_of(RANDOM)
    expected = RANDOM.apply(module.params, XS)
    assert_same(module(XS, deterministic=True), expected)
    assert_same(nnx.view(module, deterministic=True)(XS), expected)
    module.eval()
    assert_same(module(XS), expected)
    assert count(module) == 0
    module.train()
    assert float(abs(module(XS)[1] - expected[1]).max()) > 0.01
    assert count(module) == 1


def test_a_key_or_streams_given_at_the_call():
    module, key = module_of(RANDOM), jax.random.key(7)
    expected = RANDOM.apply(module.params, XS, train=True, key=key)
    assert_same(module(XS, rngs=key), expected)
    streams = nnx.Rngs(dropout=3)
    first = nnx.Rngs(dropout=3)["dropout"]()
    assert_same(module(XS, rngs=streams), RANDOM.apply(module.params, XS, train=True, key=first))
    assert_same(
        module(XS, rngs=nnx.Rngs(dropout=3)["dropout"]),
        RANDOM.apply(module.params, XS, train=True, key=first),
    )
    assert count(module) == 0
    # with a key, plain transforms work in training too
    graph, variables, rest = nnx.split(module, nnx.Param, ...)
    grads = jax.grad(lambda v: square(nnx.merge(graph, v, rest)(XS, rngs=key)))(variables)
    pure = jax.grad(lambda p: square(RANDOM.apply(p, XS, train=True, key=key)))(module.params)
    assert_close(nnx.to_pure_dict(grads), nnx.to_pure_dict(as_state(pure)))
    with pytest.raises(TypeError, match=r"made by jax.random.key, got int"):
        module(XS, rngs=7)


def test_nnx_jit_moves_the_stream_on():
    module = module_of(RANDOM)
    run = nnx.jit(lambda m, xs: m(xs)[1])
    first, second = run(module, XS), run(module, XS)
    assert count(module) == 2
    assert_close(first, RANDOM.apply(module.params, XS, train=True, key=own_key(1))[1])
    assert_close(second, RANDOM.apply(module.params, XS, train=True, key=own_key(2))[1])


def test_e10_without_a_stream():
    module = adapter.RNN(RANDOM, D, rngs=nnx.Rngs(params=0))
    with pytest.raises(ValueError, match=r"needs a key.*dropout=1.*module.eval\(\)"):
        module(XS)
    module.eval()
    assert_same(module(XS), RANDOM.apply(module.params, XS))


def test_nothing_random_takes_nothing_from_the_stream():
    rngs = nnx.Rngs(params=0, dropout=1)
    module = adapter.RNN(PLAIN, D, rngs=rngs)
    module(XS, rngs=rngs)
    assert int(rngs.dropout.count.get_value()) == 0
    assert module.rngs is None
    assert nnx.to_pure_dict(nnx.state(module, nnx.RngState)) == {}


def test_a_random_wrapper_inside():
    rnn = RNN(Dropout(GRU(4), 0.5))
    module = module_of(rnn)
    expected = rnn.apply(module.params, XS, train=True, key=own_key())
    assert_same(module(XS), expected)


# -- params in and out -----------------------------------------------------------------------------


def test_set_params():
    module = module_of(DEEP)
    other = DEEP.init(jax.random.key(9), D)
    module.set_params(other)
    assert_same(module.params, other)
    assert_same(module(XS), DEEP.apply(other, XS))
    half = jax.tree.map(lambda a: a.astype("bfloat16"), other)
    module.set_params(half)
    assert_same(module(XS.astype("bfloat16")), DEEP.apply(half, XS.astype("bfloat16")))
    with pytest.raises(TypeError, match="set_params: params: expected PyTreeDef"):
        module.set_params(RNNParams(other.first, None))
    wrong = other._replace(first=jax.tree.map(lambda a: a[:, :3], other.first))
    with pytest.raises(ValueError, match=r"first.forward.w_x: expected \(3, 8\), got \(3, 3\)"):
        module.set_params(wrong)
    assert_same(module.params, half)


def test_e5_and_other_wrong_arguments():
    with pytest.raises(TypeError, match="batch_first should be of type bool, got: int"):
        module_of(PLAIN, batch_first=1)
    with pytest.raises(TypeError, match=r"a jaxrnn.RNN, got LSTM.*RNN\(cell\)"):
        module_of(LSTM(3))
    with pytest.raises(ValueError, match="input_size must be greater than zero, got 0"):
        adapter.RNN(PLAIN, 0, rngs=nnx.Rngs(0))
    with pytest.raises(TypeError, match=r"nnx.Rngs, got PRNGKeyArray.*nnx.Rngs\(0\)"):
        adapter.RNN(PLAIN, D, rngs=jax.random.key(0))
    with pytest.raises(TypeError, match="deterministic should be of type bool, got: int"):
        module_of(PLAIN)(XS, deterministic=1)


def test_e11_e12_errors_of_the_core():
    module = module_of(PLAIN, batch_first=True)
    with pytest.raises(ValueError, match=r"7 features .* input_size=3"):
        module(jnp.ones((B, T, 7)))
    with pytest.raises(ValueError, match="Expected input to be 2D or 3D, got 4D"):
        module(jnp.ones((2, B, T, D)))
    flat = jnp.repeat(XS[:, :, None], 2, axis=2)  # time-major: two batch axes
    assert_close(module_of(PLAIN)(flat)[1][:, :, 1], module_of(PLAIN)(XS)[1])


# -- a bigger model --------------------------------------------------------------------------------


DTYPE = jnp.zeros(()).dtype  # Flax's layers are float32 under x64 too, if not told


class Tagger(nnx.Module):
    """A user's model: embedding, two dense layers, and our network between them."""

    def __init__(self, *, rngs):
        self.embed = nnx.Embed(7, D, param_dtype=DTYPE, rngs=rngs)
        self.dense = nnx.Linear(D, 5, param_dtype=DTYPE, rngs=rngs)
        rnn = RNN(LSTM(8, initializer=TORCH), num_layers=2, bidirectional=True, dropout=0.1)
        self.rnn = adapter.RNN(rnn, 5, rngs=rngs, batch_first=True)
        self.head = nnx.Linear(16, 7, param_dtype=DTYPE, rngs=rngs)

    def __call__(self, ids, lengths):
        _, ys = self.rnn(self.dense(self.embed(ids)), lengths=lengths)
        return self.head(ys)


@jax.numpy_dtype_promotion("standard")  # optax.adam raises a float to an int32
def test_trains_inside_a_bigger_model():
    ids = jax.random.randint(jax.random.key(3), (B, 6), 0, 7)
    lengths = jnp.array([6, 4, 2, 5])
    model = Tagger(rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.adam(0.03), wrt=nnx.Param)

    def loss(model, ids, lengths):
        losses = optax.softmax_cross_entropy_with_integer_labels(model(ids, lengths), ids)
        valid = jnp.arange(6) < lengths[:, None]
        return jnp.where(valid, losses, 0.0).sum() / 17  # valid steps

    @nnx.jit
    def step(model, optimizer, ids, lengths):
        value, grads = nnx.value_and_grad(loss)(model, ids, lengths)
        optimizer.update(model, grads)
        return value

    before = model.rnn.params
    losses = [float(step(model, optimizer, ids, lengths)) for _ in range(40)]
    assert losses[0] > 1.5 and losses[-1] < 0.3
    moved = jax.tree.map(lambda a, b: float(abs(a - b).max()), before, model.rnn.params)
    assert min(jax.tree.leaves(moved)) > 0
    model.eval()
    once, again = model(ids, lengths), model(ids, lengths)
    np.testing.assert_array_equal(once, again)
