"""Each program in examples/ runs, in a small setting, and says what it should."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from tests.data.samples import shared_data

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(autouse=True)
def as_users_have_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # what an example writes goes here
    with jax.numpy_dtype_promotion("standard"):  # optax.adam can't do with the strict one
        yield


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_hello_gives_the_numbers_of_torch(capsys):
    ys = load("hello").main()
    assert ys.shape == (3, 5, 2)
    assert [round(v, 4) for v in ys[0, 0].tolist()] == [-0.7497, -0.6135]
    assert [round(v, 4) for v in ys[2, 4].tolist()] == [-0.9127, -0.2222]
    printed = capsys.readouterr().out
    for line in ("first step: -0.7497, -0.6135", "last step:   -0.9127, -0.2222", "(3, 5, 2)"):
        assert line in printed


def test_hello_as_a_program(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES.parent), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(EXAMPLES / "hello.py")]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "Last row of the last step:   -0.9127, -0.2222" in out.stdout


def test_shapes(capsys):
    table = {what.strip(): result for what, _, result in load("shapes").main()}
    assert table["3 layers, both directions: outputs [T, B, 2H]"] == (6, 4, 512)
    assert table["state.h and state.c [2L, B, H]"] == (6, 4, 256)
    assert table["many to one: head(ys[-1]) [B, 10]"] == (4, 10)
    assert table["one to many: generate 20 steps"] == (20, 4, 256)
    assert "batch-major data" in capsys.readouterr().out


def test_sine(tmp_path, capsys):
    fitted, test = load("sine").main(updates=150, file=tmp_path / "sine.png")
    assert fitted < 0.03 and test < 0.05  # the variance of the data is 0.5
    assert (tmp_path / "sine.png").read_bytes().startswith(b"\x89PNG")
    assert "MSE train" in capsys.readouterr().out


def test_echo_state(tmp_path, capsys):
    example = load("echo_state")
    alone, errors = example.main(tmp_path / "echo_state.png", units=100, few=8, passes=20)
    assert alone < 0.1  # predicting the mean gives 1
    assert len(errors) == 2
    for before, after in errors.values():
        assert after < 0.97 * before < 1
    assert (tmp_path / "echo_state.png").read_bytes().startswith(b"\x89PNG")
    assert "100 random units, 84 steps on their own" in capsys.readouterr().out


def test_mnist_rows(tmp_path, capsys):
    folder = shared_data(tmp_path) / "mnist"
    example = load("mnist_rows")
    accuracy = example.main(folder, train=512, test=100, hidden=16, batch=64)
    assert 0 <= accuracy <= 1
    printed = capsys.readouterr().out
    assert "512 images to learn from, 100 to be tested on; 8 updates" in printed
    assert "update    7: loss" in printed and f"test accuracy {accuracy:.2%}" in printed


def test_many_to_one(capsys):
    accuracy, commonest = load("many_to_one").main(updates=120)
    assert accuracy > 0.6 > 2 * commonest
    printed = capsys.readouterr().out
    assert "update  100: loss" in printed and f"test accuracy {accuracy:.1%}" in printed
    assert printed.count("it is") == 3


def test_many_to_many(capsys):
    loss, pairs = load("many_to_many").main(updates=30, tested=300)
    assert 2 < loss < 4 and 2 < pairs < 3  # knowing nothing gives 4.5
    printed = capsys.readouterr().out
    assert f"test {loss:.3f} nats per character" in printed
    rows = [line for line in printed.splitlines() if line.startswith(("text: ", "said: "))]
    assert len(rows) == 8


def test_one_to_many(tmp_path, capsys):
    error, grey, best = load("one_to_many").main(updates=150, file=tmp_path / "drawn.png")
    assert best < error < 0.9 * grey
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")
    assert f"test MSE {error:.4f}" in capsys.readouterr().out


def test_encoder_decoder(capsys):
    example = load("encoder_decoder")
    source, target = example.drawn(3, 40, days=[0])
    assert (source.shape, target.shape) == ((18, 40), (11, 40))
    assert (target[-1] == example.END).all()
    for words, figures in zip(source.T, target.T, strict=True):
        read, written = ("".join(example.LETTERS[i] for i in ids) for ids in (words, figures))
        assert 1950 <= int(written[:4]) < 2050 and read[-4:] == written[:4]
    right, letters, trivial = example.main(updates=25, batch=32, tested=50)
    assert 0 <= right <= letters <= 1 and 0.4 < trivial < 0.7
    printed = capsys.readouterr().out
    assert "update    0: loss" in printed and printed.count(" -> ") == 8


def test_examples_are_short_and_all_tested():
    tests = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 100, path
        assert f'load("{path.stem}")' in tests, path
