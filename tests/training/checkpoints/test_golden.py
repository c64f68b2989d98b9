"""The first checkpoint of format version 1 reads for ever."""

import json
import shutil

import jax
import pytest

from jaxrnn.training.checkpoints import Store, fingerprint
from tests.golden.make_checkpoint import FACTS, FOLDER, STEP, tree
from tests.training.checkpoints.samples import assert_identical, never


def test_f15_golden_checkpoint_of_version_1():
    store = Store(FOLDER)
    assert store.steps() == [STEP] and store.best() == STEP
    step, found, facts = store.newest(jax.eval_shape(tree), never)
    assert (step, facts) == (STEP, FACTS)
    assert_identical(found, tree())
    assert found["opt_state"][0].mu.w_x[0, 1] == 4.0 / 24
    assert fingerprint(found) == fingerprint(tree())


def test_f15_what_the_golden_manifest_says():
    place = FOLDER / f"step-{STEP:08d}"
    said = json.loads((place / "manifest.json").read_bytes())
    assert (said["format"], said["step"], said["best"]) == (1, STEP, True)
    names = [entry["path"] for entry in said["arrays"]]
    assert names == sorted(names) and {"key", "step", "params.w_x", "opt_state.0.nu.b"} <= set(
        names
    )
    key = next(entry for entry in said["arrays"] if entry["path"] == "key")
    assert (key["dtype"], key["shape"], key["key"]) == ("uint32", [2], "threefry2x32")
    assert said["files"]["arrays.safetensors"]["bytes"] == (
        (place / "arrays.safetensors").stat().st_size
    )


def test_f7_the_golden_checkpoint_is_checked_too(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "copy")
    path = next((tmp_path / "copy").glob("*/arrays.safetensors"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="its SHA-256 is"):
        Store(tmp_path / "copy").load(STEP, jax.eval_shape(tree))
