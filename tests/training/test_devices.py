"""One device or two: the same numbers; and no program that would not fit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn.gradients import bptt
from jaxrnn.training import (
    Programs,
    available_bytes,
    batch_mesh,
    by_autodiff,
    by_method,
    check_memory,
    init_state,
    make_step,
    split_batch,
)
from jaxrnn.training import programs as programs_module
from jaxrnn.training.programs import LIMIT
from tests.training.tiny import PROBLEM, batch_at, params_of

ONE = batch_mesh(jax.devices()[:1])
MEAN = by_autodiff(lambda params, chunk, key: ((params * chunk).sum(), chunk.size))


def trained(mesh):
    """Three steps on a stream, with dropout; what comes out, as plain numbers."""
    gradient, optimizer = by_method(PROBLEM, bptt(), stream=True), optax.adam(0.1)
    state = init_state(gradient, optimizer, params_of(), batch_at(0), jax.random.key(4))
    step = Programs(make_step(gradient, optimizer), mesh)
    losses = []
    for number in range(3):
        state, report = step(state, batch_at(number))
        losses.append(float(report.loss))
    assert step.shapes == 1
    leaves = jax.tree.leaves((state.params, state.carry.state.cell))
    return losses, [np.asarray(leaf).tolist() for leaf in leaves]


def in_another_process():
    """Run by the test below, where there are two devices."""
    jax.config.update("jax_numpy_dtype_promotion", "strict")
    assert len(jax.devices()) == 2
    chunk = split_batch(batch_at(0), batch_mesh())
    assert len(chunk.xs.sharding.device_set) == 2
    assert {shard.data.shape for shard in chunk.weights.addressable_shards} == {(6, 2)}
    with pytest.raises(ValueError, match="a batch of 5 rows .* over 2 devices. Use a multiple of"):
        split_batch(batch_at(0, rows=5), batch_mesh())
    print(json.dumps(trained(batch_mesh())))


def test_f32_two_devices_give_the_numbers_of_one():
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    ended = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import *; in_another_process()"],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    losses, leaves = json.loads(ended.stdout)
    want_losses, want = trained(ONE)
    np.testing.assert_allclose(losses, want_losses, atol=1e-6)
    for found, leaf in zip(leaves, want, strict=True):
        np.testing.assert_allclose(found, leaf, atol=1e-6)


def mean_state():
    return init_state(MEAN, optax.sgd(0.5), jnp.ones(1), None, jax.random.key(0))


def test_f28_a_program_that_does_not_fit_is_refused_before_it_runs(monkeypatch):
    step = make_step(by_autodiff(_hungry), optax.sgd(0.5))
    programs, state = Programs(step, ONE), mean_state()
    monkeypatch.setattr(programs_module, "available_bytes", lambda device: 2**20)
    with pytest.raises(MemoryError) as caught:
        programs(state, jnp.ones((512, 512)))
    assert "1.0 MiB (1,048,576 bytes) more" in str(caught.value)
    assert "\n" not in str(caught.value) and programs.shapes == 0
    monkeypatch.setattr(programs_module, "available_bytes", lambda device: 2**30)
    assert programs(state, jnp.ones((512, 512)))[1].finite


def _hungry(params, chunk, key):
    del key
    return jnp.sort((params * chunk) @ chunk, axis=0).sum() * 1e-6, chunk.size


def test_f28_shapes_alone_are_enough_to_refuse(monkeypatch):
    programs = Programs(make_step(MEAN, optax.sgd(0.5)), ONE)
    shapes = jax.eval_shape(mean_state)
    huge = jax.ShapeDtypeStruct((2**20, 2**20), jnp.float32)  # 4 TiB that nobody has
    monkeypatch.setattr(programs_module, "available_bytes", lambda device: 2**30)
    with pytest.raises(MemoryError, match=r"about 4\.0 TiB"):
        programs.prepare(shapes, huge)


def test_f28_the_limit_of_the_process_counts():
    resource = pytest.importorskip("resource")
    device = jax.devices("cpu")[0]
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    free = available_bytes(device)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, hard))
        limited = available_bytes(device)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert free is not None and limited is not None
    assert limited <= 2**28 and limited <= free
    check_memory("train", None, 5)
    check_memory("train", 5, None)


def test_many_shapes_are_counted_and_warned_of(monkeypatch):
    programs, state = Programs(make_step(MEAN, optax.sgd(0.5)), ONE), mean_state()
    monkeypatch.setattr(Programs, "_compile", lambda self, state, chunk: lambda s, c: (s, None))
    for width in range(1, LIMIT):
        programs(state, np.ones((width, 2)))
        programs(state, np.ones((width, 2)))
    assert programs.shapes == LIMIT - 1
    with pytest.warns(UserWarning, match=f"now {LIMIT} shapes of chunks"):
        programs(state, np.ones((LIMIT, 2)))
