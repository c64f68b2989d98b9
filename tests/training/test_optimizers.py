"""Settings become optax chains; what is no setting is refused by name."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.training import OptimizerSettings, build_optimizer, schedule
from jaxrnn.training.optimizers import OPTIMIZERS, SCHEDULES


def first_update(settings, grads, params):
    optimizer = build_optimizer(settings, 10)
    return optimizer.update(grads, optimizer.init(params), params)[0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_downhill(name):
    settings, params = OptimizerSettings(name, 0.1, schedule="cosine"), jnp.array([1.0, -2.0])
    optimizer = build_optimizer(settings, 50)
    state = optimizer.init(params)
    for _ in range(50):
        updates, state = optimizer.update(2 * params, state, params)
        params = params + updates
    assert (params**2).sum() < 2.0


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("constant", {0: 1.0, 10: 1.0}),
        ("cosine", {0: 1.0, 5: 0.55, 10: 0.1, 20: 0.1}),
        ("exponential", {0: 1.0, 5: 0.1**0.5, 10: 0.1}),
        ("one_cycle", {0: 1 / 25, 3: 1.0, 10: 1 / 250000}),
    ],
)
def test_a_schedule_is_stretched_over_the_run(name, at):
    rate = schedule(OptimizerSettings(learning_rate=0.5, schedule=name, final=0.1), 10)
    for step, value in at.items():
        np.testing.assert_allclose(rate(step), 0.5 * value, rtol=1e-4, err_msg=f"{name} at {step}")


def test_a_warm_up_rises_in_a_line_and_ends_like_a_cosine():
    settings = OptimizerSettings(learning_rate=0.5, schedule="warmup_cosine", warmup=4, final=0.2)
    rate = schedule(settings, 10)
    np.testing.assert_allclose([rate(s) for s in (0, 1, 4, 10)], [0, 0.125, 0.5, 0.1], rtol=1e-5)
    with pytest.raises(ValueError, match="warmup=4 should be below the number of updates, 3"):
        schedule(settings, 3)


def test_accumulation_makes_fewer_updates():
    settings = OptimizerSettings(learning_rate=1.0, schedule="cosine", final=0.5, accumulate=4)
    np.testing.assert_allclose(schedule(settings, 10)(3), 0.5)  # ceil(10 / 4) updates
    known = "constant cosine warmup_cosine exponential late_exponential one_cycle"
    assert set(SCHEDULES) == set(known.split())


def test_late_exponential_holds_and_then_falls():
    settings = OptimizerSettings(
        learning_rate=2.0, schedule="late_exponential", warmup=4, final=0.25
    )
    rate = schedule(settings, 8)
    np.testing.assert_allclose([rate(i) for i in (0, 4, 6, 8)], [2, 2, 1, 0.5], rtol=1e-6)
    with pytest.raises(ValueError, match="warmup=4 should be below"):
        schedule(settings, 4)


def test_clip_decay_and_momentum_do_what_they_say():
    grads, params = jnp.array([3.0, 4.0]), jnp.array([10.0, 20.0])
    plain = OptimizerSettings("sgd", 1.0, clip=None)
    np.testing.assert_allclose(first_update(plain, grads, params), [-3, -4])
    clipped = OptimizerSettings("sgd", 1.0, clip=1.0)
    np.testing.assert_allclose(first_update(clipped, grads, params), [-0.6, -0.8], rtol=1e-6)
    decayed = OptimizerSettings("sgd", 1.0, clip=None, weight_decay=0.1)
    np.testing.assert_allclose(first_update(decayed, grads, params), [-4, -6], rtol=1e-6)
    decoupled = OptimizerSettings("adamw", 1.0, clip=None, weight_decay=0.1)
    np.testing.assert_allclose(first_update(decoupled, grads, params), [-2, -3], rtol=1e-4)
    optimizer = build_optimizer(OptimizerSettings("sgd", 1.0, clip=None, momentum=0.5), 10)
    _, state = optimizer.update(grads, optimizer.init(params), params)
    np.testing.assert_allclose(optimizer.update(grads, state, params)[0], [-4.5, -6])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"name": "adan"}, ValueError, "unknown name 'adan'.*Did you mean 'adam'"),
        ({"name": 3}, TypeError, "name should be of type str, got: int"),
        ({"schedule": "cosin"}, ValueError, "unknown schedule 'cosin'.*Did you mean 'cosine'"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be greater than zero"),
        ({"learning_rate": "1e-3"}, TypeError, "learning_rate should be a number, got: str"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate should be finite"),
        ({"learning_rate": 1e39}, ValueError, "learning_rate should be at most 3e[+]38"),
        ({"clip": 1e39}, ValueError, "clip should be at most 3e[+]38"),
        ({"clip": -1.0}, ValueError, "clip must be greater than zero"),
        ({"weight_decay": -0.1}, ValueError, "weight_decay must be at least zero"),
        ({"name": "sgd", "momentum": 1.0}, ValueError, "momentum must be at least zero and below"),
        ({"momentum": 0.9}, ValueError, "momentum=0.9 belongs to sgd and rmsprop"),
        ({"accumulate": 0}, ValueError, "accumulate must be greater than zero"),
        ({"accumulate": 2.0}, TypeError, "accumulate should be of type int"),
        ({"warmup": 2.5}, TypeError, "warmup should be of type int, got: float"),
        ({"warmup": 3}, ValueError, "warmup=3 belongs to the schedules warmup_cosine"),
        ({"final": 0.0}, ValueError, "final should be a fraction"),
    ],
)  # fmt: skip
def test_what_is_no_setting_is_refused(options, error, text):
    with pytest.raises(error, match=f"^OptimizerSettings: {text}"):
        OptimizerSettings(**options)
