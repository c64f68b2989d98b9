"""The commands around a run, one after the other, on the smallest models."""

import io
import json
import shutil

import jax
import numpy as np
import pytest

from jaxrnn import load, scan
from jaxrnn.cli import main
from jaxrnn.interop.torch import from_torch
from jaxrnn.runs import RunFolder, open_run
from jaxrnn.runs.digest import run_digest
from jaxrnn.runs.export import export
from jaxrnn.tasks.model import ModelSettings, make_model
from jaxrnn.tensor_file import from_bytes
from jaxrnn.training.log import read_rows

TINY = [
    "--hidden",
    "3",
    "--set",
    "training.evaluate_every=4",
    "--set",
    "training.checkpoint_every=3",
]


@pytest.fixture(scope="module")
def sine(tmp_path_factory):
    """A run of 8 steps, with two layers and dropout."""
    folder = tmp_path_factory.mktemp("runs") / "sine"
    words = ["train", "sine", "--steps", "8", "--layers", "2", "--out", str(folder), *TINY]
    assert main([*words, "--set", "model.dropout=0.2", "--tensorboard"]) == 0
    return folder


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """A character model with an embedding, on a stream, with a running average."""
    folder = tmp_path_factory.mktemp("runs")
    text = folder / "my.txt"
    text.write_text("hello, world. " * 30)
    words = ["train", "charlm", "--text", str(text), "--steps", "6", "--out", str(folder / "run")]
    more = [
        "model.embedding=2",
        "training.average=0.5",
        "training.gradient=tbptt:4",
        "data.steps=8",
    ]
    assert main([*words, *TINY, *(w for m in more for w in ("--set", m))]) == 0
    return folder / "run"


def test_a_run_leaves_everything(sine):
    rows = read_rows(sine / "metrics.jsonl")
    assert [row["step"] for row in rows] == list(range(1, 9))
    assert [row["step"] for row in rows if "evaluation" in row] == [4, 8]
    config = json.loads((sine / "config.json").read_text())
    assert config["settings"]["model"]["dropout"] == 0.2
    assert "http" not in (sine / "report.html").read_text()
    assert list((sine / "events").iterdir())
    assert not list(sine.rglob("*.tmp"))


def test_the_same_command_again_changes_nothing(sine, capsys):
    before = run_digest(sine)
    words = ["train", "sine", "--steps", "8", "--layers", "2", "--out", str(sine), *TINY]
    assert main([*words, "--set", "model.dropout=0.2"]) == 0
    assert run_digest(sine) == before
    assert "goes on from step 8" in capsys.readouterr().out


def test_f16_other_settings_are_listed(sine, capsys):
    words = ["train", "sine", "--steps", "9", "--out", str(sine), "--hidden", "4", "--seed", "1"]
    assert main([*words, "--set", "optimizer.name=sgd"]) == 1
    error = capsys.readouterr().err
    for part in ("seed: saved 0, given 1", "model.hidden: saved 3, given 4", "saved 'adam', given"):
        assert part in error
    assert "training.updates" not in error and error.count("\n") == 1


def test_a_run_in_two_parts_is_the_run(tmp_path):
    """More steps than before; the average, the stream and the masks go on."""
    text = tmp_path / "my.txt"
    text.write_text("hello, world. " * 30)

    def train(steps, name):
        words = ["train", "charlm", "--text", str(text), "--steps", str(steps), *TINY]
        more = ["model.dropout=0.3", "training.average=0.9", "training.gradient=tbptt:4"]
        more += ["data.steps=8", "model.precision=bfloat16"]
        words += ["--out", str(tmp_path / name), *(w for m in more for w in ("--set", m))]
        assert main(words) == 0

    train(4, "parts")
    train(8, "parts")
    train(8, "whole")
    assert run_digest(tmp_path / "parts") == run_digest(tmp_path / "whole")
    params = open_run(tmp_path / "whole").params
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {np.dtype("float32")}


def test_resume_with_another_learning_rate_is_on_purpose(tmp_path, capsys):
    words = ["--out", str(tmp_path / "run"), *TINY]
    assert main(["train", "sine", "--steps", "3", *words]) == 0
    assert main(["train", "sine", "--steps", "4", "--learning-rate", "0.1", *words]) == 1
    assert "optimizer.learning_rate: saved 0.0003, given 0.1" in capsys.readouterr().err
    assert main(["resume", "--run", words[1], "--steps", "4", "--learning-rate", "0.1"]) == 0
    assert RunFolder(tmp_path / "run").read_settings().optimizer.learning_rate == 0.1


def test_evaluate_says_what_the_log_says(sine, capsys):
    assert main(["evaluate", "--run", str(sine)]) == 0
    last = read_rows(sine / "metrics.jsonl")[-1]["evaluation"]
    assert f"step 8: MSE {last['score']:.4g}" in capsys.readouterr().out


def test_predict_is_the_network(sine, capsys, monkeypatch):
    rows = ["0.1", "0.5", "-0.2"]
    stdin = io.TextIOWrapper(io.BytesIO("\n".join([*rows, "", "0.3"]).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["predict", "--run", str(sine)]) == 0
    run = open_run(sine)
    xs = np.array(rows, np.float32)[:, None]
    _, ys = scan(run.model.cell, run.params.cell, None, jax.numpy.asarray(xs))
    want = run.model.output.apply(run.params.head, ys)[-1, 0]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    np.testing.assert_allclose(float(lines[0].split()[1]), want, rtol=1e-4)


def test_generate_goes_on_with_what_the_model_says(letters, capsys):
    run = ["generate", "--run", str(letters), "--prompt", "hel", "--length", "5"]
    texts = []
    for words in (["--temperature", "0"], ["--temperature", "0"], ["--seed", "3"]):
        assert main([*run, *words]) == 0
        texts.append(capsys.readouterr().out.rstrip("\n"))
    assert texts[0] == texts[1] and all(text.startswith("hel") for text in texts)
    opened, written = open_run(letters), "hel"
    for _ in range(5):  # greedy, one character at a time, from the beginning each time
        xs = jax.numpy.asarray(opened.codec.inputs(written)[0])
        _, ys = scan(opened.model.cell, opened.params.cell, None, xs)
        logits = opened.model.output.apply(opened.params.head, ys)[-1]
        written += opened.codec.characters[int(logits.argmax())]
    assert texts[0] == written
    assert main([*run[:3], "--prompt", "\u00e9"]) == 1 and main([*run, "--top-k", "99"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 2 and "--top-k: the model knows 10 tokens, got 99" in error


def test_a_run_is_used_without_its_data(letters, capsys):
    """The vocabulary lies beside the weights."""
    (letters.parent / "my.txt").rename(letters.parent / "away.txt")
    assert main(["generate", "--run", str(letters), "--prompt", "h", "--length", "1"]) == 0
    assert main(["evaluate", "--run", str(letters)]) == 1
    assert "my.txt" in capsys.readouterr().err
    (letters.parent / "away.txt").rename(letters.parent / "my.txt")


def test_export_gives_weights_that_others_read(sine, tmp_path, capsys):
    assert main(["export", "--run", str(sine), "--out", str(tmp_path)]) == 0
    run = open_run(sine)
    cell, params = load(tmp_path / "cell.safetensors")
    assert cell == run.model.cell
    jax.tree.map(np.testing.assert_array_equal, params, run.params.cell)
    arrays = from_bytes((tmp_path / "torch.safetensors").read_bytes())
    named = {n.removeprefix("rnn."): a for n, a in arrays.items() if n.startswith("rnn.")}
    rnn, params = from_torch(named)
    xs = jax.random.normal(jax.random.key(0), (5, 2, 1))
    _, want = scan(run.model.cell, run.params.cell, None, xs)
    np.testing.assert_allclose(rnn.apply(params, xs)[1], want, rtol=1e-5, atol=1e-6)
    head = run.params.head
    np.testing.assert_array_equal(arrays["output.weight"].T, head.w_hy)
    capsys.readouterr()


def test_f6_a_warning_is_no_answer(sine, tmp_path, capsys):
    """What was passed over is told on standard error, the answers on standard output."""
    run = shutil.copytree(sine, tmp_path / "run")
    newest = run / "checkpoints" / "step-00000008" / "manifest.json"
    newest.write_bytes(b"")
    assert main(["export", "--run", str(run), "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr()
    assert shown.err == f"warning: {newest}: the file is empty. Passed over.\n"
    assert "cell.safetensors" in shown.out and "Passed over" not in shown.out


def test_an_embedding_is_exported_beside_torchs_names(letters, tmp_path):
    assert main(["export", "--run", str(letters), "--out", str(tmp_path)]) == 0
    arrays, run = from_bytes((tmp_path / "torch.safetensors").read_bytes()), open_run(letters)
    np.testing.assert_array_equal(arrays["embedding.weight"], run.params.cell.w_x)
    assert "rnn.weight_ih_l0" in arrays and "output.bias" in arrays


def test_export_says_why_torch_has_no_such_cell(letters, tmp_path):
    model = make_model(ModelSettings("indrnn", 3), input_size=2, output_size=1)
    run = open_run(letters)._replace(model=model, params=model.init(jax.random.key(0)))
    assert "no torch.safetensors" in "".join(export(run, tmp_path))
    assert not (tmp_path / "torch.safetensors").exists()


def test_tasks_are_listed_by_topology(capsys):
    assert main(["tasks"]) == 0
    out = capsys.readouterr().out
    assert "tinyshakespeare" in out and "public domain" in out
    assert out.index("many-to-one") < out.index("digits") < out.index("many-to-many")


def test_a_file_of_settings_and_words_over_it(tmp_path, capsys):
    file = tmp_path / "run.toml"
    file.write_text('task = "sine"\nseed = 5\n[model]\nhidden = 7\n')
    out = tmp_path / "run"
    words = ["train", "sine", "--config", str(file), "--hidden", "3", "--steps", "1"]
    assert main([*words, "--out", str(out), "--set", "optimizer.clip=null"]) == 0
    settings = RunFolder(out).read_settings()
    assert (settings.seed, settings.model.hidden, settings.optimizer.clip) == (5, 3, None)
    assert main(["train", "digits", "--config", str(file), "--out", str(tmp_path / "x")]) == 1
    assert "its task is 'sine'" in capsys.readouterr().err


def test_a_run_is_replayed_from_its_own_settings(sine, tmp_path):
    words = ["train", "sine", "--config", str(sine / "config.json"), "--out", str(tmp_path)]
    assert main(words) == 0
    assert run_digest(tmp_path) == run_digest(sine)


def test_early_stopping_stays_stopped(tmp_path, capsys):
    words = ["train", "sine", "--steps", "40", "--hidden", "3", "--out", str(tmp_path / "run")]
    more = ["training.evaluate_every=1", "training.patience=2", "optimizer.learning_rate=50.0"]
    words += [w for m in more for w in ("--set", m)]
    assert main(words) == 0
    rows = len(read_rows(tmp_path / "run" / "metrics.jsonl"))
    assert rows < 40 and "early stopping: 2 evaluations" in capsys.readouterr().out
    assert main(words) == 0
    assert len(read_rows(tmp_path / "run" / "metrics.jsonl")) == rows
