"""Captions in three languages (F17)."""

import pytest

from jaxrnn.data.multi30k import MULTI30K, load_multi30k
from tests.data.samples import SHARED


@pytest.fixture
def small(tmp_path):
    for file in MULTI30K:
        (tmp_path / file.name).write_text(f"{file.name} 1\n{file.name} 2 \n")
    return tmp_path


def test_multi30k_from_a_folder(small):
    got = load_multi30k(small)
    assert got.train.en == ("train.en 1", "train.en 2")
    assert got.val.images == ("image_splits_val.txt 1", "image_splits_val.txt 2")
    assert got.test_2016.de[0] == "test_2016_flickr.de 1"
    assert got.test_2017.fr[1] == "test_2017_flickr.fr 2"


def test_f17_languages_of_different_length(small):
    (small / "val.de").write_text("one\n")
    with pytest.raises(
        ValueError, match=r"load_multi30k: .* val\.en has 2, val\.de has 1, val\.fr"
    ):
        load_multi30k(small)
    (small / "val.de").write_text("one\n\n")
    with pytest.raises(ValueError, match=r"load_multi30k: val\.de, line 2: expected a sentence"):
        load_multi30k(small)


def test_multi30k_that_is_nowhere():
    with pytest.raises(FileNotFoundError, match=r"load_multi30k: image_splits_train\.txt"):
        load_multi30k()


if (SHARED / "multi30k").is_dir():

    def test_multi30k_as_published(monkeypatch):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        got = load_multi30k()
        counts = [{len(column) for column in part} for part in got]
        assert counts == [{29000}, {1014}, {1000}, {1000}]
        assert got.train.images[0] == "1000092795.jpg"
        assert got.train.en[0] == "Two young, White males are outside near many bushes."
        assert got.train.de[0].startswith("Zwei junge wei\u00dfe M\u00e4nner")
