"""Digits as a run reads them: parts of their own, row by row, pixel by pixel, permuted."""

import hashlib
import json

import jax
import numpy as np
import pytest

from jaxrnn.cli import main
from jaxrnn.data import load_digits
from jaxrnn.tasks.kinds import KINDS
from jaxrnn.tasks.model import ModelSettings, make_model
from jaxrnn.tasks.series.digits import DigitSettings, digits, pixel_order
from tests.data.samples import SHARED, idx, write_mnist


def build(seed=0, codec=None, **settings):
    return KINDS["digits"].build(DigitSettings(**settings), seed, codec)


def images(chunk, order=None):
    """Return the pixels of a chunk as uint8 [B, pixels]."""
    flat = np.asarray(chunk.xs).swapaxes(0, 1).reshape(chunk.xs.shape[1], -1) * 16
    flat = np.round(flat).astype(np.uint8)
    return flat if order is None else flat[:, np.argsort(order)]


def test_parts_are_apart_and_the_test_part_is_not_among_them():
    task, data = build(batch=100), load_digits()
    assert (task.steps, task.input_size, task.epoch) == (8, 8, 12)
    judged = images(task.evaluation[0])
    np.testing.assert_array_equal(judged, data.train_x[-200:].reshape(200, 64))
    trained = np.concatenate([images(task.train(n)) for n in range(task.epoch)])
    known = {image.tobytes() for image in data.train_x[:-200].reshape(-1, 64)}
    assert {image.tobytes() for image in trained} <= known
    assert len({image.tobytes() for image in trained}) > 1190


def test_f18_a_chunk_is_a_function_of_its_number():
    one, same, other = (build(seed=seed) for seed in (3, 3, 4))
    for place in (0, 38, 1000):
        np.testing.assert_array_equal(one.train(place).xs, same.train(place).xs)
    assert (one.train(0).xs != other.train(0).xs).any()


def test_pixels_and_one_permutation():
    rows, pixels, permuted = build(), build(pixels=True), build(permuted=True)
    assert pixels.steps == permuted.steps == 64 and pixels.input_size == 1
    order = pixel_order(64, True)
    np.testing.assert_array_equal(images(rows.train(5)), images(pixels.train(5)))
    np.testing.assert_array_equal(images(rows.train(5)), images(permuted.train(5), order))
    assert permuted.codec.order == order and rows.codec.order == tuple(range(64))
    assert build(codec=permuted.codec, permuted=True).codec is permuted.codec  # the saved order


def test_the_order_of_mnist_is_the_stored_one(monkeypatch):
    order = np.array(pixel_order(784, True), "<i4")
    assert hashlib.sha256(order.tobytes()).hexdigest().startswith("a7c8a41d39ef34de")
    assert order[:4].tolist() == np.random.default_rng(0).permutation(784)[:4].tolist()
    monkeypatch.setattr(np.random, "default_rng", lambda seed: np.random.RandomState(seed))
    with pytest.raises(ValueError, match="expected a7c8a41d39ef34de: this NumPy draws other"):
        pixel_order(784, True)


def test_mnist_when_it_is_at_hand(tmp_path, monkeypatch):
    _, _, test_x, test_y = write_mnist(tmp_path / "mnist", train=5060, test=20)
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path))
    task = build()
    assert (task.steps, task.epoch) == (28, 1) and "MNIST" in task.source
    assert sum(chunk.xs.shape[1] for chunk in task.evaluation) == 5000
    model = make_model(ModelSettings("gru", 2), input_size=28, output_size=10)
    params = jax.tree.map(lambda leaf: leaf * 0, model.init(jax.random.key(0)))
    found = task.examine(model, params)
    assert found.findings[0].value == pytest.approx((test_y == 0).mean())  # 0 is said of each
    assert found.findings[0].goal == 0.99
    wrong = found.files["predictions.txt"].splitlines()
    assert wrong[0] == f"{(test_y != 0).sum()} of 20 wrong"
    assert {"confusion.svg", "picture.svg"} <= set(found.files)
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte").write_bytes(idx(test_x[:10]))
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(ValueError):  # not silently another set
        build()


@pytest.mark.skipif(not (SHARED / "mnist").is_dir(), reason="MNIST is not at hand")
def test_the_real_split(monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(SHARED))
    task = build(batch=128)
    assert task.epoch == 55_000 // 128 and len(task.evaluation) == 5


def test_steps_that_do_not_divide_are_named():
    with pytest.raises(ValueError, match="divide the 64 pixels of an image, got steps=7"):
        build(steps=7)
    assert digits(steps=8).codec == build().codec


def test_the_command_reads_and_answers(tmp_path, capsys, monkeypatch):
    import io

    run = tmp_path / "run"
    words = ["train", "digits", "--preset", "quick", "--out", str(run), "--learning-rate", "0.02"]
    assert main(words) == 0
    (found,) = json.loads((run / "result.json").read_text())["findings"]
    assert found["value"] > 0.4 and found["baselines"]["the commonest digit"] < 0.2
    capsys.readouterr()
    image = " ".join(map(str, load_digits().test_x[0].ravel()))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(image.encode())))
    assert main(["predict", "--run", str(run)]) == 0
    assert len(capsys.readouterr().out.split()) == 6  # three digits with their probabilities
