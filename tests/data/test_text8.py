"""The beginning of text8, from a folder, rebuilt, and as published if it is there."""

import dataclasses
import hashlib
import io
import zipfile

import pytest

from jaxrnn.data import text8
from tests.data.samples import SHARED

WORDS = b" anarchism originated as a term of abuse"


def test_text8_from_a_folder(tmp_path):
    (tmp_path / "text8_prefix.txt").write_bytes(WORDS)
    assert text8.load_text8(tmp_path) == WORDS.decode()


def test_f17_another_character_is_named(tmp_path):
    (tmp_path / "text8_prefix.txt").write_bytes(WORDS + b"\nThe end")
    with pytest.raises(ValueError, match=r"text8_prefix\.txt, line 1, column 41: .* byte 0x0a"):
        text8.load_text8(tmp_path)
    (tmp_path / "text8_prefix.txt").write_bytes(b"caf\xc3\xa9")
    with pytest.raises(ValueError, match=r"line 1, column 4: .* byte 0xc3"):
        text8.load_text8(tmp_path)


def test_text8_is_nowhere_and_how_it_is_made():
    with pytest.raises(FileNotFoundError, match=r"make it of the first 6877824 bytes of .*text8"):
        text8.load_text8()


def test_text8_is_made_of_the_published_archive(tmp_path, monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text8", WORDS * 3)
    (tmp_path / "text8.zip").write_bytes(file.getvalue())
    monkeypatch.setattr(text8, "_LENGTH", len(WORDS))
    recipe = dataclasses.replace(
        text8.TEXT8_PREFIX.recipe, urls=((tmp_path / "text8.zip").as_uri(),)
    )
    small = dataclasses.replace(
        text8.TEXT8_PREFIX, recipe=recipe, sha256=hashlib.sha256(WORDS).hexdigest()
    )
    monkeypatch.setattr(text8, "TEXT8_PREFIX", small)
    assert text8.load_text8(download=True) == WORDS.decode()
    assert text8.load_text8() == WORDS.decode()


if (SHARED / "text8_prefix").is_dir():

    def test_text8_as_published(monkeypatch):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        text = text8.load_text8()
        assert len(text) == 6877824 and text.count(" ") == 1171946
        assert text.startswith(" anarchism originated")
