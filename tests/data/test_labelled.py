"""Files with `label text` in each line, right and wrong (F17)."""

import numpy as np
import pytest

from jaxrnn.data.labelled import read_labelled


def test_labels_and_texts():
    got = read_labelled("load", b"1 good , really\n0  bad \n", "train.txt", 2)
    assert got.texts == ("good , really", "bad")
    assert got.labels.dtype == np.int32 and got.labels.tolist() == [1, 0]
    assert read_labelled("load", b"", "train.txt", 2).labels.shape == (0,)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"2 good", "column 1: expected a label from 0 to 1, got 2"),
        (b"-1 good", "column 1: expected a label from 0 to 1, got -1"),
        (b"good", "column 1: expected a whole number, got 'good'"),
        (b"", "column 1: expected a whole number, got ''"),
        (b"1 ", "column 2: expected a text after the label, got '1 '"),
        (b"1 \xff", "column 3: expected utf-8 text, got the byte 0xff"),
    ],
)
def test_f17_a_wrong_line_is_named(line, message):
    with pytest.raises(ValueError, match=f"load: train.txt, line 2, {message}"):
        read_labelled("load", b"0 bad\n" + line + b"\n", "train.txt", 2)
