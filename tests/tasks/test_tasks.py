"""Every task: shapes, targets recomputed by a slow loop, the same chunk for the same number."""

import chex
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.data import Vocabulary, load_digits, noisy_sine, python_documentation
from jaxrnn.tasks import TASKS, Task, digits, sine, text
from tests.data.samples import FIRST, shared_data, write_mnist, written_here

SMALL = {  # steps, batch
    "digits": (16, 5), "text": (7, 3), "sine": (4, 3), "adding": (6, 3), "copy_memory": (24, 3),
    "delayed_recall": (20, 3), "temporal_order": (22, 3),
}  # fmt: skip
FIELDS = {"cell", "hidden", "layers", "learning_rate", "updates"}


def check_chunk(task, chunk, batch=None):
    steps = chunk.xs.shape[0]
    batch = batch or chunk.xs.shape[1]
    assert chunk.xs.shape == (steps, batch, task.input_size) and chunk.xs.dtype == jnp.float32
    assert chunk.targets.shape[:2] == (steps, batch)
    if chunk.weights is not None:
        assert chunk.weights.shape == (steps, batch)
        assert set(np.unique(chunk.weights)) <= {0.0, 1.0}
    outputs = jnp.zeros((steps, batch, task.output_size))
    for function in (task.loss, task.score):
        assert function(outputs, chunk.targets).shape == (steps, batch)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("small", [False, True])
def test_the_contract(name, small):
    steps, batch = SMALL[name] if small else (None, None)
    task = TASKS[name](steps=steps, batch=batch)
    assert isinstance(task, Task) and task.name == name
    assert task.settings.keys() == FIELDS
    if small:
        assert (task.steps, task.batch) == (steps, batch)
    chunk = task.train(0)
    assert chunk.xs.shape[0] == task.steps
    check_chunk(task, chunk, task.batch)
    for held_out in task.evaluation:
        check_chunk(task, held_out)


@pytest.mark.parametrize("name", TASKS)
def test_chunks_depend_on_seed_and_number_only(name):
    one, same, other = (TASKS[name](seed=seed) for seed in (3, 3, 4))
    for number in (0, 7, 1000):
        chex.assert_trees_all_equal(one.train(number), same.train(number))
    assert (one.train(0).xs != one.train(1).xs).any()
    assert (one.train(0).xs != other.train(0).xs).any()
    chex.assert_trees_all_equal(one.evaluation, other.evaluation)


def test_digits_pixel_by_pixel():
    task = digits(batch=6)
    assert (task.steps, task.input_size, task.stream) == (64, 1, False)
    assert "scikit-learn" in task.source and "pixel by pixel" in task.title
    images = load_digits()
    (held_out,) = task.evaluation
    for b in range(len(images.test_y)):
        np.testing.assert_array_equal(held_out.xs[:, b, 0] * 16, images.test_x[b].ravel())
        assert (held_out.targets[:, b] == int(images.test_y[b])).all()
    known = {image.tobytes(): label for image, label in zip(*images[:2], strict=True)}
    chunk = task.train(5)
    for b in range(6):
        pixels = (np.asarray(chunk.xs[:, b, 0]) * 16).astype(np.uint8)
        assert known[pixels.tobytes()] == int(chunk.targets[-1, b])
    for part in (chunk, held_out):
        assert (part.weights[-1] == 1).all() and (part.weights[:-1] == 0).all()


def test_digits_in_other_portions():
    task = digits(steps=8)
    assert task.input_size == 8 and "row by row" in task.title
    first = load_digits().test_x[0]
    np.testing.assert_array_equal(task.evaluation[0].xs[:, 0] * 16, first)
    assert "16 pixels at a time" in digits(steps=4).title
    for steps in (7, 0):
        with pytest.raises(
            ValueError, match=f"divide the 64 pixels of an image, got steps={steps}"
        ):
            digits(steps=steps)
    with pytest.raises(ValueError, match="batch=2000 and count=1437"):
        digits(batch=2000)


def test_digits_of_mnist_when_it_is_at_hand(tmp_path, monkeypatch):
    _, _, test_x, test_y = write_mnist(tmp_path / "mnist")
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path))
    task = digits()
    assert (task.steps, task.input_size) == (28, 28) and "MNIST" in task.source
    check_chunk(task, task.train(0), 32)
    (held_out,) = task.evaluation
    np.testing.assert_allclose(held_out.xs[:, 1] * 255, test_x[5], rtol=1e-6)
    assert held_out.targets[-1].tolist() == test_y[::5].tolist()
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match="t10k-labels"):  # not silently another set
        digits()


def test_text_against_a_slow_loop():
    task = text(steps=5, batch=3)
    corpus = python_documentation()
    vocabulary = Vocabulary("\n" + "".join(map(chr, range(32, 127))))
    assert task.input_size == task.output_size == len(vocabulary) == 96 and task.stream
    known = corpus[: len(corpus) * 9 // 10]
    for number in (0, 1, 9):
        chunk = task.train(number)
        assert chunk.weights is None and (chunk.xs.sum(-1) == 1).all()
        for b in range(3):
            place = b * (len(known) // 3) + number * 5
            assert vocabulary.decode(chunk.xs[:, b].argmax(-1)) == known[place : place + 5]
            assert vocabulary.decode(chunk.targets[:, b]) == known[place + 1 : place + 6]
    (held_out,) = task.evaluation
    rest = corpus[len(known) :]
    assert held_out.xs.shape[:2] == (512, 16)
    place = 3 * (len(rest) // 16)
    assert vocabulary.decode(held_out.targets[:, 3]) == rest[place + 1 : place + 513]


def test_text_of_tinyshakespeare_when_it_is_at_hand(tmp_path, monkeypatch):
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt").write_text("abcd" * 5000, encoding="utf-8")
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path))
    task = text()
    assert task.input_size == 4 and "Shakespeare" in task.source
    chunk = task.train(2)
    assert ((chunk.xs.argmax(-1) + 1) % 4 == chunk.targets).all()


def test_sine_against_a_slow_loop():
    task = sine()
    y = noisy_sine().y
    (held_out,) = task.evaluation
    assert held_out.xs.shape == (10, 20, 1)
    for i in range(20):
        for t in range(10):
            assert held_out.xs[t, i, 0] == y[70 + i + t]
            assert held_out.targets[t, i, 0] == y[70 + i + t + 1]
    seen = np.concatenate([np.asarray(task.train(i).targets).ravel() for i in range(8)])
    assert set(seen.tolist()) <= set(y[:80].tolist())
    for part in (task.train(0), held_out):
        assert (part.weights[-1] == 1).all() and (part.weights[:-1] == 0).all()
    for steps in (0, 80):
        with pytest.raises(ValueError, match=f"between 1 and 79, got steps={steps}"):
            sine(steps=steps)


def test_losses_and_scores_by_hand():
    outputs = jnp.log(jnp.array([[[0.5, 0.25, 0.25]]]))
    task = digits()
    assert task.loss(outputs, jnp.array([[1]])).item() == pytest.approx(np.log(4), rel=1e-6)
    assert task.score(outputs, jnp.array([[0]])).item() == 1.0
    assert task.score(outputs, jnp.array([[1]])).item() == 0.0
    error = sine().score(jnp.array([[[3.0]]]), jnp.array([[[1.0]]]))
    assert error.item() == 4.0


def test_the_shared_data(tmp_path, monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(shared_data(tmp_path)))
    images, shakespeare = digits(), text()
    assert images.train(0).xs.shape == (28, 32, 28) and float(images.train(0).xs.max()) == 1.0
    held_out = [chunk.xs.shape for chunk in images.evaluation]
    small = written_here(tmp_path)
    assert held_out == ([(28, 20, 28)] if small else [(28, 1000, 28)] * 2)
    assert shakespeare.input_size == (len(set(FIRST)) if small else 65)
