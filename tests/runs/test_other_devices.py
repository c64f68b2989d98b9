"""A run that goes on with another number of devices (F32)."""

import os
import subprocess
import sys

import jax
import numpy as np

from jaxrnn.cli import main
from jaxrnn.runs import open_run

WORDS = ["--hidden", "3", "--layers", "1", "--set", "training.checkpoint_every=2"]


def on_devices(count, *words):
    """Run the command in a process that sees `count` devices."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={count}"
    return subprocess.run(
        [sys.executable, "-m", "jaxrnn.cli", *map(str, words)],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        capture_output=True, text=True,
    )  # fmt: skip


def test_f32_two_devices_go_on_where_one_was_left(tmp_path):
    one, two = (str(tmp_path / name) for name in ("one", "two"))
    assert main(["train", "sine", *WORDS, "--steps", "4", "--out", one]) == 0
    assert main(["train", "sine", *WORDS, "--steps", "2", "--out", two]) == 0
    ended = on_devices(2, "resume", "--run", two, "--steps", 4)
    assert ended.returncode == 0, ended.stderr
    for a, b in zip(*(jax.tree.leaves(open_run(run).params) for run in (one, two)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_batch_that_devices_can_not_share_is_refused_in_one_line(tmp_path):
    ended = on_devices(3, "train", "sine", *WORDS, "--out", tmp_path / "run")  # B = 8
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1
    assert "multiple of 3" in ended.stderr
