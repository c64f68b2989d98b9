"""The process may die at every call that a save makes: something whole is always there."""

import itertools
import os
import shutil

import pytest

from jaxrnn.training.checkpoints import Store, commit
from tests.training.checkpoints.samples import FACTS, TEMPLATE, assert_identical, never, state

CALLS = ("mkdir", "fsync", "replace", "open", "unlink", "rmdir")


class Died(BaseException):
    """The process is gone: nothing catches this, and nothing works after it."""


class Fault:
    """Stops the n-th of the calls by which a save changes the disk.

    With `alive` only that one call fails, by an error; else all after it, too: the process is dead.
    """

    def __init__(self, monkeypatch, at, alive):
        self.at, self.alive, self.count, self.fired = at, alive, 0, ""
        for name in CALLS:
            monkeypatch.setattr(os, name, self.guard(name, getattr(os, name)))
        monkeypatch.setattr(commit, "write_synced", self.guard("write", commit.write_synced, half))

    def guard(self, name, real, before=None):
        def guarded(*args, **options):
            self.count += 1
            if self.count == self.at:
                self.fired = name
                if before is not None:
                    before(*args)
                raise OSError(5, "it failed") if self.alive else Died
            if self.fired and not self.alive:
                raise Died
            return real(*args, **options)

        return guarded


def half(path, content):
    with open(path, "wb") as file:
        file.write(content[: len(content) // 2])


def run_with_fault(monkeypatch, store, step, at, alive):
    with monkeypatch.context() as patched:
        fault = Fault(patched, at, alive)
        try:
            store.save(step, state(step + 1000), FACTS)
        except (Died, OSError):
            assert fault.fired
    return fault.fired


@pytest.mark.parametrize("alive", [False, True], ids=["killed", "failed"])
@pytest.mark.parametrize(
    "keep, step", [(2, 30), (1, 30), (2, 20)], ids=["prune one", "prune all", "replace"]
)
def test_f1_every_commit_stage(tmp_path, monkeypatch, alive, keep, step):
    ready = Store(tmp_path / "ready", keep=2)
    for earlier in (10, 20):
        ready.save(earlier, state(earlier), FACTS)
    (ready.folder / "notes").mkdir()
    stages = []
    for at in itertools.count(1):
        store = Store(tmp_path / str(at), keep=keep)
        shutil.copytree(ready.folder, store.folder)
        fired = run_with_fault(monkeypatch, store, step, at, alive)
        if not fired:
            break
        stages.append(fired)
        for _ in range(2):  # before the temporaries are gone, and after
            number, tree, facts = store.newest(TEMPLATE, never)
            assert number in (20, step) and facts == FACTS
            old = number == 20 and tree.step == 20
            assert_identical(tree, state(20) if old else state(step + 1000))
            assert set(store.steps()) <= {10, 20, 30}
            for older in store.steps():
                store.load(older, TEMPLATE)
            store.clean()
            named = {f"step-{n:08d}" for n in store.steps()}
            assert set(os.listdir(store.folder)) == named | {"notes"}
        store.save(step, state(step), FACTS)
        assert store.steps() == sorted({10, 20, step})[-keep:]
        assert_identical(store.newest(TEMPLATE, never)[1], state(step))
    # before the temporary; mid-write and not synced, two files and their folder; before the rename
    written = ["mkdir", "mkdir", "write", "fsync", "write", "fsync", "open", "fsync", "replace"]
    assert stages[:9] == written
    rest = stages[10:] if step == 20 else stages[9:]  # moved aside first
    assert rest[:3] == [
        "open",
        "fsync",
        "replace",
    ]  # the new name; then before and during the prune
    assert {"unlink", "rmdir"} <= set(rest[3:])


def test_f4_an_interrupt_during_the_save(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.save(10, state(10), FACTS)

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.save(20, state(20), FACTS)
    assert os.listdir(tmp_path) == ["step-00000010"]
    assert_identical(store.newest(TEMPLATE, never)[1], state(10))


def test_the_replaced_one_is_found_between_the_two_renames(tmp_path):
    store = Store(tmp_path, keep=1)
    store.save(10, state(10), FACTS)
    os.rename(tmp_path / "step-00000010", tmp_path / ".step-00000010.old")
    assert store.steps() == [10]
    assert_identical(store.load(10, TEMPLATE)[0], state(10))
    store.clean()
    assert os.listdir(tmp_path) == ["step-00000010"]
    assert_identical(store.load(10, TEMPLATE)[0], state(10))
