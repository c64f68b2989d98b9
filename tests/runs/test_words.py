"""A run from text through subwords to ids and lanes: its vocabulary is saved, and used again."""

import json

import pytest

from jaxrnn.cli import main
from jaxrnn.runs import RunFolder, open_run
from jaxrnn.runs.digest import run_digest
from jaxrnn.runs.writing import converse, write_on
from jaxrnn.tasks.language.wordlm import WordSettings

LINES = ("The cat sat on the mat.\nThe dog sat, too.\nNo bird came near them all day.\n") * 30
TINY = [
    "--hidden", "4", "--set", "model.embedding=3", "--set", "data.steps=5", "--set", "data.batch=2",
    "--set", "data.size=300", "--set", "training.evaluate_every=3",
    "--set", "training.checkpoint_every=3",
]  # fmt: skip


@pytest.fixture(scope="module", params=["words", "subwords"])
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    (folder / "my.txt").write_text(LINES)
    words = ["train", "wordlm", "--text", str(folder / "my.txt"), *TINY]
    words += ["--set", f"data.tokens={request.param}"]
    assert main([*words, "--steps", "6", "--out", str(folder / "whole")]) == 0
    assert main([*words, "--steps", "3", "--out", str(folder / "parts")]) == 0
    return folder


def test_f18_it_goes_on_to_the_same_bits_with_the_vocabulary_it_has(run, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the vocabulary was fitted again")

    monkeypatch.setattr("jaxrnn.tasks.language.wordlm._fitted", refuse)
    assert main(["resume", "--run", str(run / "parts"), "--steps", "6"]) == 0
    assert run_digest(run / "parts") == run_digest(run / "whole")


def test_other_text_is_refused_and_the_vocabulary_left_alone(run, capsys):
    codec = (run / "whole" / "codec.json").read_bytes()
    (run / "my.txt").write_text(LINES + "More.\n")
    assert main(["resume", "--run", str(run / "whole"), "--steps", "9"]) == 1
    assert "data of this run has changed" in capsys.readouterr().err
    assert (run / "whole" / "codec.json").read_bytes() == codec
    assert main(["evaluate", "--run", str(run / "whole")]) == 1
    assert "have changed since it was trained" in capsys.readouterr().err
    (run / "my.txt").write_text(LINES)
    assert main(["evaluate", "--run", str(run / "whole")]) == 0


def test_it_was_examined_once_with_the_best_weights(run):
    result = json.loads((run / "whole" / "result.json").read_text())
    assert result["step"] in (3, 6)
    assert result["findings"][0]["name"] == "test perplexity"
    assert "test perplexity" in (run / "whole" / "report.html").read_text()


def test_it_writes_on_answers_and_is_exported(run, capsys, tmp_path):
    words = ["--run", str(run / "whole")]
    assert main(["generate", *words, "--prompt", "The cat", "--length", "5"]) == 0
    assert capsys.readouterr().out.startswith("The cat")
    assert main(["export", *words, "--out", str(tmp_path)]) == 0
    assert "torch.safetensors" in capsys.readouterr().out
    opened = open_run(run / "whole")
    assert opened.codec == RunFolder(run / "whole").read_codec()[0]
    assert isinstance(opened.settings.data, WordSettings)


def test_ids_need_vectors(run, capsys):
    words = ["train", "wordlm", "--text", str(run / "my.txt"), *TINY, "--steps", "1"]
    words[words.index("model.embedding=3")] = "model.embedding=0"
    assert main([*words, "--out", str(run / "none")]) == 1
    assert "model.embedding: the task wordlm reads ids" in capsys.readouterr().err
    assert not (run / "none" / "config.json").exists()


def test_a_conversation_in_turns(run, capsys, monkeypatch):
    heard = iter(["The cat sat.", "", "Why?"])

    def typed(prompt):
        try:
            return next(heard)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", typed)
    words = ["generate", "--run", str(run / "whole"), "--interactive", "--length", "4"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "understands nothing" in out and len(out.splitlines()) >= 4


def test_what_was_said_before_is_in_the_state(run):
    opened = open_run(run / "whole")
    (alone,) = converse(opened, ["No bird"], 6, temperature=0)
    again = list(converse(opened, ["No bird", "No bird"], 6, temperature=0))
    assert again[0] == alone and len(again) == 2
    prompt = write_on(opened, "No bird\n", 6, temperature=0)
    assert alone == prompt.lstrip().split("\n")[0].strip() or "\n" in prompt[:2]
