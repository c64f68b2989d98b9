"""Files of which line n says the same (F17)."""

import pytest

from jaxrnn.data.parallel import read_parallel


def test_lines_of_each_file():
    got = read_parallel("load", {"a.en": b"one \ntwo\n", "a.ko": "\ud558\ub098\n\ub458".encode()})
    assert got == (("one", "two"), ("\ud558\ub098", "\ub458"))


def test_f17_different_numbers_of_lines():
    with pytest.raises(ValueError, match=r"same number of lines, but a\.en has 2, a\.de has 1"):
        read_parallel("load", {"a.en": b"one\ntwo\n", "a.de": b"eins\n"})


def test_f17_an_empty_line_and_a_wrong_byte():
    with pytest.raises(ValueError, match=r"load: a\.de, line 2: expected a sentence, got none"):
        read_parallel("load", {"a.en": b"one\ntwo\n", "a.de": b"eins\n \n"})
    with pytest.raises(ValueError, match=r"load: a\.de, line 1, column 2: expected utf-8"):
        read_parallel("load", {"a.de": b"f\xfcnf\n"})
