"""Texts of one's own."""

import codecs
import gzip

import pytest

from jaxrnn.data.own_text import read_text

TEXT = "na\u00efve\r\nand \U0001f600\n"


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_plain_and_packed(tmp_path, mark, pack):
    (tmp_path / "my.txt").write_bytes(pack(mark + TEXT.encode()))
    assert read_text(tmp_path / "my.txt") == TEXT


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, expected a UTF-8 text"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (codecs.BOM_UTF8, "holds 0 characters, expected a text of at least 2"),
        ("\u00e9".encode(), "holds 1 characters, expected a text of at least 2"),
        (b"one\ntwo \xe9\n", "line 2, column 5: expected utf-8 text, got the byte 0xe9"),
        (gzip.compress(b"hello there", mtime=0)[:-9], "is damaged: it is no whole gzip file"),
    ],
)
def test_e69_what_is_wrong_is_named(tmp_path, content, message):
    (tmp_path / "my.txt").write_bytes(content)
    with pytest.raises(ValueError, match=f"read_text: .*my.txt.*{message}") as error:
        read_text(tmp_path / "my.txt")
    assert "\n" not in str(error.value)
