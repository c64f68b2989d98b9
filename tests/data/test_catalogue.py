"""The catalogue: complete, and its checksums are those of the files as published."""

import hashlib
import random
import re

import pytest

from jaxrnn.data import find, read
from jaxrnn.data.catalogue import ENTRIES, data_set
from jaxrnn.data.source import DataFile
from tests.data.samples import SHARED


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: one.name)
def test_each_entry_is_complete(one):
    for text in (one.name, one.title, one.licence, one.rows, one.task):
        assert text and "\n" not in text
    assert one.source.startswith(("https://", "http://"))
    assert one.files
    for file in one.files:
        assert isinstance(file, DataFile) and file.dataset == one.name
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.urls or file.recipe
        for url in file.urls + (file.recipe.urls if file.recipe else ()):
            assert url.startswith(("https://", "http://"))
            if "github" in url:  # of one commit, not of whatever is there today
                assert re.search("/[0-9a-f]{40}(/|$)", url), url


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: one.name)
def test_each_loader_says_what_is_missing(one, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"of the data set '{one.name}' is not at hand"):
        one.load(tmp_path)


# any text is a play
WITH_A_FORMAT = [one for one in ENTRIES if one.name != "tinyshakespeare"]


@pytest.mark.parametrize("one", WITH_A_FORMAT, ids=lambda one: one.name)
def test_f17_each_loader_names_a_file_of_garbage(one, tmp_path):
    garbage = bytes(random.Random(0).randrange(256) for _ in range(999))
    for content in (b"", b"\xff", garbage, b"\x1f\x8b" + garbage, bytes(1024)):
        for file in one.files:
            (tmp_path / file.name).write_bytes(content)
        with pytest.raises(ValueError) as error:
            for part in one.load(tmp_path):
                list(part)  # a treebank is parsed when it is asked for
        assert "\n" not in str(error.value)
        assert any(file.name in str(error.value) for file in one.files), error.value


def test_names_are_given_once():
    names = [one.name for one in ENTRIES]
    assert len(set(names)) == len(names)
    assert all(data_set(name).name == name for name in names)
    files = [(file.dataset, file.name) for one in ENTRIES for file in one.files]
    assert len(set(files)) == len(files)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(
        ValueError, match=r"one of mnist, .* got 'multi30'\. Did you mean 'multi30k'"
    ):
        data_set("multi30")


if (SHARED / "INDEX.md").is_file():

    def test_every_set_of_the_index_has_an_entry():
        rows = re.findall(r"^\| (\w+) \| \d+ \|", (SHARED / "INDEX.md").read_text(), re.M)
        assert sorted(one.name for one in ENTRIES) == sorted(rows)

    @pytest.mark.parametrize("one", ENTRIES, ids=lambda one: one.name)
    def test_checksums_are_those_of_the_published_files(one):
        for file in one.files:
            assert find(file, SHARED / one.name), file.name
            content = read("test", file, SHARED / one.name)
            assert hashlib.sha256(content).hexdigest() == file.sha256, file.name
