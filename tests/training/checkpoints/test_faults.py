"""Damage is found before any value is used, and named; the checkpoint before it is taken."""

import errno
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from jaxrnn.tensor_file import to_bytes
from jaxrnn.training.checkpoints import Damaged, Store, manifest
from jaxrnn.training.checkpoints.tree import Flat, flatten
from tests.test_tensor_file import HOSTILE
from tests.training.checkpoints.samples import FACTS, TEMPLATE, assert_identical, never, state

FILES = ("arrays.safetensors", "manifest.json")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "checkpoints")
    for step in (10, 20):
        store.save(step, state(step), FACTS)
    return store


def newest_file(store, name):
    return store.folder / "step-00000020" / name


def assert_passed_over(store, path, message):
    """An explicit step fails, naming the file; the newest is the one before, with one warning."""
    with pytest.raises(Damaged, match=rf"^{re.escape(str(path))}.*{message}") as caught:
        store.load(20, TEMPLATE)
    warnings = []
    step, tree, facts = store.newest(TEMPLATE, warnings.append)
    assert (step, facts) == (10, FACTS)
    assert_identical(tree, state(10))
    assert warnings == [f"{caught.value}. Passed over."] and "\n" not in warnings[0]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("percent", [0, 1, 50, 99])
def test_f6_truncated(store, name, percent):
    path = newest_file(store, name)
    data = path.read_bytes()
    path.write_bytes(data[: max(len(data) * percent // 100, 19 if percent else 0)])
    found = path.stat().st_size
    empty = "the file is empty" if name == "manifest.json" else f"expected {len(data)} bytes"
    cut = f"cut off: expected {len(data)} bytes, found {found}"
    assert_passed_over(store, path, cut if percent else empty)
    path.write_bytes(data + b" ")
    assert_passed_over(store, path, f"too long: expected {len(data)} bytes, found {len(data) + 1}")


def test_f6_a_manifest_cut_within_its_length(store):
    path = newest_file(store, "manifest.json")
    path.write_bytes(path.read_bytes()[:15])
    assert_passed_over(store, path, "the manifest of 15 bytes is no strict JSON")


def test_f7_one_byte_flipped_at_200_places(store):
    rng = np.random.default_rng(0)
    whole = {name: newest_file(store, name).read_bytes() for name in FILES}
    places = [(name, at) for name, data in whole.items() for at in range(len(data))]
    chosen = rng.choice(len(places), 200, replace=False)
    assert {places[i][0] for i in chosen} == set(FILES)
    for i in chosen:
        name, at = places[i]
        path = newest_file(store, name)
        data = bytearray(whole[name])
        data[at] ^= int(rng.integers(1, 256))
        path.write_bytes(data)
        # in a manifest a flip may also make its text another: no JSON, or of another length
        cause = "damaged|cut off|too long" if name == "manifest.json" else "its SHA-256 is"
        assert_passed_over(store, path, f"(?:{cause})")
        path.write_bytes(whole[name])
    assert store.newest(TEMPLATE, never)[0] == 20


@pytest.mark.parametrize("name", FILES)
def test_f8_a_missing_file(store, name):
    path = newest_file(store, name)
    path.unlink()
    assert_passed_over(store, path, " is missing")


def test_f9_an_empty_manifest(store):
    path = newest_file(store, "manifest.json")
    path.write_bytes(b"")
    assert_passed_over(store, path, "empty")


def test_a_checkpoint_under_the_name_of_another_step(store):
    os.rename(store.folder / "step-00000010", store.folder / "step-00000030")
    with pytest.raises(Damaged, match="step-00000030 has the manifest of step 10"):
        store.load(30, TEMPLATE)


def test_where_none_is_whole_nothing_is_begun_anew_in_silence(store):
    for path in store.folder.glob("*/manifest.json"):
        path.write_bytes(b"")
    warnings = []
    with pytest.raises(Damaged, match=r"none of .* is whole \(steps \[10, 20\]\)"):
        store.newest(TEMPLATE, warnings.append)
    assert len(warnings) == 2 and store.best() is None
    store.save(10, state(10), FACTS)  # and it can be mended by saving again
    assert store.steps() == [10] and store.newest(TEMPLATE, never)[0] == 10


# -- files that say what is not so -----------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "empty"])
def test_f22_a_hostile_file_of_arrays_under_a_right_seal(store, name):
    data, message = HOSTILE[name]
    sealed = manifest.write(20, False, {}, flatten("save", state(20)), data)
    newest_file(store, "arrays.safetensors").write_bytes(data)
    newest_file(store, "manifest.json").write_bytes(sealed)
    assert_passed_over(store, newest_file(store, "arrays.safetensors"), message)


ONE = Flat({"w": np.ones(2, "float32")}, {})
FILE = to_bytes(ONE.arrays)
RIGHT = manifest.strict_json.parse(manifest.write(20, False, {}, ONE, FILE), "it")
ENTRY = RIGHT["arrays"][0]


@pytest.mark.parametrize(
    "name, changes, message",
    [
        ("manifest.json", {"files": {}}, "it says nothing about arrays.safetensors"),
        ("manifest.json", {"files": [1]}, "it says nothing about arrays.safetensors"),
        ("manifest.json", {"step": "20"}, "step should be of type int, got '20'"),
        ("manifest.json", {"best": 1}, "best should be of type bool, got 1"),
        ("manifest.json", {"facts": None}, "facts should be of type dict, got None"),
        ("manifest.json", {"arrays": {}}, "arrays should be of type list, got {}"),
        ("arrays.safetensors", {"arrays": [7, {"path": 1}]}, "damaged: w is {.*, expected None"),
        ("arrays.safetensors", {"arrays": []}, "damaged: w is {.*, expected None"),
        ("arrays.safetensors", {"arrays": [ENTRY | {"shape": [3]}]}, r"expected .*'shape': \[3\]"),
        ("arrays.safetensors", {"arrays": [ENTRY | {"sha256": "0"}]}, "expected .*'sha256': '0'"),
        ("arrays.safetensors", {"arrays": [ENTRY | {"path": "v"}]}, "damaged: v is None"),
        ("arrays.safetensors", {"arrays": [ENTRY | {"key": 3}]}, "damaged: w is .*expected None"),
    ],
)
def test_a_manifest_that_says_something_else(store, name, changes, message):
    fields = {key: value for key, value in RIGHT.items() if key not in ("bytes", "sha256")}
    newest_file(store, "arrays.safetensors").write_bytes(FILE)
    newest_file(store, "manifest.json").write_bytes(manifest._seal(fields | changes))
    assert_passed_over(store, newest_file(store, name), message)


def test_a_key_that_is_none(store):
    sealed = manifest.write(20, False, {}, ONE._replace(keys={"w": "os.system"}), FILE)
    newest_file(store, "arrays.safetensors").write_bytes(FILE)
    newest_file(store, "manifest.json").write_bytes(sealed)
    with pytest.raises(ValueError, match="step-00000020: w is no 'os.system' key"):
        store.load(20, {"w": TEMPLATE.key})


# -- a disk that refuses ---------------------------------------------------------------------------


def test_f11_disk_full(store, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left .* bytes free") as caught:
            store.save(30, state(30), FACTS)
    assert caught.value.errno == errno.ENOSPC and str(store.folder) in str(caught.value)
    assert sorted(os.listdir(store.folder)) == ["step-00000010", "step-00000020"]
    assert store.newest(TEMPLATE, never)[0] == 20
    store.save(30, state(30), FACTS)
    assert store.steps() == [10, 20, 30]


LIMITED = """
import resource, sys
import numpy as np
from jaxrnn.training.checkpoints import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
store = Store(sys.argv[1])
store.save(30, {"w": np.ones(10, "float32")}, {})
try:
    store.save(40, {"w": np.ones(100_000, "float32")}, {})
except OSError as error:
    print(error.errno, error, store.steps())
"""


def test_f11_a_limit_on_the_size_of_files(store):
    command = [sys.executable, "-c", LIMITED, str(store.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{errno.EFBIG} [Errno {errno.EFBIG}] File too large")
    assert re.search(r"writing 400\d\d\d bytes for step 40 with \d+ bytes free: '/", done.stdout)
    assert str(store.folder) in done.stdout and done.stdout.endswith("[10, 20, 30]\n")
    names = ["step-00000010", "step-00000020", "step-00000030"]
    assert sorted(os.listdir(store.folder)) == names
    assert_identical(store.load(20, TEMPLATE)[0], state(20))
