"""The Linen module computes what the pure functions do, with params that Linen's tools can read."""

import flax.errors
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn
from flax import serialization, traverse_util

from jaxrnn import GRU, LSTM, RNN, Dropout, Elman, LearnedState, Stack
from jaxrnn.adapters import linen as adapter
from jaxrnn.adapters.linen import linen_params, pure_params
from jaxrnn.initializers import TORCH
from jaxrnn.models.batch_major import BatchMajor
from jaxrnn.models.leaves import template

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


def made(rnn, **options):
    """A module, variables for it and the same params for the pure functions."""
    rng = np.random.default_rng(0)
    shapes = template(rnn, D)
    params = jax.tree.map(lambda s: jnp.asarray(rng.normal(size=s.shape), s.dtype), shapes)
    return adapter.RNN(rnn, **options), {"params": linen_params(params)}, params


def square(result):
    return jnp.square(result[1]).sum()


@pytest.mark.parametrize(
    "rnn",
    [PLAIN, DEEP, RNN(LearnedState(GRU(3)), num_layers=2), RNN(Stack((Elman(2), GRU(3))))],
    ids=repr,
)
def test_equals_the_pure_functions(rnn):
    module, variables, params = made(rnn)
    assert_same(pure_params(rnn, variables["params"]), params)
    assert_same(module.apply(variables, XS), rnn.apply(params, XS))
    lengths, resets = np.array([5, 0, 2, 1]), np.eye(T, B, dtype=bool)
    state = jax.tree.map(lambda a: a + 0.5, rnn.init_state(params, B))
    options = {"lengths": lengths, "resets": resets, "padding": "hold"}
    got = module.apply(variables, XS, state, **options)
    assert_same(got, rnn.apply(params, XS, state, **options))


def test_init_is_ours_with_one_key():
    class Key(nn.Module):
        @nn.compact
        def __call__(self):
            return self.make_rng("params")

    rnn = RNN(GRU(2), num_layers=2)
    key, _ = Key().init_with_output(jax.random.key(5))
    (state, ys), variables = adapter.RNN(rnn).init_with_output(jax.random.key(5), XS)
    params = rnn.init(key, D)
    assert_same(pure_params(rnn, variables["params"]), params)
    assert_same((state, ys), rnn.apply(params, XS))


def test_batch_first_at_full_size():
    rnn = RNN(LSTM(256, initializer=TORCH), num_layers=3, bidirectional=True)
    module = adapter.RNN(rnn, batch_first=True)
    xs = jax.random.normal(jax.random.key(1), (4, 6, 128))
    (state, ys), variables = module.init_with_output(jax.random.key(0), xs)
    assert_same(module.apply(variables, xs), (state, ys))
    assert (ys.shape, state.h.shape, state.c.shape) == ((4, 6, 512), (6, 4, 256), (6, 4, 256))
    params = pure_params(rnn, variables["params"])
    assert_same((state, ys), BatchMajor(rnn).apply(params, xs))
    np.testing.assert_array_equal(ys[:, -1, :256], state.h[4])  # top layer, forwards
    np.testing.assert_array_equal(ys[:, 0, 256:], state.h[5])  # and backwards


def test_streaming_in_chunks_equals_a_whole_run():
    module, variables, _ = made(PLAIN)
    state, ys = module.apply(variables, XS)
    middle, first = module.apply(variables, XS[:2])
    last, second = module.apply(variables, XS[2:], middle)
    assert_close((last, jnp.concatenate([first, second])), (state, ys))


def test_one_readable_param_for_each_leaf():
    params = jax.tree.map(jnp.zeros_like, made(DEEP)[2])
    variables = jax.eval_shape(adapter.RNN(DEEP).init, jax.random.key(0), XS)
    variables = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), variables)
    flat = traverse_util.flatten_dict(variables["params"], sep="/")
    assert sorted(flat) == [
        f"{layer}/{direction}/{leaf}"
        for layer in ("first", "rest")
        for direction in ("backward", "forward")
        for leaf in ("w_h", "w_x")
    ]
    assert flat["rest/backward/w_h"].shape == (2, 2, 8)
    assert_same(linen_params(params), variables["params"])
    _, variables, _ = made(PLAIN)
    assert sorted(variables["params"]) == ["first"]  # one layer: no rest
    assert "first" in adapter.RNN(PLAIN).tabulate(jax.random.key(0), XS)


def test_linen_checkpoints_and_optax_masks():
    module, variables, params = made(PLAIN)
    blank = jax.tree.map(jnp.zeros_like, variables)
    restored = serialization.from_bytes(blank, serialization.to_bytes(variables))
    assert_same(module.apply(restored, XS), PLAIN.apply(params, XS))
    biases = traverse_util.path_aware_map(lambda path, _: path[-1] == "b", variables["params"])
    freeze = optax.masked(optax.set_to_zero(), biases)
    updates, _ = freeze.update(variables["params"], freeze.init(variables["params"]))
    assert float(abs(updates["first"]["b"]).max()) == 0
    assert_same(updates["first"]["w_x"], params.first.w_x)


# -- transforms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rnn", [DEEP, RANDOM], ids=repr)
def test_e51_jit_grad_and_vmap(rnn):
    module, variables, params = made(rnn)
    expected = jax.grad(lambda p: square(rnn.apply(p, XS)))(params)
    grads = jax.jit(jax.grad(lambda v: square(module.apply(v, XS))))(variables)
    assert_close(pure_params(rnn, grads["params"]), expected)
    assert_close(jax.jit(module.apply)(variables, XS), rnn.apply(params, XS))
    apply = jax.vmap(lambda xs: module.apply(variables, xs)[1], in_axes=1, out_axes=1)
    assert_close(apply(XS), rnn.apply(params, XS)[1])


@pytest.mark.parametrize("lift", [nn.jit, nn.remat])
def test_lifted_transforms(lift):
    _, variables, params = made(PLAIN)
    module = lift(adapter.RNN)(PLAIN)
    grads = jax.grad(lambda v: square(module.apply(v, XS)))(variables)["params"]
    expected = jax.grad(lambda p: square(PLAIN.apply(p, XS)))(params)
    assert_close(pure_params(PLAIN, grads), expected)


def test_an_ensemble_by_nn_vmap():
    many = nn.vmap(
        adapter.RNN, variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None,
        axis_size=2,
    )(PLAIN)  # fmt: skip
    variables = many.init(jax.random.key(0), XS)
    _, ys = many.apply(variables, XS)
    for i in range(2):
        params = pure_params(PLAIN, jax.tree.map(lambda a, i=i: a[i], variables["params"]))
        assert_close(ys[i], PLAIN.apply(params, XS)[1])
    assert float(abs(ys[0] - ys[1]).max()) > 0.01


# -- randomness ------------------------------------------------------------------------------------


class DropoutKey(nn.Module):
    """What a module at the root draws first from the stream "dropout"."""

    @nn.compact
    def __call__(self):
        return self.make_rng("dropout")


@pytest.mark.parametrize("rnn", [RANDOM, RNN(Dropout(GRU(4), 0.5))], ids=repr)
def test_dropout_draws_from_the_stream(rnn):
    module, variables, params = made(rnn)
    rngs = {"dropout": jax.random.key(7)}
    key = DropoutKey().apply({}, rngs=rngs)
    got = module.apply(variables, XS, train=True, rngs=rngs)
    assert_same(got, rnn.apply(params, XS, train=True, key=key))
    assert_same(module.apply(variables, XS, rngs=rngs), rnn.apply(params, XS))
    assert float(abs(got[1] - rnn.apply(params, XS)[1]).max()) > 0.01


def test_a_key_is_needed_only_if_something_is_random():
    module, variables, params = made(PLAIN)
    assert_same(module.apply(variables, XS, train=True), PLAIN.apply(params, XS))
    module, variables, params = made(RANDOM)
    assert_same(module.apply(variables, XS), RANDOM.apply(params, XS))
    with pytest.raises(flax.errors.InvalidRngError, match="dropout"):
        module.apply(variables, XS, train=True)


# -- params in and out, and errors -----------------------------------------------------------------


def test_our_params_in_linen():
    params = DEEP.init(jax.random.key(9), D)
    got = adapter.RNN(DEEP).apply({"params": linen_params(params)}, XS)
    assert_same(got, DEEP.apply(params, XS))
    half = jax.tree.map(lambda a: a.astype("bfloat16"), params)
    got = adapter.RNN(DEEP).apply({"params": linen_params(half)}, XS.astype("bfloat16"))
    assert_same(got, DEEP.apply(half, XS.astype("bfloat16")))


def test_e60_params_of_another_network():
    _, variables, _ = made(PLAIN)
    with pytest.raises(ValueError, match=r"pure_params: .*missing first.forward.w_x.*unexpected"):
        adapter.RNN(DEEP).apply(variables, XS)
    with pytest.raises(ValueError, match=r"first.w_h: expected \(3, 12\), got \(2, 8\)"):
        adapter.RNN(RNN(LSTM(3))).apply(variables, XS)
    with pytest.raises(flax.errors.ScopeCollectionNotFound):
        adapter.RNN(PLAIN).apply({}, XS)


def test_e5_and_other_wrong_arguments():
    with pytest.raises(TypeError, match="batch_first should be of type bool, got: int"):
        adapter.RNN(PLAIN, batch_first=1)
    with pytest.raises(TypeError, match=r"a jaxrnn.RNN, got LSTM.*RNN\(cell\)"):
        adapter.RNN(LSTM(3))
    module, variables, _ = made(PLAIN)
    with pytest.raises(TypeError, match="train should be of type bool, got: int"):
        module.apply(variables, XS, train=1)


def test_e11_e12_errors_of_the_core():
    module, variables, _ = made(PLAIN, batch_first=True)
    with pytest.raises(ValueError, match=r"7 features .* input_size=3"):
        module.apply(variables, jnp.ones((B, T, 7)))
    with pytest.raises(ValueError, match="Expected input to be 2D or 3D, got 4D"):
        module.apply(variables, jnp.ones((2, B, T, D)))
    with pytest.raises(ValueError, match="rank 1"):
        module.init(jax.random.key(0), jnp.ones(D))
    with pytest.raises(TypeError, match="should be an array"):
        module.init(jax.random.key(0), [[1.0]])


# -- a bigger model --------------------------------------------------------------------------------


DTYPE = jnp.zeros(()).dtype  # Flax's layers are float32 under x64 too, if not told


class Tagger(nn.Module):
    """A user's model: embedding, two dense layers, and our network between them."""

    @nn.compact
    def __call__(self, ids, lengths, train):
        xs = nn.Dense(5, param_dtype=DTYPE)(nn.Embed(7, D, param_dtype=DTYPE)(ids))
        rnn = RNN(LSTM(8, initializer=TORCH), num_layers=2, bidirectional=True, dropout=0.1)
        _, ys = adapter.RNN(rnn, batch_first=True)(xs, lengths=lengths, train=train)
        return nn.Dense(7, param_dtype=DTYPE)(ys)


@jax.numpy_dtype_promotion("standard")  # optax.adam raises a float to an int32
def test_trains_inside_a_bigger_model():
    ids = jax.random.randint(jax.random.key(3), (B, 6), 0, 7)
    lengths = jnp.array([6, 4, 2, 5])
    model = Tagger()
    params = jax.jit(lambda key: model.init(key, ids, lengths, False))(jax.random.key(0))["params"]
    assert sorted(params) == ["Dense_0", "Dense_1", "Embed_0", "RNN_0"]
    optimizer = optax.adam(0.03)

    def loss(params, key):
        logits = model.apply({"params": params}, ids, lengths, True, rngs={"dropout": key})
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, ids)
        valid = jnp.arange(6) < lengths[:, None]
        return jnp.where(valid, losses, 0.0).sum() / 17  # valid steps

    @jax.jit
    def step(params, state, key):
        value, grads = jax.value_and_grad(loss)(params, key)
        updates, state = optimizer.update(grads, state)
        return optax.apply_updates(params, updates), state, value

    before, state, losses = params["RNN_0"], optimizer.init(params), []
    for key in jax.random.split(jax.random.key(4), 40):
        params, state, value = step(params, state, key)
        losses.append(float(value))
    assert losses[0] > 1.5 and losses[-1] < 0.3
    moved = jax.tree.map(lambda a, b: float(abs(a - b).max()), before, params["RNN_0"])
    assert min(jax.tree.leaves(moved)) > 0
