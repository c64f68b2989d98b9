"""The reader of treebanks, and the two that come with a loader (F17)."""

import gzip

import pytest

from jaxrnn.data.conllu import (
    UD_ENGLISH_EWT,
    UD_KOREAN_GSD,
    load_ud_english_ewt,
    load_ud_korean_gsd,
    read_conllu,
)
from tests.data.samples import SHARED

LINES = """\
# sent_id = 1
# text = I don't.
1\tI\tI\tPRON\tPRP\tCase=Nom\t2\tnsubj\t2:nsubj\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
2\tdo\tdo\tVERB\tVBP\t_\t0\troot\t0:root\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t2:advmod\t_
3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t2:conj\t_
4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t2:punct\t_

# sent_id = 2
1\t\uac00.\t\uac00\tVERB\tVV+EF\t_\t_\t_\t_\t_
"""


def word(*cells):
    return "\t".join(cells).encode()


def test_sentences():
    one, two = read_conllu(LINES.encode())
    assert [w.form for w in one.words] == ["I", "do", "n't", "."]
    assert [w.id for w in one.words] == [1, 2, 3, 4]
    assert [w.upos for w in one.words] == ["PRON", "VERB", "PART", "PUNCT"]
    assert [w.head for w in one.words] == [2, 0, 2, 2]
    assert one.words[0].feats == "Case=Nom" and one.words[0].deps == "2:nsubj"
    assert one.multiwords == ((2, 3, "don't"),)
    assert one.comments == ("sent_id = 1", "text = I don't.")
    assert two.words[0].form == "\uac00." and two.words[0].head is None and two.multiwords == ()


def test_line_ends_and_empty_lines_do_not_matter():
    expected = list(read_conllu(LINES.encode()))
    for content in (
        LINES.replace("\n", "\r\n"),
        "\n" + LINES.replace("\n\n", "\n\n\n"),
        LINES[:-1],
    ):
        assert list(read_conllu(content.encode())) == expected
    assert list(read_conllu(b"")) == list(read_conllu(b"\n\n")) == []


def test_sentences_before_a_wrong_line_are_read():
    sentences = read_conllu(LINES.encode() + b"\nwrong\n", "a.conllu")
    assert len([next(sentences), next(sentences)]) == 2
    with pytest.raises(ValueError, match=r"a\.conllu, line 13: expected 10 columns .* got 1"):
        next(sentences)


GOOD = ["1", "Go", "go", "VERB", "VB", "_", "0", "root", "_", "_"]


@pytest.mark.parametrize(
    ("place", "cell", "message"),
    [
        (0, "2", r"column 1 \(ID\): expected 1, the next word of the sentence, got 2"),
        (0, "x", r"column 1 \(ID\): expected a whole number, got 'x'"),
        (0, "1-x", r"column 1 \(ID\): expected a whole number, got 'x'"),
        (0, "\u0661", r"column 1 \(ID\): expected a whole number"),
        (3, "", r"column 4 \(UPOS\): expected something, or _ for nothing, got ''"),
        (6, "2", r"column 7 \(HEAD\): expected a head from 0 to 1, .* got 2"),
        (6, "-1", r"column 7 \(HEAD\): expected a whole number, got '-1'"),
        (6, "9" * 5000, r"column 7 \(HEAD\): expected a whole number, got '9{40}'"),
    ],
)
def test_f17_a_wrong_cell_is_named(place, cell, message):
    cells = [*GOOD[:place], cell, *GOOD[place + 1 :]]
    with pytest.raises(ValueError, match=f"read_conllu: a.conllu, line 2, {message}"):
        list(read_conllu(b"# text = Go\n" + word(*cells), "a.conllu"))


def test_f17_wrong_columns_and_bytes():
    with pytest.raises(ValueError, match="line 1: expected 10 columns separated by a tab, got 9"):
        list(read_conllu(word(*GOOD[:9]), "a.conllu"))
    with pytest.raises(ValueError, match="line 1, column 3: expected utf-8 text"):
        list(read_conllu(b"1\t\xff" + word(*GOOD)[3:], "a.conllu"))


@pytest.mark.parametrize(
    ("load", "files"), [(load_ud_english_ewt, UD_ENGLISH_EWT), (load_ud_korean_gsd, UD_KOREAN_GSD)]
)
def test_treebanks_from_a_folder(tmp_path, load, files):
    with pytest.raises(FileNotFoundError, match=f"{load.__name__}: .*-ud-train.conllu"):
        load(tmp_path)
    for file in files:
        (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(LINES.encode()))
    (tmp_path / files[-1].name).write_bytes(b"wrong\n")
    treebank = load(tmp_path)  # nothing is parsed yet
    assert len(list(treebank.train)) == len(list(treebank.train)) == 2  # again and again
    assert len(list(treebank.dev)) == 2
    with pytest.raises(ValueError, match=f"{files[-1].name}, line 1: expected 10 columns"):
        list(treebank.test)


if (SHARED / "ud_english_ewt").is_dir() and (SHARED / "ud_korean_gsd").is_dir():

    @pytest.mark.parametrize(
        ("load", "sentences", "words", "tags"),
        [
            (load_ud_english_ewt, [12544, 2001, 2077], [204577, 25147, 25094], [17, 17, 17]),
            (load_ud_korean_gsd, [4400, 950, 989], [56687, 11958, 11677], [16, 15, 14]),
        ],
    )
    def test_treebanks_as_published(monkeypatch, load, sentences, words, tags):
        monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
        parts = [[s.words for s in part] for part in load()]
        assert [len(part) for part in parts] == sentences
        assert [sum(map(len, part)) for part in parts] == words
        assert [len({w.upos for s in part for w in s}) for part in parts] == tags
