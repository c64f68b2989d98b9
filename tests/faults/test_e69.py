"""Wrong words and wrong data on the command line: one line on stderr, no traceback (E69).

All in this process.
"""

import pytest

from tests.faults.running import assert_one_line, run

USE = ("resume", "evaluate", "predict", "generate", "export")

# file, and a word of what is said of it
TEXTS = {
    "missing": (lambda path: None, "there is no file"),
    "a_directory": (lambda path: path.mkdir(), "is a folder"),
    "not_utf8": (lambda path: path.write_bytes(b"caf\xe9 " * 50), "line 1, column 4"),
    "empty": (lambda path: path.write_text(""), "empty"),
    "one_token": (lambda path: path.write_text("a"), "character"),
    "shorter_than_the_window": (lambda path: path.write_text("ab" * 30), "window"),
    "random_bytes": (lambda path: path.write_bytes(bytes(range(256)) * 3), "the byte 0x80"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_e69_train_on_a_text_that_is_none(name, tmp_path):
    make, word = TEXTS[name]
    make(path := tmp_path / "my.txt")
    done = run("train", "charlm", "--text", path, "--out", tmp_path / "run")
    assert_one_line(done, word)
    assert not (tmp_path / "run" / "config.json").exists()


TABLES = {
    "missing": (lambda path: None, "there is no file"),
    "a_directory": (lambda path: path.mkdir(), "is a folder"),
    "not_utf8": (lambda path: path.write_bytes(b"a,b\n\xe9,1\n" * 90), "line 2, column 1"),
    "empty": (lambda path: path.write_text(""), "is empty"),
    "only_a_head": (lambda path: path.write_text("t,load\n"), "no rows"),
    "one_row": (lambda path: path.write_text("t,load\n1,2\n"), "1 row"),
    "shorter_than_the_window": (lambda path: path.write_text("t,load\n" + "1,2\n" * 9), "steps"),
    "not_a_number": (
        lambda path: path.write_text("t,load\n" + "1,2\n" * 200 + "3,x\n"),
        "line 202, column 'load'",
    ),
    "another_column": (
        lambda path: path.write_text("t,lood\n" + "1,2\n" * 200),
        "Did you mean 'lood'",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_e69_train_on_a_table_that_is_none(name, tmp_path):
    make, word = TABLES[name]
    make(path := tmp_path / "my.csv")
    out = tmp_path / "run"
    done = run("train", "forecast", "--csv", path, "--target", "load", "--out", out)
    assert_one_line(done, word)
    assert not (out / "config.json").exists()


@pytest.mark.parametrize(
    "command", ["train", "resume", "evaluate", "predict", "generate", "export"]
)
def test_e69_unknown_words(command, tmp_path):
    assert_one_line(run(command, "--nonsense", "3"), "--nonsense", code=2)


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("train", "sinne"), "sine"),
        (("train",), "task"),
        (("train", "sine", "--text", "a.txt"), "--text"),
        (("train", "sine", "--steps", "0"), "--steps"),
        (("train", "sine", "--steps", "many"), "--steps"),
        (("train", "sine", "--seed", "-1"), "--seed"),
        (("train", "sine", "--set", "model.hidden"), "NAME=VALUE"),
        (("train", "sine", "--device", "abacus"), "--device"),
        (("resume",), "--run"),
        (("generate", "--run", "x", "--length", "0"), "--length"),
    ],
)
def test_e69_usage(words, word, tmp_path):
    out = ("--out", tmp_path) if words[0] == "train" else ()
    assert_one_line(run(*words, *out), word, "--help", code=2)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("model.hiden=4", "Did you mean 'hidden'"),
        ("model.hidden=four", "model.hidden should be an int"),
        ("model.hidden=0", "hidden"),
        ("model.cell=gruu", "Did you mean 'gru'"),
        ("model.dropout=1.5", "model.dropout"),
        ("data.batch=0", "batch"),
        ("data.batch=1000", "batch"),
        ("data.steps=100", "steps"),
        ("training.gradient=tbtt:3", "tbptt"),
        ("optimizer.name=adamm", "Did you mean 'adam'"),
        ("optimizer.learning_rate=NaN", "learning_rate"),
    ],
)
def test_e69_settings(setting, words, tmp_path):
    done = run("train", "sine", "--set", setting, "--out", tmp_path / "run")
    assert_one_line(done, words)
    assert not (tmp_path / "run" / "config.json").exists()


CONFIGS = {
    "missing": ("run.toml", None, "No such file"),
    "another_ending": ("run.ini", b"a=1", "ending"),
    "empty": ("run.json", b"", "run.json"),
    "not_utf8": ("run.yaml", b"seed: \xe9", "run.yaml"),
    "settings_of_nothing": ("run.json", b'{"settings": 3}', "no field 'settings'"),
    "of_another_task": ("run.toml", b'task = "digits"', "digits"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_e69_a_config_that_is_none(name, tmp_path):
    file, content, word = CONFIGS[name]
    if content is not None:
        (tmp_path / file).write_bytes(content)
    done = run("train", "sine", "--config", tmp_path / file, "--out", tmp_path / "run")
    assert_one_line(done, word)


@pytest.mark.parametrize("command", USE)
@pytest.mark.parametrize("place", ["missing", "a_file", "empty"])
def test_e69_a_folder_that_is_no_run(command, place, tmp_path):
    path = tmp_path / "place"
    if place == "a_file":
        path.write_text("mine")
    elif place == "empty":
        path.mkdir()
    assert_one_line(run(command, "--run", path), "place", "is no run")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 2}', b"\xff\xfe", b'{"a":1,"a":2}']
)
def test_e69_settings_of_a_run_that_are_none(content, tmp_path):
    (tmp_path / "config.json").write_bytes(content)
    for command in ("resume", "predict"):
        assert_one_line(run(command, "--run", tmp_path), "config.json")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"\xff\xfe\x00", "no UTF-8 (byte 0)"),
        (b"", "got none"),
        (b"\n\n", "got none"),
        (b"1\n1 2 three\n", "line 2 has 3 numbers, expected 1"),
        (b"1\n\nthree\n", "line 3, column y: expected a number, got 'three'"),
        (b"nan\n", "line 1 has a number that is not finite"),
    ],
)
def test_e69_predict_from_what_is_no_input(text, word, undisturbed):
    assert_one_line(run("predict", "--run", undisturbed, stdin=text), word)


def test_predict_answers(undisturbed):
    done = run("predict", "--run", undisturbed, stdin="0.1\n0.2\n\n0.3\n")
    assert (done.code, done.err) == (0, "") and len(done.out.splitlines()) == 2


def test_e69_generate_from_a_run_without_text(undisturbed):
    assert_one_line(run("generate", "--run", undisturbed), "no text to generate")


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    """The folder of a trained character model that knows only a, b and the end of a line."""
    folder = tmp_path_factory.mktemp("writer")
    (folder / "my.txt").write_text("abba\n" * 40)
    done = run(
        "train", "charlm", "--text", folder / "my.txt", "--hidden", "3", "--steps", "2",
        "--set", "data.steps=4", "--set", "data.batch=2", "--out", folder / "run",
    )  # fmt: skip
    assert done.code == 0, done.err
    return folder / "run"


@pytest.mark.parametrize(
    ("words", "word", "code"),
    [
        (("--prompt", ""), "--prompt: expected at least one character", 2),
        (("--prompt", "xyz"), "x", 1),
        (("--nucleus", "2"), "nucleus", 2),
    ],
)
def test_e69_generate(words, word, code, writer):
    done = run("generate", "--run", writer, "--length", "3", *words)
    assert_one_line(done, word, code=code)


def test_e69_predict_of_unknown_characters(writer):
    assert_one_line(run("predict", "--run", writer, stdin="abz\n"), "z")
