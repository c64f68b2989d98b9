"""Surnames in an archive, and how the archive is made (F17, F24)."""

import dataclasses
import hashlib
import io
import tarfile

import pytest

from jaxrnn.data import find, read, surnames
from jaxrnn.data.archives import members
from tests.data.samples import SHARED


def tar(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def test_surnames_from_a_folder(tmp_path):
    files = {"names/Korean.txt": b"Kim\nYoun\n", "names/Czech.txt": "Dvo\u0159\u00e1k \n".encode()}
    (tmp_path / "names.tar").write_bytes(tar({**files, "names/README": b"\xff"}))
    assert surnames.load_surnames(tmp_path) == {
        "Czech": ("Dvo\u0159\u00e1k",), "Korean": ("Kim", "Youn"),
    }  # fmt: skip
    assert list(surnames.load_surnames(tmp_path)) == ["Czech", "Korean"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"names/Korean.txt": b"Kim\n\nYoun\n"}, "names/Korean.txt, line 2: expected a name"),
        ({"names/Korean.txt": b"Kim\n\xff"}, "names/Korean.txt, line 2, column 1: expected utf-8"),
        ({"README": b"Kim\n"}, "names.tar has no member Language.txt"),
        ({"../Korean.txt": b"Kim\n"}, "names.tar is refused: its member '../Korean.txt' leads"),
    ],
)
def test_f17_f24_what_is_wrong_is_named(tmp_path, files, message):
    (tmp_path / "names.tar").write_bytes(tar(files))
    with pytest.raises(ValueError, match=message):
        surnames.load_surnames(tmp_path)


def test_surnames_that_are_nowhere():
    with pytest.raises(FileNotFoundError, match=r"make it of 18 files.*Arabic\.txt and 17 more"):
        surnames.load_surnames()


def test_the_archive_is_made_of_the_published_files(tmp_path, monkeypatch):
    urls = []
    for number, language in enumerate(surnames._LANGUAGES):
        path = tmp_path / f"{language}.txt"
        path.write_text(f"Name{number}\n")
        urls.append(path.as_uri())
    recipe = dataclasses.replace(surnames.SURNAMES.recipe, urls=tuple(urls))
    expected = surnames._archive([f"Name{n}\n".encode() for n in range(18)])
    digest = hashlib.sha256(expected).hexdigest()
    small = dataclasses.replace(surnames.SURNAMES, recipe=recipe, sha256=digest)
    monkeypatch.setattr(surnames, "SURNAMES", small)
    got = surnames.load_surnames(download=True)
    assert got["Arabic"] == ("Name0",) and got["Vietnamese"] == ("Name17",) and len(got) == 18


if (SHARED / "surnames").is_dir():

    def test_surnames_as_published(monkeypatch):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        names = surnames.load_surnames()
        assert tuple(names) == surnames._LANGUAGES
        assert sum(map(len, names.values())) == 20074
        assert len(names["Russian"]) == 9408 and len(names["Vietnamese"]) == 73

    def test_the_archive_is_rebuilt_byte_for_byte():
        found = find(surnames.SURNAMES, SHARED / "surnames")
        assert found is not None
        content = read("test", surnames.SURNAMES, found.parent)
        rebuilt = surnames._archive([text for _, text in members(content, "names.tar")])
        assert rebuilt == content
        assert hashlib.sha256(rebuilt).hexdigest() == surnames.SURNAMES.sha256
