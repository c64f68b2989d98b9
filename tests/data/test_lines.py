"""Lines, columns and numbers: what is wrong is named by file, line and column (F17)."""

import math

import pytest

from jaxrnn.data.lines import columns_of, decoded, lines_of, number_in


def test_only_a_newline_ends_a_line():
    text = "one\u2028still one\x85and\x0bon\r\n\ntwo"
    assert list(lines_of("load", text.encode(), "a.txt")) == [
        (1, "one\u2028still one\x85and\x0bon"), (2, ""), (3, "two"),
    ]  # fmt: skip
    assert list(lines_of("load", b"", "a.txt")) == []
    assert list(lines_of("load", b"\n", "a.txt")) == [(1, "")]


def test_a_byte_order_mark_is_dropped():
    assert decoded("load", b"\xef\xbb\xbfhello", "a.txt") == "hello"
    assert decoded("load", b"caf\xe9", "a.txt", "latin-1") == "caf\u00e9"


@pytest.mark.parametrize(
    ("content", "line", "column", "byte"),
    [
        (b"\xff", 1, 1, "0xff"),
        (b"one\ntwo\xe9", 2, 4, "0xe9"),
        ("\uac00\uac01".encode() + b"\xff", 1, 3, "0xff"),  # columns are characters, not bytes
        ("one\n\uac00".encode()[:-1], 2, 1, "0xea"),
        (b"one\nt\0", 2, 2, "0x00"),
    ],
)
def test_f17_bytes_that_are_not_utf8(content, line, column, byte):
    message = f"load: a.txt, line {line}, column {column}: expected utf-8 text, got the byte {byte}"
    with pytest.raises(ValueError, match=message):
        list(lines_of("load", content, "a.txt"))


def test_f17_wrong_number_of_columns():
    rows = columns_of("load", b"a\tb\nc\td\te\n", "a.txt", "\t", 2)
    assert next(rows) == (1, ["a", "b"])
    with pytest.raises(ValueError, match=r"a\.txt, line 2: expected 2 columns .* a tab, got 3: 'c"):
        next(rows)
    with pytest.raises(ValueError, match="white space, got 1"):
        list(columns_of("load", b"one\n", "a.txt", None, 3))


def test_f17_a_cell_that_is_no_number():
    assert number_in("load", "a.txt", 1, 3, " 6.5 ", float) == 6.5
    assert number_in("load", "a.txt", 1, 1, "-3", int) == -3
    for cell in ("high", "", "1_000", "nan", "inf", "1e999"):
        with pytest.raises(ValueError, match=r"a\.txt, line 7, column 3: expected a number, got"):
            number_in("load", "a.txt", 7, 3, cell, float)
    for cell in ("1.5", "1e3", "9" * 400 + "x"):
        with pytest.raises(
            ValueError, match=r"line 7, column 1: expected a whole number, got"
        ) as e:
            number_in("load", "a.txt", 7, 1, cell, int)
        assert len(str(e.value)) < 120
    assert math.isfinite(number_in("load", "a.txt", 1, 1, "1e308", float))
