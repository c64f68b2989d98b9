"""A step makes the update or leaves everything as it was."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn import Elman
from jaxrnn.gradients import bptt, tbptt
from jaxrnn.training import (
    OptimizerSettings,
    build_optimizer,
    by_autodiff,
    by_method,
    init_state,
    judged,
    leaf_names,
    make_step,
    standard_promotion,
)  # fmt: skip
from tests.training.tiny import PROBLEM, Numbers, batch_at, linear, params_of, problem_of, same_bits

KEY = jax.random.key(3)
GRADIENT = by_method(PROBLEM, tbptt(3), stream=True)
LINEAR = by_autodiff(linear)


def numbers(*values):
    x = jnp.array(values, jnp.float32)[:, None]
    return Numbers(x, jnp.ones_like(x))


def start(optimizer, gradient=LINEAR, **options):
    return init_state(gradient, optimizer, {"w": jnp.ones(1)}, None, KEY, **options)


def test_e40_an_integer_in_params_is_named():
    params = {"w": jnp.ones(2), "step": jnp.int32(3)}
    with pytest.raises(TypeError, match=r"params\['step'\]: params must be floating point.*int32"):
        init_state(LINEAR, optax.sgd(0.1), params, None, KEY)
    with pytest.raises(TypeError, match=r"params\['step'\]: params must be floating point.*int"):
        init_state(LINEAR, optax.sgd(0.1), {"step": 3}, None, KEY)
    state = start(optax.sgd(0.1))._replace(params=params)
    with pytest.raises(TypeError, match=r"^step: params\['step'\]"):
        jax.jit(make_step(LINEAR, optax.sgd(0.1)))(state, numbers(1.0))


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "anew"])
def test_e54_a_whole_step_under_the_check_for_reused_keys(stream):
    gradient, optimizer = by_method(PROBLEM, bptt(), stream=stream), optax.sgd(0.1)
    with jax.debug_key_reuse(True):
        state = init_state(gradient, optimizer, params_of(), batch_at(0), KEY)
        step = jax.jit(make_step(gradient, optimizer))
        for number in range(2):
            state, report = step(state, batch_at(number))
        assert report.finite and state.step == 2


def test_strict_promotion_leaves_every_optimizer_working():
    assert jax.config.jax_numpy_dtype_promotion == "strict"
    with pytest.raises(jax.dtypes.TypePromotionError):
        plain = optax.adam(0.1)
        plain.update(jnp.ones(2), plain.init(jnp.ones(2)))
    wrapped = standard_promotion(optax.adam(0.1))
    updates, _ = wrapped.update(jnp.ones(2), wrapped.init(jnp.ones(2)))
    np.testing.assert_allclose(updates, -0.1, rtol=1e-5)


def test_the_second_step_does_not_trace_again():
    traces = []
    optimizer = build_optimizer(OptimizerSettings(schedule="cosine", accumulate=2), 10)
    inner = make_step(LINEAR, optimizer, average=0.9)

    @jax.jit
    def step(state, chunk):
        traces.append(0)
        return inner(state, chunk)

    state = start(optimizer, average=0.9)
    for value in range(3):
        state, _ = step(state, numbers(value))
    assert len(traces) == 1


def test_f19_a_chunk_with_nan_leaves_everything_as_it_was():
    optimizer = optax.sgd(0.1, momentum=0.9)
    step = jax.jit(make_step(GRADIENT, optimizer, average=0.9))
    state = init_state(GRADIENT, optimizer, params_of(), batch_at(0), KEY, average=0.9)
    state, _ = step(state, batch_at(0))
    chunk = batch_at(1)
    broken = chunk._replace(xs=np.where(chunk.mask[..., None], np.float32("nan"), chunk.xs))
    after, report = step(state, broken)
    assert not report.finite and leaf_names(state)[report.bad_leaf] == "loss"
    assert (int(after.step), int(after.bad), int(after.skipped), int(report.skipped)) == (
        2,
        1,
        1,
        1,
    )
    same = after._replace(step=state.step, bad=state.bad, skipped=state.skipped)
    assert same_bits(same, state)  # the state of the stream and its clock, too
    after, report = step(after, batch_at(1))
    assert report.finite and after.bad == 0 and after.skipped == 1


def test_padding_that_holds_nan_is_no_reason_to_skip():
    """A window keeps its inputs, and what stands in padding is nobody's business."""
    gradient = by_method(problem_of(Elman(3)), tbptt(6, 8), stream=True)
    state = init_state(gradient, optax.sgd(0.1), params_of(gradient.problem), batch_at(0), KEY)
    chunk = batch_at(0)
    padded = chunk._replace(xs=np.where(chunk.mask[..., None], chunk.xs, np.float32("nan")))
    state, report = jax.jit(make_step(gradient, optax.sgd(0.1)))(state, padded)
    assert report.finite
    assert np.isnan(state.carry.past.xs).any()


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_f19_an_inf_gradient_through_clipping_is_harmless(bad):
    """The trap: clip_by_global_norm makes NaN of Inf, and the update would take it."""
    optimizer = build_optimizer(OptimizerSettings("sgd", 0.5, clip=1.0), 10)
    spoilt, _ = optimizer.update({"w": jnp.full(1, bad)}, optimizer.init({"w": jnp.ones(1)}))
    assert np.isnan(spoilt["w"]).all()

    # its loss is finite: only the gradient tells
    hidden = by_autodiff(lambda p, c, k: (_straight(p["w"], c.x), 1))
    state, step = start(optimizer, hidden), jax.jit(make_step(hidden, optimizer))
    after, report = step(state, numbers(bad))
    assert np.isfinite(report.loss) and not report.finite
    assert leaf_names(state)[report.bad_leaf] == "grads['w']"
    assert after.params["w"] == 1
    after, report = step(after, numbers(1.0))
    assert report.finite and after.params["w"] == 0.5


@jax.custom_vjp
def _straight(w, x):
    return w.sum()


_straight.defvjp(lambda w, x: (w.sum(), x), lambda x, g: (x.reshape(1) * g, jnp.zeros_like(x)))


def test_f20_an_inf_update_is_found_before_it_is_made():
    optimizer = optax.sgd(1e30)
    state = start(optimizer)
    after, report = jax.jit(make_step(LINEAR, optimizer))(state, numbers(1e20))
    assert np.isfinite(report.loss)
    assert not report.finite and leaf_names(state)[report.bad_leaf] == "params['w']"
    assert after.params["w"] == 1


def test_f20_an_optimizer_state_that_overflows_is_found():
    optimizer = optax.chain(optax.trace(0.9), optax.clip(1.0))  # the update itself stays finite
    state = start(optimizer)
    huge = jax.tree.map(lambda leaf: jnp.full_like(leaf, 3e38), state.opt_state)
    state = state._replace(opt_state=huge)
    after, report = jax.jit(make_step(LINEAR, optimizer))(state, numbers(3e38))
    assert not report.finite and leaf_names(state)[report.bad_leaf].startswith("opt_state")
    assert same_bits(after.opt_state, state.opt_state)


def test_an_inf_that_an_optimizer_starts_from_is_none_of_its_mistakes():
    def update(updates, state, params=None):
        del params
        return updates, state

    optimizer = optax.GradientTransformation(lambda params: jnp.float32(jnp.inf), update)
    _, report = jax.jit(make_step(LINEAR, optimizer))(start(optimizer), numbers(1.0))
    assert report.finite


def test_accumulation_equals_the_big_batch():
    name = "adam"
    settings = OptimizerSettings(name, 0.1, schedule="cosine", clip=0.5, accumulate=3)
    many, one = (
        build_optimizer(settings, 12),
        build_optimizer(OptimizerSettings(name, 0.1, schedule="cosine", clip=0.5), 4),
    )
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 3, 2, 1)).astype(np.float32)
    small, big = start(many, average=0.5), start(one, average=0.5)
    small_step = jax.jit(make_step(LINEAR, many, average=0.5))
    big_step = jax.jit(make_step(LINEAR, one, average=0.5))
    for update in x:
        before = small.params["w"]
        for place, part in enumerate(update):
            assert (small.params["w"] == before).all(), place
            small, _ = small_step(small, Numbers(part, np.ones_like(part)))
        whole = update.reshape(6, 1)
        big, _ = big_step(big, Numbers(whole, np.ones_like(whole)))
        np.testing.assert_allclose(small.params["w"], big.params["w"], rtol=1e-5)
        np.testing.assert_allclose(small.average["w"], big.average["w"], rtol=1e-5)
    assert (small.params["w"] != 1).all()


def test_a_bad_chunk_is_left_out_of_an_accumulated_gradient():
    optimizer = build_optimizer(OptimizerSettings("sgd", 1.0, clip=None, accumulate=2), 10)
    step, state = jax.jit(make_step(LINEAR, optimizer)), start(optimizer)
    for value in (0.5, np.nan, 0.25):
        state, _ = step(state, numbers(value))
    np.testing.assert_allclose(state.params["w"], 1 - (0.5 + 0.25) / 2)


def test_the_average_is_that_of_a_numpy_loop():
    optimizer, rng = optax.sgd(0.3), np.random.default_rng(1)
    state = start(optimizer, average=0.8)
    step = jax.jit(make_step(LINEAR, optimizer, average=0.8))
    weight = average = np.ones(1)
    for value in rng.standard_normal(6).astype(np.float32):
        state, _ = step(state, numbers(value))
        weight = weight - 0.3 * value
        average = 0.8 * average + 0.2 * weight
    np.testing.assert_allclose(state.average["w"], average, rtol=1e-5)
    assert judged(state) is state.average
    assert judged(state._replace(average=None)) is state.params


@pytest.mark.parametrize("average", [1.0, -0.1, 2])
def test_an_average_needs_a_decay(average):
    with pytest.raises(ValueError, match=r"make_step: average should be a decay in \[0, 1\)"):
        make_step(LINEAR, optax.sgd(0.1), average=average)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_e49_a_step_in_another_dtype_is_that_in_float32(dtype):
    optimizer = build_optimizer(OptimizerSettings("adamw", 0.01, accumulate=2), 10)
    gradient = by_method(problem_of(Elman(3)), tbptt(3), stream=True)

    def ended(params, chunks):
        state = init_state(gradient, optimizer, params, chunks[0], KEY, average=0.5)
        step = jax.jit(make_step(gradient, optimizer, average=0.5))
        for chunk in chunks:
            state, report = step(state, chunk)
        assert report.finite
        return state.params, report.grad_norm

    def cast(tree):
        def one(leaf):
            return leaf.astype(dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf

        return jax.tree.map(one, tree)

    start = params_of(gradient.problem), [batch_at(number) for number in range(2)]
    params, norm = ended(*start)
    with jax.enable_x64(True):
        found, found_norm = ended(*cast(start))
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype(dtype)}
    tolerance = 0.05 if dtype == "bfloat16" else 1e-5
    np.testing.assert_allclose(found_norm, norm, rtol=tolerance)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(params), strict=True):
        np.testing.assert_allclose(a.astype(jnp.float32), b, atol=tolerance)
