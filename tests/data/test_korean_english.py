"""Korean and English sentences, and the news taken out of an archive (F17)."""

import dataclasses
import hashlib
import io
import tarfile

import pytest

from jaxrnn.data import read
from jaxrnn.data.korean_english import KOREAN_ENGLISH, load_korean_english
from tests.data.samples import SHARED


@pytest.fixture
def small(tmp_path):
    for file in KOREAN_ENGLISH:
        (tmp_path / file.name).write_text(f"{file.name} 1\n{file.name} 2\n")
    (tmp_path / "tatoeba_eng-kor.txt").write_bytes("Go.\t\uac00.\nHi.\t\uc548\ub155.\n".encode())
    return tmp_path


def test_korean_english_from_a_folder(small):
    got = load_korean_english(small)
    assert got.news_dev.ko == ("korean-english-park.dev.ko 1", "korean-english-park.dev.ko 2")
    assert got.news_test.en[0] == "korean-english-park.test.en 1"
    assert got.jhe_dev.ko[0] == "jhe-koen-dev.ko 1" and got.jhe_eval.en[0] == "jhe-koen-eval.en 1"
    assert got.tatoeba.en == ("Go.", "Hi.") and got.tatoeba.ko == ("\uac00.", "\uc548\ub155.")


def test_f17_wrong_lines_are_named(small):
    (small / "tatoeba_eng-kor.txt").write_text("Go.\n")
    with pytest.raises(ValueError, match=r"tatoeba_eng-kor\.txt, line 1: expected 2 columns"):
        load_korean_english(small)
    (small / "jhe-koen-dev.en").write_text("one\n")
    with pytest.raises(ValueError, match=r"jhe-koen-dev\.ko has 2, jhe-koen-dev\.en has 1"):
        load_korean_english(small)


def test_korean_english_that_is_nowhere():
    message = r"make it of the member korean-english-park\.dev\.ko of korean-english-park\.dev\.tar"
    with pytest.raises(FileNotFoundError, match=message):
        load_korean_english()


@pytest.mark.parametrize(
    "member", ["korean-english-park.dev.ko", "park/korean-english-park.dev.ko"]
)
def test_news_is_taken_out_of_its_archive(tmp_path, member):
    content = "\uc138\uacc4\n".encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (("other", b"other"), (member, content)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    path = tmp_path / "korean-english-park.dev.tar.gz"
    path.write_bytes(packed.getvalue())
    file = next(file for file in KOREAN_ENGLISH if file.name == "korean-english-park.dev.ko")
    recipe = dataclasses.replace(file.recipe, urls=(path.as_uri(),))
    digest = hashlib.sha256(content).hexdigest()
    small = dataclasses.replace(file, recipe=recipe, sha256=digest)
    assert read("load", small, download=True) == content
    other = next(file for file in KOREAN_ENGLISH if file.name == "korean-english-park.dev.en")
    with pytest.raises(FileNotFoundError, match=r"has no member korean-english-park\.dev\.en"):
        read("load", dataclasses.replace(other, recipe=dataclasses.replace(
            other.recipe, urls=(path.as_uri(),))), download=True)  # fmt: skip


if (SHARED / "korean_english").is_dir():

    def test_korean_english_as_published(monkeypatch):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        got = load_korean_english()
        counts = [(len(part.ko), len(part.en)) for part in got]
        assert counts == [(1000,) * 2, (2000,) * 2, (720,) * 2, (720,) * 2, (5890,) * 2]
        assert got.tatoeba.en[0] == "Go." and got.tatoeba.ko[0] == "\uac00."
        assert len(set(got.tatoeba.en)) == 5245
