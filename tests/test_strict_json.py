"""Strict JSON: what is written reads back, and what is not strict is named."""

import pytest

from jaxrnn import strict_json


def test_values_read_back_as_they_were():
    value = {
        "none": None, "flag": True, "int": -(2**63), "float": 0.1, "small": 5e-324, "text": "é\n",
        "list": [1, [2.0, {}], "a"],
    }  # fmt: skip
    assert strict_json.parse(strict_json.text(value), "it") == value
    assert strict_json.parse(strict_json.text(value).encode() + b"\n", "it") == value


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_has_no_word_for_is_not_written(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        strict_json.text({"a": value})
    with pytest.raises(TypeError, match="not JSON serializable"):
        strict_json.text({"a": object()})


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "it is no strict JSON: "),
        ("{", "it is no strict JSON: "),
        (b'{"a":"\xff"}', "it is no strict JSON: "),
        ("[1]", "it is no JSON object"),
        ('{"a":1,"b":2,"a":3}', "duplicate key 'a'"),
        ('{"b":{"a":1,"a":1}}', "duplicate key 'a'"),
        ('{"a":NaN}', "NaN is not a finite number"),
        ('{"a":-Infinity}', "-Infinity is not a finite number"),
        ('{"a":1e999}', "1e999 is not a finite number"),
        ('{"a":' + "9" * 21 + "}", "an integer of 21 digits"),
        ('{"a":' + "[" * 256 + "]" * 256 + "}", "nested more than 256 levels deep"),
        ('{"a":' * 100_000, "nested more than 256 levels deep"),
        ('{"a":1}{', "Extra data"),
    ],
)
def test_what_is_not_strict_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^it is no .*{message.removeprefix('it is no ')}"):
        strict_json.parse(text, "it")


def test_the_deepest_that_is_read():
    deep = '{"a":' + "[" * 254 + "1" + "]" * 254 + "}"
    assert strict_json.text(strict_json.parse(deep, "it")) == deep
