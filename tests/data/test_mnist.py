"""The IDX reader, on files made here and on the real ones if they are there."""

import hashlib

import numpy as np
import pytest

from jaxrnn.data import MNIST, load_digits, load_mnist, read_idx
from tests.data.samples import idx, shared_data, write_mnist, written_here


@pytest.mark.parametrize("compressed", [True, False])
def test_mnist_from_a_folder(tmp_path, compressed):
    expected = write_mnist(tmp_path, compressed=compressed)
    for got, want in zip(load_mnist(tmp_path), expected, strict=True):
        assert got.dtype == np.uint8
        np.testing.assert_array_equal(got, want)


def test_mnist_from_the_environment(tmp_path, monkeypatch):
    expected = write_mnist(tmp_path / "mnist")
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path))
    np.testing.assert_array_equal(load_mnist().test_x, expected[2])


def test_mnist_that_is_nowhere():
    with pytest.raises(FileNotFoundError, match="load_mnist: train-images-idx3-ubyte"):
        load_mnist()


def test_images_and_labels_that_do_not_belong_together(tmp_path):
    write_mnist(tmp_path, compressed=False)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(3, np.uint8)))
    with pytest.raises(ValueError, match=r"t10k files .* got shapes \(20, 28, 28\) and \(3,\)"):
        load_mnist(tmp_path)


def test_truncated_file_is_named(tmp_path):
    write_mnist(tmp_path, compressed=False)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte is truncated: .*\(40, 28, 28\)"):
        load_mnist(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no IDX file: .* got an empty file"),
        (b"<html>", "no IDX file: .* got 3c 68 74 6d"),
        (bytes([0, 0, 7, 1, 0, 0, 0, 0]), "no IDX file"),
        (bytes([0, 0, 8, 2, 0, 0, 0, 1, 0]), "truncated: its header promises 12 bytes"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 2, 5]), "truncated: its header promises 10 bytes"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 1, 5, 6]), "too long: its header promises 9 bytes"),
    ],
)
def test_bad_idx(content, message):
    with pytest.raises(ValueError, match=f"read_idx: labels is {message}"):
        read_idx(content, "labels")


def test_idx_of_other_types():
    got = read_idx(bytes([0, 0, 0x0D, 1, 0, 0, 0, 2]) + np.array([1.5, -2.0], ">f4").tobytes())
    assert got.dtype == np.float32 and got.dtype.isnative and got.tolist() == [1.5, -2.0]


def test_mnist_as_published_if_it_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("JAXRNN_DATA", str(shared_data(tmp_path)))
    images = load_mnist()
    assert images.train_x.shape[1:] == images.test_x.shape[1:] == (28, 28)
    if not written_here(tmp_path):
        assert len(images.train_y) == 60000 and len(images.test_y) == 10000
        assert images.train_y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        assert images.test_y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
        for file, array in zip(MNIST, images, strict=True):
            assert hashlib.sha256(idx(array)).hexdigest() == file.sha256


def test_digits():
    images = load_digits()
    assert images.train_x.shape == (1437, 8, 8) and images.test_x.shape == (360, 8, 8)
    assert images.train_x.max() == 16 and images.train_x.min() == 0
    counts = np.bincount(np.concatenate([images.train_y, images.test_y]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(images.test_y).min() > 25
    for one, two in zip(images, load_digits(), strict=True):
        np.testing.assert_array_equal(one, two)
