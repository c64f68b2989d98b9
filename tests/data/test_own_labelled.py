"""Labelled texts of one's own: two columns in the two ways that people write them."""

import gzip

import pytest

from jaxrnn.data.own_labelled import read_labelled_texts


def read(tmp_path, content, name="my.tsv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_labelled_texts(path)


def test_tabs_leave_quotes_and_commas_alone(tmp_path):
    found = read(tmp_path, 'yes\t"so, good\nno\t영화가 bad"\n\n')
    assert found.labels == ("yes", "no")
    assert found.texts == ('"so, good', '영화가 bad"')


def test_commas_quotes_and_a_head_row_in_either_order(tmp_path):
    found = read(tmp_path, 'Text,Label\r\n"two\nlines, and ""more""",a\r\nb,b\r\n', "my.csv")
    assert found.texts == ('two\nlines, and "more"', "b") and found.labels == ("a", "b")
    assert read(tmp_path, "label,text\na,b\n").texts == ("b",)


def test_gzip_and_a_byte_order_mark(tmp_path):
    found = read(tmp_path, gzip.compress("\ufeffa\tone\nb\ttwo\n".encode()), "my.tsv.gz")
    assert found.labels == ("a", "b")


@pytest.mark.parametrize(
    "content, said",
    [
        ("a\tb\na b\n", r"my\.tsv, line 2: expected two columns.* by a tab, got 1: 'a b'"),
        ("a,b\na,b,c\n", r"line 2: expected two columns.* comma or a tab, got 3: 'a \| b \| c'"),
        ("a\tb\nc\t\n", r"line 2: expected two columns"),
        ("label\ttext\n", r"has no rows"),
        (b"a\t\xff\n", r"line 1, column 3: expected utf-8 text"),
        ("", r"is empty"),
    ],
)
def test_e69_what_is_wrong_is_said_with_its_line(tmp_path, content, said):
    with pytest.raises(ValueError, match=said):
        read(tmp_path, content)
