"""SST-2, SST-5, MR and TREC (F17)."""

import numpy as np
import pytest

from jaxrnn.data.sentiment import (
    SENTIMENT_EN,
    TREC_CLASSES,
    load_mr,
    load_sentiment_en,
    load_sst2,
    load_sst5,
    load_trec,
)
from tests.data.samples import SHARED


@pytest.fixture
def small(tmp_path):
    for file in SENTIMENT_EN:
        content = b"0 so bad\n1 so good\n"
        if file.name.startswith("rt-"):
            content = f"{file.name} one \n{file.name} two\n".encode()
        (tmp_path / file.name).write_bytes(content)
    (tmp_path / "TREC.test.all.txt").write_bytes("5 How much is a caf\u00e9 ?\n".encode("latin-1"))
    return tmp_path


def test_the_four_sets_from_a_folder(small):
    got = load_sentiment_en(small)
    for splits in got.sst2, got.sst5:
        for part in splits:
            assert part.texts == ("so bad", "so good") and part.labels.tolist() == [0, 1]
    assert got.mr.labels.tolist() == [0, 0, 1, 1]
    assert got.mr.texts[0] == "rt-polarity.neg.txt one"
    assert got.mr.texts[3] == "rt-polarity.pos.txt two"
    assert got.trec.test.texts == ("How much is a caf\u00e9 ?",)
    assert TREC_CLASSES[got.trec.test.labels[0]] == "number"
    assert got.trec.dev.texts == () and got.trec.dev.labels.shape == (0,)


@pytest.mark.parametrize(
    ("load", "name", "content", "message"),
    [
        (load_sst2, "stsa.binary.dev.txt", b"2 fine\n", "line 1, column 1: .* 0 to 1, got 2"),
        (load_sst5, "stsa.fine.test.txt", b"5 fine\n", "line 1, column 1: .* 0 to 4, got 5"),
        (load_sst5, "stsa.fine.train.txt", b"fine\n", "line 1, column 1: expected a whole number"),
        (load_mr, "rt-polarity.pos.txt", b"good\n\n", "line 2: expected a sentence"),
        (load_mr, "rt-polarity.neg.txt", b"caf\xe9\n", "line 1, column 4: expected utf-8"),
        (load_trec, "TREC.train.all.txt", b"6 Why ?\n", "line 1, column 1: .* 0 to 5, got 6"),
    ],
)
def test_f17_a_wrong_line_is_named(small, load, name, content, message):
    (small / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{load.__name__}: {name}, {message}"):
        load(small)


def test_sets_that_are_nowhere():
    for load in (load_sst2, load_sst5, load_mr, load_trec):
        with pytest.raises(FileNotFoundError, match=f"{load.__name__}: .*'sentiment_en'"):
            load()


def test_mr_says_that_it_overlaps_sst():
    assert "1431 of the 1821 sentences of SST-2's test set" in " ".join(load_mr.__doc__.split())


if (SHARED / "sentiment_en").is_dir():

    def test_the_four_sets_as_published(monkeypatch):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        sst2, sst5, mr, trec = load_sentiment_en()
        assert [np.bincount(part.labels).tolist() for part in sst2] == [
            [3310, 3610], [428, 444], [912, 909],
        ]  # fmt: skip
        assert [np.bincount(part.labels).tolist() for part in sst5] == [
            [1092, 2218, 1624, 2322, 1288], [139, 289, 229, 279, 165], [279, 633, 389, 510, 399],
        ]  # fmt: skip
        assert np.bincount(mr.labels).tolist() == [5331, 5331]
        assert np.bincount(trec.train.labels).tolist() == [1162, 1250, 86, 1223, 835, 896]
        assert np.bincount(trec.test.labels).tolist() == [138, 94, 9, 65, 81, 113]
        letters = [
            {"".join(filter(str.isalnum, text)) for text in texts}
            for texts in (mr.texts, sst2.test.texts)
        ]
        assert len(letters[0] & letters[1]) > 1400
