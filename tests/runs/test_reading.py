"""Settings from files and words: types checked, one clear line, nothing run (E68, F27)."""

import dataclasses

import pytest

from jaxrnn.runs.reading import nested, plain, read_settings_file, updated


@dataclasses.dataclass(frozen=True)
class Part:
    rate: float = 0.1
    size: int = 3
    on: bool = False
    name: str | None = None
    columns: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class All:
    part: Part = Part()
    seed: int = 0


def written(tmp_path, text, ending="yaml"):
    file = tmp_path / f"run.{ending}"
    file.write_text(text)
    return file


def test_every_kind_of_field_is_taken():
    changes = {"part": {"rate": 2, "size": 4, "on": True, "name": "x", "columns": ["a", "b"]}}
    assert updated(All(), changes).part == Part(2.0, 4, True, "x", ("a", "b"))
    assert updated(All(), {"part": {"name": None}}) == All()


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"part": {"rate": "1e-3"}}, TypeError, "part.rate should be a float, got the str '1e-3'"),
        ({"part": {"size": 2.0}}, TypeError, "part.size should be an int"),
        ({"part": {"size": True}}, TypeError, "part.size should be an int"),
        ({"part": {"on": 1}}, TypeError, "part.on should be true or false"),
        ({"part": {"name": False}}, TypeError, "part.name should be a string"),
        ({"part": {"columns": "ab"}}, TypeError, "part.columns should be a list"),
        ({"part": {"columns": [1]}}, TypeError, r"part.columns\[0\] should be a string"),
        ({"part": 3}, TypeError, "part should be a group"),
        ({"part": {"rate": float("nan")}}, ValueError, "part.rate should be a finite"),
        ({"part": {"rate": "nan"}}, ValueError, "part.rate should be a finite number, got nan"),
        ({"part": {"size": "Infinity"}}, ValueError, "part.size should be a finite number, got"),
        ({"part": {"rate": "1e400"}}, ValueError, "part.rate should be a finite number, got"),
        ({"part": {"raet": 1.0}}, ValueError, "part has no field 'raet'.*Did you mean 'rate'"),
        ({"sed": 1}, ValueError, "Did you mean 'seed'"),
    ],
)
def test_e68_wrong_fields_are_named(changes, kind, words):
    with pytest.raises(kind, match=words):
        updated(All(), changes)


@pytest.mark.parametrize("ending", ["json", "toml", "yaml"])
def test_the_three_formats_say_the_same(tmp_path, ending):
    text = {
        "json": '{"seed": 3, "part": {"rate": 0.5}}',
        "toml": "seed = 3\n[part]\nrate = 0.5\n",
        "yaml": "seed: 3\npart:\n  rate: 0.5\n",
    }[ending]
    found = updated(All(), read_settings_file(written(tmp_path, text, ending)))
    assert found == All(Part(rate=0.5), 3)
    assert updated(All(), plain(found)) == found


@pytest.mark.parametrize(
    ("ending", "text", "words"),
    [
        ("yaml", "seed: 1\nseed: 2\n", "duplicate key 'seed'"),
        ("json", '{"seed": 1, "seed": 2}', "duplicate key 'seed'"),
        ("toml", "seed = 1\nseed = 2\n", "line 2"),
        ("json", '{"seed": NaN}', "not a finite number"),
        ("yaml", "seed: .nan\n", "not a finite number"),
        ("toml", "seed = nan\n", "not a finite number"),
        ("json", '{"seed": ' + "9" * 5000 + "}", "an integer of 5000 digits"),
        ("yaml", "seed: " + "9" * 5000, "digits"),
        ("toml", "seed = " + "9" * 30, "64 bits"),
        ("json", '{"a":' * 3000 + "1" + "}" * 3000, "deep|recursion"),
        ("yaml", "{a: " * 200 + "1" + "}" * 200, "deep"),
        ("yaml", "a: &x [1]\nb: *x\n", "aliases"),
        ("yaml", "- 1\n- 2\n", "expected names with values"),
        ("yaml", "", "the file is empty"),
        ("yaml", "# a word", "expected names with values"),
        ("json", "", "the file is empty"),
        ("ini", "seed=1", "expected a file ending in"),
    ],
)
def test_e68_hostile_files_are_refused_in_one_line(tmp_path, ending, text, words):
    with pytest.raises(ValueError, match=words) as caught:
        read_settings_file(written(tmp_path, text, ending))
    assert "\n" not in str(caught.value) and "run." in str(caught.value)


def test_e68_yaml_numbers_and_words_are_told_apart(tmp_path):
    """YAML reads 1e-3 as text, and no as False."""
    with pytest.raises(TypeError, match="YAML needs a point"):
        updated(All(), read_settings_file(written(tmp_path, "part: {rate: 1e-3}")))
    with pytest.raises(TypeError, match="part.name should be a string, got the bool False"):
        updated(All(), read_settings_file(written(tmp_path, "part: {name: no}")))


def test_f27_yaml_can_not_run_code(tmp_path):
    marker = tmp_path / "marker"
    text = f'seed: !!python/object/apply:os.system ["touch {marker}"]'
    with pytest.raises(ValueError, match="no plain YAML"):
        read_settings_file(written(tmp_path, text))
    assert not marker.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80", bytes(range(256))])
def test_bytes_that_are_no_text(tmp_path, content):
    for ending in ("json", "toml", "yaml"):
        file = tmp_path / f"run.{ending}"
        file.write_bytes(content)
        with pytest.raises(ValueError, match=f"run.{ending}: expected UTF-8 text, got the byte"):
            read_settings_file(file)


def test_words_of_the_command_line():
    assert nested(["a.b=1", "a.c=x", "d=[\"p\"]", "e=1e-3", "f=a=b"]) == {
        "a": {"b": 1, "c": "x"}, "d": ["p"], "e": 0.001, "f": "a=b",
    }  # fmt: skip


@pytest.mark.parametrize("words", [["a"], ["=1"], ["a.=1"], ["a=1", "a=2"], ["a=1", "a.b=2"]])
def test_words_that_say_nothing_or_contradict(words):
    with pytest.raises(ValueError, match="expected NAME=VALUE|twice|before"):
        nested(words)
