"""Between what people write and what a network reads."""

import json

import numpy as np
import pytest

from jaxrnn.tasks import TASKS
from jaxrnn.tasks.codecs import CharacterCodec, RowCodec, codec_from_json, codec_to_json

ROWS = RowCodec(("a", "b"), (1.0, 0.0), (2.0, 1.0), ("b",), (5.0,), (2.0,))


@pytest.mark.parametrize("codec", [CharacterCodec("\n ab\u00e9"), ROWS])
def test_a_codec_comes_back_from_json(codec):
    text = json.dumps(codec_to_json(codec))
    assert codec_from_json(json.loads(text)) == codec


def test_a_codec_of_a_file_can_only_be_one_of_ours():
    with pytest.raises(ValueError, match="unknown class 'Popen'"):
        codec_from_json({"type": "Popen", "fields": {"args": "true"}})


def test_lines_of_text_are_one_hot():
    first, second = CharacterCodec("ab").inputs("ab\n\nb\n")
    assert first.argmax(-1).tolist() == [0, 1] and second.shape == (1, 2)


def test_rows_are_scaled_and_blocks_are_sequences():
    first, second = ROWS.inputs("a, b\n3,4\n5,6\n\n\n1;2\n")
    np.testing.assert_array_equal(first, [[1, 4], [2, 6]])
    np.testing.assert_array_equal(second, [[0, 2]])
    assert ROWS.answer(np.array([[9.0], [1.5]])) == "b 8"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got none"),
        ("\n\n", "got none"),
        ("1 2\n3", "line 2 has 1 numbers, expected 2"),
        ("1 2\n3 x", "line 2, column b: expected a number, got 'x'"),
        ("1 nan", "line 1 has a number that is not finite"),
    ],
)
def test_e69_rows_that_are_none_are_named(text, words):
    with pytest.raises(ValueError, match=words):
        ROWS.inputs(text)


def test_e69_a_character_that_is_unknown_is_named():
    with pytest.raises(ValueError, match=r"text\[1\] is 'x'"):
        CharacterCodec("ab").inputs("ax")


@pytest.mark.parametrize("name", ["digits", "sine", "text"])
def test_codecs_fit_their_tasks(name):
    task = TASKS[name]()
    assert (task.codec.input_size, task.codec.output_size) == (task.input_size, task.output_size)
    assert len(task.content) == 64 and task.epoch > 0


def test_a_digit_written_by_hand_is_read_as_the_task_reads_it():
    task = TASKS["digits"](steps=8)
    image = np.asarray(task.train(0).xs[:, 0]) * task.codec.ink
    text = "\n".join(" ".join(map(str, row)) for row in image)
    np.testing.assert_allclose(task.codec.inputs(text)[0], task.train(0).xs[:, 0], atol=1e-6)
