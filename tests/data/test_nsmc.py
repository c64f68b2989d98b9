"""Korean film reviews: the sample, and how it is made of the raw crawl (F17)."""

import hashlib
import json

import numpy as np
import pytest

from jaxrnn.data import nsmc
from tests.data.samples import SHARED

HEADER = "id\tdocument\tlabel\n"


@pytest.fixture
def small(tmp_path):
    for part in ("train", "dev", "test"):
        content = f"{HEADER}7\t\uc88b\uc544\uc694\t1\n8\tbad film\t0\n"
        (tmp_path / f"nsmc_sample_{part}.txt").write_bytes(content.encode())
    return tmp_path


def test_nsmc_from_a_folder(small):
    for part in nsmc.load_nsmc(small):
        assert part.texts == ("\uc88b\uc544\uc694", "bad film") and part.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("7\tgood\t1\n", "line 1: expected the header .*'label'.*, got .*'good'"),
        ("id document label\n", "line 1: expected 3 columns separated by a tab, got 1"),
        (HEADER + "7\tgood\n", "line 2: expected 3 columns separated by a tab, got 2"),
        (HEADER + "7\tgood\t2\n", "line 2, column 3: expected a label from 0 to 1, got 2"),
        (HEADER + "7\tgood\tyes\n", "line 2, column 3: expected a whole number, got 'yes'"),
    ],
)
def test_f17_a_wrong_line_is_named(small, content, message):
    (small / "nsmc_sample_dev.txt").write_text(content)
    with pytest.raises(ValueError, match=f"load_nsmc: nsmc_sample_dev.txt, {message}"):
        nsmc.load_nsmc(small)


def test_nsmc_that_is_nowhere_says_how_it_is_made():
    for download in (False, True):
        with pytest.raises(FileNotFoundError, match=r"make it of raw/\*\.json of https.*rebuild_n"):
            nsmc.load_nsmc(download=download)


def test_rebuilding_follows_the_rule(monkeypatch):
    monkeypatch.setattr(nsmc, "_SIZES", {"train": 4, "dev": 1, "test": 2})
    reviews = [
        {"review_id": str(n), "rating": str(n % 10 + 1), "review": f" film\t{n} \n"}
        for n in range(100)
    ]
    reviews.append({"review_id": "1000", "rating": "10", "review": " \n"})
    raw = [
        ("nsmc-cc0670e/raw/1.json", json.dumps(reviews[:60]).encode()),
        ("raw/2.json", json.dumps(reviews[60:]).encode()),
        ("nsmc-cc0670e/code/3.json", b"no matter"),
        ("nsmc-cc0670e/raw/README.md", b"no matter"),
    ]
    files = nsmc.rebuild_nsmc(raw)
    assert list(files) == [f"nsmc_sample_{part}.txt" for part in ("train", "dev", "test")]

    def digest(number):
        return hashlib.sha1(str(number).encode()).hexdigest()

    good = sorted((n for n in range(100) if n % 10 + 1 >= 9), key=digest)
    bad = sorted((n for n in range(100) if n % 10 + 1 <= 4), key=digest)
    for content, part in zip(files.values(), (slice(4), slice(4, 5), slice(5, 7)), strict=True):
        rows = sorted(good[part] + bad[part], key=digest)
        lines = [f"{n}\tfilm {n}\t{int(n in good)}\n" for n in rows]
        assert content.decode() == HEADER + "".join(lines)
    # whatever order the files of the crawl come in
    assert nsmc.rebuild_nsmc(reversed(raw)) == files


@pytest.mark.parametrize(
    "content",
    [b"", b"{}{", b"[1]", b'[{"review_id": 1}]', b"3", b"[" * 100_000,
     b'[{"review_id": "1", "rating": "ten", "review": ""}]', b"\xff"],
)  # fmt: skip
def test_rebuilding_names_a_wrong_file(content):
    with pytest.raises(ValueError, match=r"rebuild_nsmc: raw/1\.json: expected a JSON list"):
        nsmc.rebuild_nsmc([("raw/1.json", content)])


if (SHARED / "nsmc_raw_sample").is_dir():

    def test_nsmc_as_published(monkeypatch):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        splits = nsmc.load_nsmc()
        counts = [np.bincount(part.labels).tolist() for part in splits]
        assert counts == [[25000, 25000], [2500, 2500], [5000, 5000]]
