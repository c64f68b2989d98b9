"""What holds for every loader of this part of the catalogue, on tiny sets and on damaged ones."""

import gzip
import hashlib

import numpy as np
import pytest

from jaxrnn.data import source
from jaxrnn.data.catalogue_series import ENTRIES
from tests.data import tiny_series
from tests.data.samples import SHARED

TINY = {
    "emojione_captions": tiny_series.emojione,
    "ett_small": tiny_series.ett,
    "timeseries_small": tiny_series.small_series,
    "stocks": tiny_series.stocks,
    "nab": tiny_series.nab,
    "fsdd": tiny_series.spoken_digits,
    "sensor_classification": tiny_series.sensor_series,
}
DAMAGE = {
    "empty": lambda content: b"",
    "one byte": lambda content: b"x",
    "half": lambda content: gzip.compress(content)[: len(gzip.compress(content)) // 2],
    "random": lambda content: np.random.RandomState(0).bytes(2000),
}
every_set = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def leaves(value):
    """Return the arrays and strings of nested tuples and dicts, in order."""
    if isinstance(value, dict):
        value = tuple(value.values())
    return [x for part in value for x in leaves(part)] if isinstance(value, tuple) else [value]


def test_each_set_is_there_once():
    assert [entry.name for entry in ENTRIES] == list(TINY)


@every_set
def test_facts_of_an_entry(entry):
    assert entry.licence and entry.title and entry.rows and entry.task
    assert entry.source.startswith("https://github.com/")
    for file in entry.files:
        assert file.dataset == entry.name and file.licence
        assert len(file.sha256) == 64 and int(file.sha256, 16) > 0
        assert file.urls or file.recipe
        for url in (*file.urls, *(file.recipe.urls if file.recipe else ())):
            # a commit is named, so that the file never changes
            assert any(len(part) == 40 for part in url.split("/")), url


@every_set
def test_folder_and_environment_give_the_same(entry, tmp_path, monkeypatch):
    folder = tiny_series.write(tmp_path / entry.name, TINY[entry.name]())
    plain = tiny_series.write(tmp_path / "plain", TINY[entry.name](), compressed=False)
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path))
    monkeypatch.setattr(source, "_fetch", lambda url: pytest.fail("network was touched"))
    results = [leaves(loaded) for loaded in (entry.load(folder), entry.load(plain), entry.load())]
    assert len(results[0]) > 3
    for one in results[1:]:
        for a, b in zip(results[0], one, strict=True):
            np.testing.assert_array_equal(a, b)


@every_set
def test_f25_a_set_that_is_nowhere_says_what_to_do(entry, monkeypatch):
    monkeypatch.setattr(source, "_fetch", lambda url: pytest.fail("network was touched"))
    with pytest.raises(FileNotFoundError) as error:
        entry.load()
    text = str(error.value)
    assert text.startswith(f"{entry.load.__name__}: {entry.files[0].name} of the data set")
    for part in (
        "folder=",
        "JAXRNN_DATA",
        "make it of" if entry.files[0].recipe else "get it from",
    ):
        assert part in text
    assert "\n" not in text


@every_set
def test_f25_offline(entry, monkeypatch):
    def offline(url):
        raise OSError("no route to host")

    monkeypatch.setattr(source, "_fetch", offline)
    with pytest.raises(FileNotFoundError, match="could not be downloaded") as error:
        entry.load(download=True)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", [*DAMAGE, "a folder"])
@every_set
def test_f17_a_damaged_file_is_named_in_one_line(entry, damage, tmp_path):
    files = TINY[entry.name]()
    for file in entry.files:
        folder = tiny_series.write(tmp_path / file.name, files, compressed=False)
        path = folder / file.name
        if damage == "a folder":
            path.unlink()
            path.mkdir()
        else:
            path.write_bytes(DAMAGE[damage](tiny_series.as_bytes(files[file.name])))
        with pytest.raises((ValueError, FileNotFoundError)) as error:
            entry.load(folder)
        text = str(error.value)
        assert file.name in text and "\n" not in text and len(text) < 2000
        assert text.startswith((entry.load.__name__, "members: "))


@every_set
def test_files_as_published_if_they_are_there(entry):
    if not (SHARED / entry.name).is_dir():
        return
    for file in entry.files:
        path = source.find(file, SHARED / entry.name)
        assert path is not None
        content = source.gunzip(path.read_bytes())
        assert hashlib.sha256(content).hexdigest() == file.sha256
