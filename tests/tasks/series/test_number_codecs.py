"""Numbers that people write: lines that go on, and images."""

import numpy as np
import pytest

from jaxrnn.tasks.codecs import codec_from_json, codec_to_json
from jaxrnn.tasks.series.number_codecs import NumbersCodec, PixelCodec

PIXELS = PixelCodec(2, 4.0, (5, 4, 3, 2, 1, 0), ("no", "yes"))


@pytest.mark.parametrize("codec", [NumbersCodec(3.0, 0.5), PIXELS])
def test_they_are_saved_with_a_run(codec):
    assert codec_from_json(codec_to_json(codec)) == codec


def test_lines_of_many_lengths():
    one, two = NumbersCodec(1.0, 2.0).inputs("3\n\n 5;7, 9 \r\n")
    assert one.tolist() == [[1.0]] and two.tolist() == [[2.0], [3.0], [4.0]]
    assert one.dtype == np.float32


def test_images_in_lines_of_any_length():
    first, second = PIXELS.inputs("0 1 2\n3 4 5\n\n5 4 3 2 1 0\n")
    assert (first * 4).tolist() == [[5, 4, 3], [2, 1, 0]]
    assert (second * 4).tolist() == [[0, 1, 2], [3, 4, 5]]
    whole = PIXELS.sequences(np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    np.testing.assert_array_equal(whole[:, 0], first)


@pytest.mark.parametrize(
    ("codec", "text", "words"),
    [
        (NumbersCodec(0.0, 1.0), "1 2\n1 x", "line 2: expected a number, got 'x'"),
        (NumbersCodec(0.0, 1.0), "\n", "expected lines of numbers"),
        (NumbersCodec(0.0, 1.0), "1e99", "line 1 has a number that float32"),
        (PIXELS, "1 2 3", "expected images of 6 numbers.*got one of 3"),
        (PIXELS, "", "expected images of 6 numbers.*got none"),
    ],
)
def test_e69_text_that_does_not_fit_is_named(codec, text, words):
    with pytest.raises(ValueError, match=words):
        codec.inputs(text)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NumbersCodec(0.0, 0.0), "finite scale above 0"),
        (lambda: NumbersCodec(np.nan, 1.0), "finite mean"),
        (lambda: PixelCodec(1, 1.0, (0, 0), ("a",)), "name each pixel, from 0, once"),
        (lambda: PixelCodec(2, 1.0, (0, 1, 2), ("a",)), "divide 3 pixels, got 2"),
    ],
)
def test_e68_fields_that_do_not_fit_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()
