"""What is saved comes back exactly; the right checkpoints stay; what does not fit is refused."""

import errno
import hashlib
import os
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.training.checkpoints import Store, fingerprint, first_nonfinite, manifest
from tests.training.checkpoints.samples import (
    FACTS,
    TEMPLATE,
    assert_identical,
    never,
    raw,
    state,
)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "run" / "checkpoints")


def saved(store, *steps, **options):
    for step in steps:
        store.save(step, state(step), FACTS, **options)


def test_what_is_saved_comes_back(store):
    assert store.steps() == [] and store.newest(TEMPLATE, never) is None and store.best() is None
    saved(store, 0, 100)
    assert sorted(os.listdir(store.folder)) == ["step-00000000", "step-00000100"]
    files = ["arrays.safetensors", "manifest.json"]
    assert sorted(os.listdir(store.folder / "step-00000100")) == files
    for step in (0, 100):
        tree, facts = store.load(step, TEMPLATE)
        assert_identical(tree, state(step))
        assert facts == FACTS
    step, tree, facts = store.newest(state(1), never)  # arrays are a template, too
    assert (step, facts) == (100, FACTS)
    assert_identical(tree, state(100))
    split = jax.random.split(tree.key)
    assert raw(split) == raw(jax.random.split(jax.random.key(100)))


def test_every_kind_of_leaf(store):
    special = np.array([0x7FC00001, 0x80000000, 1, 0x7F800000], "uint32").view("float32")
    tree = {
        "special": jnp.array(special),
        "float8": jnp.ones(3, "float8_e4m3fn"),
        "complex": jnp.array([1 + 2j], "complex64"),
        "flag": jnp.array(True),
        "empty": jnp.zeros((2, 0, 3)),
        "strided": np.arange(12, dtype="float32").reshape(3, 4).T,
        "keys": jax.random.split(jax.random.key(0), (2, 3)),
        "rbg": jax.random.key(1, impl="rbg"),
    }
    store.save(1, tree, {})
    found, facts = store.load(1, tree)
    assert_identical(found, jax.tree.map(jnp.asarray, tree))
    assert facts == {} and found["rbg"].dtype == tree["rbg"].dtype
    again = Store(store.folder.parent / "again")
    again.save(1, dict(reversed(tree.items())), {})
    for name in ("arrays.safetensors", "manifest.json"):
        first, second = (s.folder / "step-00000001" / name for s in (store, again))
        assert first.read_bytes() == second.read_bytes()


def test_the_newest_few_and_the_best_stay(tmp_path):
    store = Store(tmp_path, keep=2)
    saved(store, 10)
    saved(store, 20, best=True)
    saved(store, 30, 40, 50)
    assert (store.steps(), store.best()) == ([20, 40, 50], 20)
    saved(store, 60, best=True)
    assert (store.steps(), store.best()) == ([50, 60], 60)
    saved(Store(tmp_path, keep=1), 70)
    assert (store.steps(), store.best()) == ([60, 70], 60)


def test_a_run_that_went_back_has_one_future(tmp_path):
    store = Store(tmp_path, keep=2)
    saved(store, 10, 20)
    saved(store, 30, best=True)
    saved(store, 20)
    assert (store.steps(), store.best()) == ([20], None)
    store.save(20, state(7), {})
    assert_identical(store.load(20, TEMPLATE)[0], state(7))
    assert os.listdir(tmp_path) == ["step-00000020"]


def test_f14_the_step_decides_not_the_time_of_a_file(store):
    saved(store, 9, 10, 11)
    for age, step in enumerate((11, 10, 9)):
        for path in (store.folder / f"step-{step:08d}", *store.folder.glob(f"*{step}/*")):
            os.utime(path, (1e9 + age, 1e9 + age))
    assert store.newest(TEMPLATE, never)[0] == 11
    saved(store, 12)
    assert store.steps() == [10, 11, 12]


def test_what_is_not_ours_is_left_alone(tmp_path):
    store = Store(tmp_path, keep=1)
    elsewhere = tmp_path / "elsewhere"
    saved(Store(elsewhere), 5)
    os.symlink(elsewhere / "step-00000005", tmp_path / "step-00000005")
    names = (
        "step-7", "step-000000010", ".step-000000020.old", ".step-00000007.tmp", "notes",
        "step-00000008.bak",
    )  # fmt: skip
    for name in names:
        (tmp_path / name).mkdir()
    (tmp_path / "step-00000009").write_text("a file")
    (tmp_path / ".step-00000007.0123456789abcdef.tmp").write_text("a file")
    before = set(os.listdir(tmp_path))
    saved(store, 10, 20)
    store.clean()
    assert set(os.listdir(tmp_path)) == before | {"step-00000020"}
    assert store.steps() == [20] and Store(elsewhere).steps() == [5]
    with pytest.raises(FileExistsError, match="something else than a folder.*step-00000009"):
        saved(store, 9)


def test_a_branch_and_the_bare_arrays(store):
    saved(store, 10)
    params, facts = store.load_part(10, "params", TEMPLATE.params)
    assert_identical(params, state(10).params)
    assert facts == FACTS
    with pytest.raises(ValueError, match=r"leaf v: expected float32 \[2\], got no such leaf"):
        store.load_part(10, "params", TEMPLATE.params | {"v": np.ones(2, "float32")})
    with pytest.raises(ValueError, match="leaf w: expected .*, got no such leaf"):
        store.load_part(10, "para", {"w": TEMPLATE.params["w"]})
    flat, facts = store.read(10)
    assert list(flat.arrays) == sorted(flat.arrays) and flat.keys == {"key": "threefry2x32"}
    np.testing.assert_array_equal(flat.arrays["params.w"], state(10).params["w"])
    assert facts == FACTS


# -- what does not fit -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"w": jnp.zeros((3, 8), "float32")},
            r"params.w: expected float32 \[3, 8\], got float32 \[3, 4\]",
        ),
        ({"b": jnp.zeros(4, "float32")}, r"params.b: expected float32 \[4\], got bfloat16 \[4\]"),
        ({"a": jnp.zeros(2, "float32")}, r"params.a: expected float32 \[2\], got no such leaf"),
        ({"w": None}, r"params.w: expected no such leaf, got float32 \[3, 4\]"),
        ({"w": jax.random.key(0)}, r"params.w: expected key<fry> \[\], got float32 \[3, 4\]"),
    ],
)
def test_f10_another_model_names_the_first_differing_leaf(store, changes, message):
    saved(store, 10, 20)
    template = TEMPLATE._replace(params=TEMPLATE.params | changes)
    where = re.escape(str(store.folder / "step-00000020"))
    message = rf"^{where}: first differing leaf {message}"
    with pytest.raises(ValueError, match=message):
        store.load(20, template)
    with pytest.raises(ValueError, match=message):  # it is not damaged: nothing is passed over
        store.newest(template, never)


def test_f10_another_kind_of_key(store):
    saved(store, 10)
    other = TEMPLATE._replace(key=jax.random.key(0, impl="rbg"))
    with pytest.raises(ValueError, match=r"leaf key: expected key<rbg> \[\], got key<fry> \[\]"):
        store.load(10, other)


def test_64_bits_need_x64_on_both_sides(store):
    tree = {"w": np.ones(2) / 3, "n": np.array(2**40)}
    with jax.enable_x64(False), pytest.raises(ValueError, match=r"Store.save: n, w is 64 bits"):
        store.save(1, tree, {})
    assert store.steps() == []
    with jax.enable_x64(True):
        store.save(1, tree, {})
        assert_identical(store.load(1, tree)[0], jax.tree.map(jnp.asarray, tree))
    with jax.enable_x64(False), pytest.raises(ValueError, match=r"00001: n, w is 64 bits wide"):
        store.load(1, tree)


def test_f15_a_newer_format_is_refused(store, monkeypatch):
    saved(store, 10)
    with monkeypatch.context() as newer:
        newer.setattr(manifest, "FORMAT", 2)
        newer.setattr(manifest, "_version", lambda: "9.9.9")
        saved(store, 20)
    message = r"manifest.json: written by jaxrnn 9.9.9, this is \S+: it has format 2, .* format 1"
    with pytest.raises(ValueError, match=message):
        store.load(20, TEMPLATE)
    with pytest.raises(ValueError, match=message):  # steps are not thrown away in silence
        store.newest(TEMPLATE, never)
    saved(store, 30)
    assert store.steps() == [10, 20, 30] and store.best() is None


@pytest.mark.parametrize(
    "tree, facts, error, message",
    [
        ({"a": {"n": 3}}, {}, TypeError, "Store.save: tree: expected an array .*at a.n, got int"),
        ({"a": np.array([None])}, {}, ValueError, "Store.save: a has dtype object"),
        ({"a": {"b": np.ones(1)}, "a.b": np.ones(1)}, {}, ValueError, "two leaves .*'a.b'"),
        ({}, {"loss": float("nan")}, ValueError, "Store.save: facts can't be written as JSON"),
        ({}, {"loss": np.ones(1)}, TypeError, "Store.save: facts can't be written as JSON"),
        ({}, {"n": 10**30}, ValueError, "facts can't be written.*an integer of 31 digits"),
    ],
)
def test_what_could_not_be_read_is_not_written(store, tree, facts, error, message):
    with pytest.raises(error, match=message):
        store.save(1, tree, facts)
    assert not store.folder.exists()


def test_arguments(store):
    for step in (-1, 1.0, True):
        with pytest.raises(ValueError, match="Store.save: step should be an int of at least 0"):
            store.save(step, {}, {})
    with pytest.raises(ValueError, match="Store: keep must be greater than zero, got 0"):
        Store("folder", keep=0)
    saved(store, 3)
    with pytest.raises(FileNotFoundError, match=r"no checkpoint of step 4, there are \[3\]"):
        store.load(4, TEMPLATE)
    with pytest.raises(TypeError, match=r"Store.load: template: expected an array .*at step"):
        store.load(3, TEMPLATE._replace(step=3))


def test_f12_places_that_cannot_hold_checkpoints(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("text")
    os.symlink(tmp_path / "there", tmp_path / "link")
    (tmp_path / "there").mkdir()
    saved(Store(tmp_path / "link"), 3)
    assert Store(tmp_path / "there").steps() == [3]
    for place in (tmp_path / "file", tmp_path / "file" / "new", tmp_path / ("x" * 300)):
        with pytest.raises(OSError, match=f", writing .* bytes free.*{place.name}"):
            saved(Store(place), 3)
    with pytest.raises(NotADirectoryError, match="file"):
        Store(tmp_path / "file").steps()

    def refused(*args, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), args[0])

    monkeypatch.setattr(os, "mkdir", refused)
    with pytest.raises(OSError, match="Read-only file system, writing.*there"):
        saved(Store(tmp_path / "there"), 4)
    assert os.listdir(tmp_path / "there") == ["step-00000003"]


# -- fingerprints ----------------------------------------------------------------------------------


def test_fingerprint_sees_every_bit_of_every_leaf():
    base = state(3)
    others = [
        base._replace(key=jax.random.key(4)),
        base._replace(step=jnp.array(4, "int32")),
        base._replace(carry=(base.carry[0], jnp.zeros(0))),
        base._replace(params={"w": base.params["w"], "c": base.params["b"]}),
        base._replace(params=base.params | {"w": base.params["w"].T}),
        base._replace(params=base.params | {"b": base.params["b"].astype("float16")}),
    ]
    assert len({fingerprint(tree) for tree in (base, *others)}) == 7
    assert fingerprint(jax.tree.map(lambda leaf: leaf, base)) == fingerprint(base)
    # as behaviour.md 4.2 has it, by hand
    assert fingerprint({"w": np.zeros(2, "float32")}) == (
        hashlib.sha256(b'["w","float32",[2]]' + bytes(8)).hexdigest()
    )


def test_f20_the_first_leaf_that_is_not_finite():
    tree = state(0)
    assert first_nonfinite(tree) == ""
    for value in (jnp.nan, jnp.inf):
        bad = tree._replace(params=tree.params | {"b": tree.params["b"].at[1].set(value)})
        assert first_nonfinite(bad) == "params.b"
