"""What a person gets wrong on the command line is one line that names it; nothing is begun."""

import os
import sys

import pytest

from jaxrnn.cli import main
from jaxrnn.runs.folder import RunFolder
from jaxrnn.training.lock import run_lock


def refused(words, capsys, code=1):
    """Run a command that fails, and return its one line."""
    assert main([str(word) for word in words]) == code
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ") and shown.err.count("\n") == 1, shown.err
    assert "Errno" not in shown.err and shown.out == ""
    return shown.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--temperature", "nan"], "--temperature: expected a number of at least 0, got nan"),
        (["--temperature", "inf"], "--temperature: expected a number of at least 0, got inf"),
        (["--temperature", "-1"], "--temperature: expected a number of at least 0, got -1.0"),
        (["--nucleus", "nan"], "--nucleus: expected a number above 0 and at most 1, got nan"),
        (["--nucleus", "0"], "--nucleus: expected a number above 0 and at most 1, got 0.0"),
        (["--nucleus", "2"], "--nucleus: expected a number above 0 and at most 1, got 2.0"),
        (["--top-k", "-1"], "--top-k"),
        (["--length", "0"], "--length"),
        (["--prompt", ""], "--prompt: expected at least one character"),
    ],
)
def test_draws_out_of_range_are_refused_before_a_run_is_looked_for(words, message, capsys):
    line = refused(["generate", "--run", "nowhere", *words], capsys, code=2)
    assert message in line and "nowhere" not in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["resume", "--run", ""], "'--run': expected the name of a folder"),
        (["train", "sine", "--out", ""], "'--out': expected the name of a folder"),
        (["export", "--run", "nowhere", "--out", ""], "'--out': expected the name of a folder"),
        (["compare", "--out", ""], "'--out': expected the name of a folder"),
        (["train", "sine", "--learning-rate", "nan"], "expected a number above 0, got nan"),
        (["resume", "--run", "nowhere", "--learning-rate", "0"], "above 0, got 0.0"),
        (["train", "charlm", "--text", ""], "--text: expected a name, got nothing"),
        (["train", "classify", "--wavs", ""], "--wavs: expected a name, got nothing"),
    ],
)
def test_words_that_no_option_takes(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # a name left out would be this folder
    assert message in refused(words, capsys, code=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.json", b"", "empty.json: the file is empty"),
        ("empty.toml", b" \n", "empty.toml: the file is empty"),
        ("bytes.yaml", b"seed: \xff", "bytes.yaml: expected UTF-8 text, got the byte 0xff"),
        ("type.json", b'{"seed": "3"}', "type.json: seed should be an int"),
        ("field.toml", b"sed = 3", "field.toml: the settings have no field 'sed'"),
        ("mark.json", b'\xef\xbb\xbf{"sed": 1}', "Did you mean 'seed'"),  # the mark is no damage
    ],
)
def test_a_file_of_settings_is_named(name, content, message, tmp_path, capsys):
    file = tmp_path / name
    file.write_bytes(content)
    assert message in refused(["train", "sine", "--config", file], capsys)


def test_files_that_are_none_are_named_without_a_number(tmp_path, capsys):
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")  # which nobody writes to: reading it would wait
    for name in ("folder.json", "pipe.toml"):
        line = refused(["train", "sine", "--config", tmp_path / name], capsys)
        assert f"{name}: expected a file of settings, found a folder" in line
    line = refused(["train", "sine", "--config", tmp_path / "none.toml"], capsys)
    assert line == f"error: {tmp_path / 'none.toml'}: No such file or directory\n"


def test_f13_who_holds_a_folder_is_said_in_words(tmp_path, capsys):
    with run_lock(tmp_path):
        line = refused(["train", "sine", "--hidden", "3", "--out", tmp_path], capsys)
    assert line.startswith(f"error: {tmp_path}: process ") and "run_lock" not in line


def test_f31_without_tensorboardx_nothing_is_begun(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    monkeypatch.setitem(sys.modules, "tensorboardX.proto", None)
    for words in (["train", "sine", "--out"], ["resume", "--run"]):
        line = refused([*words, tmp_path / "run", "--tensorboard"], capsys)
        assert "--tensorboard: " in line and "pip install 'jaxrnn[tensorboard]'" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"input_size": true, "output_size": 1, "codec": null}',
        '{"input_size": 1, "output_size": 1, "codec": 7}',
        '{"input_size": 1, "output_size": 1, "codec": ["RowCodec"]}',
    ],
)
def test_e69_a_codec_file_that_says_something_else(text, tmp_path):
    folder = RunFolder(tmp_path)
    folder.codec_file.write_text(text)
    with pytest.raises(ValueError, match=r"codec\.json: expected "):
        folder.read_codec()


def test_an_error_where_nobody_listens_is_no_answer(monkeypatch, capsys):
    """Without standard error, print would take standard output."""
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["resume", "--run", "nowhere"]) == 1
    assert capsys.readouterr().out == ""
